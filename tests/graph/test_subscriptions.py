"""Following a subject: what was missed, `CaughtUp`, then what comes: in order, once each, to those who may see it."""

import asyncio
import base64
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.demo.people import PEOPLE
from hub.graph.documents import BadDocument
from hub.graph.ids import to_global
from hub.live import log
from hub.live.backend import Backend
from hub.live.cursor import LiveCursor
from hub.store.chain import Chain, Step
from hub.subjects.notices import STATE_CHANGED
from tests.client import Client, Following
from tests.mutations import a_comment, a_thread, row_id, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

HANDLES = [person.handle for person in PEOPLE]
STREAM = """subscription ($id: ID!, $after: LiveCursor) { commentStream(subjectId: $id, after: $after) { __typename
    ... on Change { cursor at } ... on CommentAdded { comment { id number version body { source } author { handle } } }
    ... on CommentChanged { comment { id version body { source } } } ... on CommentGone { commentId status }
    ... on CaughtUp { replayed } ... on Resync { reason }
    ... on StateChanged { commenting { mode } archive { reason successor { __typename } } } } }"""
ADDED = """subscription ($id: ID!, $after: LiveCursor) { commentAdded(subjectId: $id, after: $after) {
    __typename cursor comment { id } } }"""


class Listener:
    def __init__(self, answers: Any) -> None:
        self._answers = answers

    async def answer(self) -> dict[str, Any]:
        return await asyncio.wait_for(anext(self._answers), 5)

    async def change(self) -> dict[str, Any]:
        body = await self.answer()
        assert "errors" not in body, body["errors"]
        (change,) = body["data"].values()
        return change

    async def changes(self, count: int) -> list[dict[str, Any]]:
        return [await self.change() for _ in range(count)]

    async def code(self) -> str:
        """The code of the error that ends it."""
        try:
            body = await self.answer()
        except BadDocument as refusal:
            return refusal.errors[0]["extensions"]["code"]
        (error,) = body["errors"]
        with pytest.raises(StopAsyncIteration):
            await self.answer()
        return error["extensions"]["code"]


@asynccontextmanager
async def listening(
    client: Client, subject: str, handle: str | None = None, after: str | None = None, document: str = STREAM
) -> AsyncIterator[Listener]:
    async with client.listen(document, handle, id=subject, after=after) as answers:
        yield Listener(answers)


@asynccontextmanager
async def another_process(client: Client, **limits: Any) -> AsyncIterator[Client]:
    """A second hub on the same database and broker."""
    backend = await Backend.open(client.backend.settings.model_copy(update=limits))
    try:
        yield Client(backend)
    finally:
        await backend.close()


async def cursor(client: Client, thread: str) -> str:
    """The live cursor handed out with a page."""
    data = await client.data(
        "query ($id: ID) { thread(id: $id) { liveCursor comments { liveCursor nodes { id } } } }", id=thread
    )
    assert data["thread"]["liveCursor"] == data["thread"]["comments"]["liveCursor"]
    return data["thread"]["liveCursor"]


def kinds(changes: list[dict[str, Any]]) -> list[str]:
    return [change["__typename"] for change in changes]


async def test_a_cursor_from_a_page_gives_what_was_missed_then_what_comes(shared: Client) -> None:
    thread = await a_thread(shared)
    await a_comment(shared, "ines", thread, body="On the page.")
    at = await cursor(shared, thread)
    missed = [await a_comment(shared, "hank", thread, body=f"Missed {n}.") for n in range(50)]
    async with listening(shared, thread, after=at) as listener:
        replayed = await listener.changes(50)
        assert kinds(replayed) == ["CommentAdded"] * 50
        assert [change["comment"]["id"] for change in replayed] == missed
        assert [change["comment"]["number"] for change in replayed] == list(range(2, 52))
        caught_up = await listener.change()
        assert (caught_up["__typename"], caught_up["replayed"]) == ("CaughtUp", 50)
        assert caught_up["cursor"] == replayed[-1]["cursor"]
        coming = [await a_comment(shared, "bea", thread, body=f"New {n}.") for n in range(5)]
        assert [change["comment"]["id"] for change in await listener.changes(5)] == coming


async def test_without_a_cursor_it_begins_now(shared: Client) -> None:
    thread = await a_thread(shared)
    await a_comment(shared, "ines", thread)
    async with listening(shared, thread) as listener:
        first = await listener.change()
        assert (first["__typename"], first["replayed"], first["cursor"]) == (
            "CaughtUp",
            0,
            await cursor(shared, thread),
        )
        comment = await a_comment(shared, "ines", thread)
        assert (await listener.change())["comment"]["id"] == comment


async def test_many_writers_reach_many_readers_in_one_order_once_each(shared: Client) -> None:
    thread = await a_thread(shared)
    await asyncio.gather(*(shared.caller(handle) for handle in HANDLES))
    async with listening(shared, thread) as first, listening(shared, thread, "ines") as second:
        assert kinds([await first.change(), await second.change()]) == ["CaughtUp"] * 2
        await asyncio.gather(*(a_comment(shared, handle, thread, body=str(n)) for handle in HANDLES for n in range(3)))
        seen = [await listener.changes(3 * len(HANDLES)) for listener in (first, second)]
    numbers = [[change["comment"]["number"] for change in changes] for changes in seen]
    assert numbers == [list(range(1, 3 * len(HANDLES) + 1))] * 2
    assert seen[0] == seen[1]


async def test_what_another_process_writes_comes_too(shared: Client) -> None:
    thread = await a_thread(shared)
    at = await cursor(shared, thread)
    async with another_process(shared) as other:
        missed = [await a_comment(other, "ines", thread) for _ in range(3)]
        async with listening(shared, thread, after=at) as listener:
            changes = await listener.changes(4)
            assert [change["comment"]["id"] for change in changes[:3]] == missed
            assert changes[3]["__typename"] == "CaughtUp"
            coming = [await a_comment(writer, "ines", thread) for writer in (other, shared, other)]
            assert [change["comment"]["id"] for change in await listener.changes(3)] == coming


async def test_every_cursor_goes_on_exactly_after_its_change(shared: Client) -> None:
    thread = await a_thread(shared)
    start = await cursor(shared, thread)
    comments = [await a_comment(shared, "ines", thread) for _ in range(4)]
    await write(shared, "editComment", "ines", id=comments[0], body="Edited.", expectedVersion=1)
    await write(shared, "deleteComment", "ines", id=comments[3])
    async with listening(shared, thread, after=start) as listener:
        whole = await listener.changes(6)
    assert kinds(whole) == ["CommentAdded"] * 3 + ["CommentChanged", "CommentGone", "CaughtUp"]
    for place, change in enumerate(whole[:-1], 1):
        async with listening(shared, thread, after=change["cursor"]) as listener:
            rest = await listener.changes(6 - place)
        assert [(one["__typename"], one["cursor"]) for one in rest] == [
            (one["__typename"], one["cursor"]) for one in whole[place:]
        ]


async def test_edits_and_removals_come_live(shared: Client) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    async with listening(shared, thread) as listener:
        await listener.change()
        await write(shared, "editComment", "ines", id=comment, body="Better.", expectedVersion=1)
        changed = await listener.change()
        assert (changed["__typename"], changed["comment"]) == (
            "CommentChanged",
            {"id": comment, "version": 2, "body": {"source": "Better."}},
        )
        await write(shared, "deleteComment", "otto", id=comment)
        gone = await listener.change()
        assert (gone["__typename"], gone["commentId"], gone["status"]) == ("CommentGone", comment, "REMOVED")
        taken_back = await a_comment(shared, "hank", thread)
        await write(shared, "deleteComment", "hank", id=taken_back)
        assert kinds([await listener.change()])[0] in {"CommentAdded", "CommentGone"}


async def test_a_replay_shows_the_present_state(shared: Client) -> None:
    thread = await a_thread(shared)
    start = await cursor(shared, thread)
    edited, removed = await a_comment(shared, "ines", thread), await a_comment(shared, "ines", thread)
    await write(shared, "editComment", "ines", id=edited, body="Better.", expectedVersion=1)
    await write(shared, "deleteComment", "ines", id=removed)
    async with listening(shared, thread, after=start) as listener:
        added, changed, gone, caught_up = await listener.changes(4)
    assert (added["comment"]["id"], added["comment"]["version"]) == (edited, 2)
    assert added["comment"]["body"] == changed["comment"]["body"] == {"source": "Better."}
    assert (gone["commentId"], gone["status"]) == (removed, "DELETED_BY_AUTHOR")
    assert caught_up["replayed"] == 4


async def test_publishing_a_post_is_told_to_those_who_saw_the_draft(shared: Client) -> None:
    draft = (await write(shared, "savePost", "mara", kind="UPDATE", title="Soon", body="Wait."))["post"]["id"]
    async with listening(shared, draft, "theo") as listener, listening(shared, draft, "ines") as outside:
        assert (await listener.change())["__typename"] == "CaughtUp"
        assert await outside.code() == "NOT_FOUND"
        await write(shared, "publishPost", "mara", id=draft)
        changed = await listener.change()
    assert (changed["__typename"], changed["commenting"], changed["archive"]) == (
        "StateChanged",
        {"mode": "OPEN"},
        None,
    )


async def test_an_anonymous_reader_follows_what_is_public(shared: Client) -> None:
    event = (await shared.data('{ event(slug: "lincoln-capitol-day") { id } }'))["event"]["id"]
    async with listening(shared, event) as listener:
        await listener.change()
        comment = await a_comment(shared, "ines", event)
        change = await listener.change()
    assert (change["comment"]["id"], change["comment"]["author"]) == (comment, {"handle": "ines"})


@pytest.mark.parametrize("document", [STREAM, ADDED])
async def test_what_is_not_there_is_not_followed(shared: Client, document: str) -> None:
    thread = await a_thread(shared)
    for subject, code in [
        (to_global("Thread", 2**60), "NOT_FOUND"),
        (to_global("Post", row_id(thread)), "NOT_FOUND"),
        (to_global("Comment", 1), "INVALID"),
        ("garbage", "INVALID"),
    ]:
        async with listening(shared, subject, document=document) as listener:
            assert await listener.code() == code


async def test_a_cursor_that_fits_no_stream_is_refused(shared: Client) -> None:
    thread, other = await a_thread(shared), await a_thread(shared)
    foreign = await cursor(shared, other)
    ours = LiveCursor.parse(await cursor(shared, thread), row_id(thread))
    negative = base64.urlsafe_b64encode(struct.pack(">qqq", ours.stream_id, ours.epoch, -1)).decode()
    for bad in (foreign, negative, "", "garbage", "💥", "A" * 10_000, str(ours)[:-4]):
        for document in (STREAM, ADDED):
            async with listening(shared, thread, after=bad, document=document) as listener:
                assert await listener.code() == "INVALID"
        body = await shared.ask(
            "query ($id: ID, $at: LiveCursor!) { thread(id: $id) { changes(after: $at) { hasMore } } }",
            id=thread,
            at=bad,
        )
        assert [error["extensions"]["code"] for error in body["errors"]] == ["INVALID"]


@pytest.mark.parametrize("how", ["another epoch", "ahead of the log", "pruned"])
async def test_a_cursor_that_the_log_does_not_reach_gets_a_resync_and_goes_on(shared: Client, how: str) -> None:
    thread = await a_thread(shared)
    start = LiveCursor.parse(await cursor(shared, thread), row_id(thread))
    for n in range(5):
        await a_comment(shared, "ines", thread, body=str(n))
    if how == "pruned":
        await log.prune(shared.backend.database, keep=2, before=datetime(2000, 1, 1, tzinfo=UTC))
    lost = {
        "another epoch": LiveCursor(start.stream_id, start.epoch + 1, 0),
        "ahead of the log": start.at(99),
        "pruned": start,
    }[how]
    here = await cursor(shared, thread)
    async with listening(shared, thread, after=str(lost)) as listener:
        resync, caught_up = await listener.changes(2)
        assert (resync["__typename"], resync["cursor"]) == ("Resync", here)
        assert (caught_up["__typename"], caught_up["replayed"], caught_up["cursor"]) == ("CaughtUp", 0, here)
        comment = await a_comment(shared, "ines", thread)
        assert (await listener.change())["comment"]["id"] == comment
    async with listening(shared, thread, after=str(lost), document=ADDED) as listener:
        assert await listener.code() == "RESYNC"
    page = await shared.data(
        """query ($id: ID, $at: LiveCursor!) { thread(id: $id) { changes(after: $at) { endCursor hasMore
            changes { __typename ... on Resync { cursor } } } } }""",
        id=thread,
        at=str(lost),
    )
    now = await cursor(shared, thread)
    assert page["thread"]["changes"] == {
        "endCursor": now,
        "hasMore": False,
        "changes": [{"__typename": "Resync", "cursor": now}],
    }


async def test_a_pruned_log_still_gives_what_it_kept(shared: Client) -> None:
    thread = await a_thread(shared)
    start = LiveCursor.parse(await cursor(shared, thread), row_id(thread))
    comments = [await a_comment(shared, "ines", thread, body=str(n)) for n in range(5)]
    await log.prune(shared.backend.database, keep=2, before=datetime(2000, 1, 1, tzinfo=UTC))
    async with listening(shared, thread, after=str(start.at(3))) as listener:
        changes = await listener.changes(3)
    assert [change["comment"]["id"] for change in changes[:2]] == comments[3:]
    assert changes[2]["__typename"] == "CaughtUp"


async def test_comment_added_gives_additions_only(shared: Client) -> None:
    thread = await a_thread(shared)
    at = await cursor(shared, thread)
    first = await a_comment(shared, "ines", thread)
    await write(shared, "editComment", "ines", id=first, body="Edited.", expectedVersion=1)
    async with listening(shared, thread, after=at, document=ADDED) as listener:
        replayed = await listener.change()
        await write(shared, "editComment", "ines", id=first, body="Again.", expectedVersion=2)
        gone = await a_comment(shared, "hank", thread)
        assert (await listener.change())["comment"]["id"] == gone
        await write(shared, "deleteComment", "hank", id=gone)
        second = await a_comment(shared, "bea", thread)
        live = await listener.change()
    assert kinds([replayed, live]) == ["CommentAdded"] * 2
    assert [replayed["comment"]["id"], live["comment"]["id"]] == [first, second]


async def test_who_leaves_a_club_is_told_nothing_more_of_it(shared: Client) -> None:
    subject = await a_club_thread(shared)
    member, staff = Following(await shared.caller("hank")), Following(await shared.caller("otto"))
    async with (
        shared.follow(STREAM, member, id=subject) as answers,
        shared.follow(STREAM, staff, id=subject) as others,
    ):
        leaving, staying = Listener(answers), Listener(others)
        assert kinds([await leaving.change(), await staying.change()]) == ["CaughtUp"] * 2
        seen = await a_comment(shared, "otto", subject)
        assert (await leaving.change())["comment"]["id"] == (await staying.change())["comment"]["id"] == seen
        member.become(replace(member.caller, viewer=replace(member.caller.viewer, clubs=frozenset())))
        assert await leaving.code() == "NOT_FOUND"
        hidden = await a_comment(shared, "otto", subject)
        assert (await staying.change())["comment"]["id"] == hidden


async def test_who_leaves_while_the_subject_is_looked_up_does_not_get_in(
    shared: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = await a_club_thread(shared)
    member = Following(await shared.caller("hank"))
    subscriptions = shared._engine._subscriptions
    look_up = subscriptions._opened

    async def leave_meanwhile(*arguments: Any, **options: Any) -> Any:
        opened = await look_up(*arguments, **options)
        monkeypatch.undo()
        member.become(replace(member.caller, viewer=replace(member.caller.viewer, clubs=frozenset())))
        return opened

    monkeypatch.setattr(subscriptions, "_opened", leave_meanwhile)
    async with shared.follow(STREAM, member, id=subject) as answers:
        assert await Listener(answers).code() == "NOT_FOUND"
        assert answers.deliveries == []


async def test_a_change_of_access_that_hides_nothing_is_not_noticed(shared: Client) -> None:
    thread = await a_thread(shared)
    following = Following(await shared.caller("hank"))
    async with shared.follow(STREAM, following, id=thread) as answers:
        listener = Listener(answers)
        assert (await listener.change())["__typename"] == "CaughtUp"
        for n in range(3):
            comment = await a_comment(shared, "ines", thread, body=str(n))
            following.become(replace(following.caller, viewer=replace(following.caller.viewer, clubs=frozenset({n}))))
            assert (await listener.change())["comment"]["id"] == comment
        await asyncio.sleep(0)
        assert len(answers.deliveries) == 4


async def test_hiding_a_subject_ends_it_for_those_who_lose_it_only(shared: Client) -> None:
    thread = await a_thread(shared, "ines")
    async with (
        listening(shared, thread, "hank") as outside,
        listening(shared, thread) as nobody,
        listening(shared, thread, "ines") as author,
        listening(shared, thread, "otto") as staff,
    ):
        for listener in (outside, nobody, author, staff):
            assert (await listener.change())["__typename"] == "CaughtUp"
        await _hide(shared.backend, row_id(thread))
        assert [await outside.code(), await nobody.code()] == ["NOT_FOUND", "NOT_FOUND"]
        assert kinds([await author.change(), await staff.change()]) == ["StateChanged"] * 2
        comment = await a_comment(shared, "ines", thread)
        assert (await author.change())["comment"]["id"] == (await staff.change())["comment"]["id"] == comment


async def _hide(backend: Backend, subject_id: int) -> None:
    """What a command does that makes a subject private."""
    chain = Chain(
        (
            Step(
                "taken",
                "update subjects set visibility = 'PRIVATE', state = state + 1 where id = {as_id stream} returning id",
            ),
            *log.TELL,
        ),
        answer="told",
        records={"facts": log.FACTS},
    )
    await chain.run(backend.database, {"stream": subject_id, "facts": log.facts(STATE_CHANGED, subject_id)})
    backend.relay.tell(subject_id)


async def a_club_thread(client: Client) -> str:
    """A fresh thread that only members of a club of hank's see."""
    thread = await a_thread(client, "otto")
    club = min((await client.caller("hank")).viewer.clubs)
    await client.backend.database.write(
        "update subjects set visibility = 'CLUB', club_id = :club, state = state + 1 where id = :id",
        {"club": club, "id": row_id(thread)},
    )
    return thread


async def test_closing_a_subscription_lets_go_of_its_stream(shared: Client) -> None:
    thread = await a_thread(shared)
    before = shared.backend.relay.watched
    async with listening(shared, thread) as first, listening(shared, thread, "ines") as second:
        await first.change()
        await second.change()
        assert shared.backend.relay.watched == before + 1
    assert shared.backend.relay.watched == before


async def test_changes_by_query_are_those_of_the_stream(shared: Client) -> None:
    thread = await a_thread(shared)
    start = at = await cursor(shared, thread)
    comments = [await a_comment(shared, "ines", thread, body=str(n)) for n in range(7)]
    await write(shared, "editComment", "ines", id=comments[1], body="Edited.", expectedVersion=1)
    await write(shared, "deleteComment", "ines", id=comments[2])
    async with listening(shared, thread, after=start) as listener:
        streamed = [(change["__typename"], change["cursor"]) for change in await listener.changes(9)][:-1]
    document = """query ($id: ID, $at: LiveCursor!, $first: Int!) { thread(id: $id) { changes(after: $at, first: $first) {
        endCursor hasMore changes { __typename ... on Change { cursor } } } } }"""
    polled, more = [], True
    while more:
        page = (await shared.data(document, id=thread, at=at, first=4))["thread"]["changes"]
        polled += [(change["__typename"], change["cursor"]) for change in page["changes"]]
        assert len(page["changes"]) <= 4
        at, more = page["endCursor"], page["hasMore"]
    assert polled == streamed
    assert at == await cursor(shared, thread)
    assert (await shared.data(document, id=thread, at=at, first=4))["thread"]["changes"] == {
        "endCursor": at,
        "hasMore": False,
        "changes": [],
    }
    for first in (0, -1, 101):
        body = await shared.ask(document, id=thread, at=start, first=first)
        assert [error["extensions"]["code"] for error in body["errors"]] == ["INVALID"]


async def test_only_lists_of_a_subjects_comments_have_a_live_cursor(shared: Client) -> None:
    data = await shared.data("""{ post(slug: "welcome") { comments(first: 1) { liveCursor nodes { replies { liveCursor } } } }
        user(handle: "ines") { comments { liveCursor } } }""")
    assert data["post"]["comments"]["liveCursor"]
    assert data["post"]["comments"]["nodes"][0]["replies"]["liveCursor"] is None
    assert data["user"]["comments"]["liveCursor"] is None
