"""Whatever the viewer may not see is behind no door: not by id, not in a list, not through what hangs on it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from hub.graph.documents import BadDocument
from hub.graph.ids import from_global, to_global
from hub.live import log
from tests.client import Client
from tests.mutations import a_comment, a_thread, refused, row_id, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

# jonas wrote it, bea is of the same club, ines is not, mara is of the policy team, otto and wanda are staff.
VIEWERS = [None, "ines", "bea", "jonas", "mara", "otto", "wanda"]
SEEN_BY = {
    "PUBLIC": {None, "ines", "bea", "jonas", "mara", "otto", "wanda"},
    "UNLISTED": {None, "ines", "bea", "jonas", "mara", "otto", "wanda"},
    "MEMBERS": {"ines", "bea", "jonas", "mara", "otto", "wanda"},
    "CLUB": {"bea", "jonas", "mara", "otto", "wanda"},  # mara is a member of the club
    "PRIVATE": {"jonas", "otto", "wanda"},
}


class Scene:
    """A thread and an event with a comment, a reply, an answer and a reaction on them, of one visibility."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def open(self) -> "Scene":
        data = await self.client.data(
            '{ club(slug: "lone-star-owners") { id } event(slug: "hill-country-sunrise-drive") { id } }'
        )
        self.club, self.event = data["club"]["id"], data["event"]["id"]
        self.thread = await a_thread(self.client, "jonas", clubId=self.club)
        await self.client.backend.database.write(
            "update subjects set author_id = (select id from users where handle = 'jonas') where id = :id",
            {"id": row_id(self.event)},
        )
        self.comments = {}
        for name, subject in (("thread", self.thread), ("event", self.event)):
            top = await a_comment(self.client, "jonas", subject)
            self.comments[name] = (top, await a_comment(self.client, "samir", subject, parentId=top))
        self.rsvp = (await write(self.client, "rsvp", "samir", eventId=self.event, choice="GOING"))["rsvp"]["id"]
        return self

    async def show(self, visibility: str) -> None:
        await self.client.backend.database.write(
            "update subjects set visibility = :visibility, state = state + 1 where id {in ids}",
            {"visibility": visibility, "ids": [row_id(self.thread), row_id(self.event)]},
        )

    async def doors(self, handle: str | None) -> dict[str, bool]:
        top, reply = self.comments["thread"]
        on_event, _ = self.comments["event"]
        data = await self.client.data(
            """query ($thread: ID!, $event: ID!, $top: ID!, $reply: ID!, $onEvent: ID!, $rsvp: ID!) {
                thread(id: $thread) { id } threadNode: node(id: $thread) { id } nodes(ids: [$thread, $event]) { id }
                event(id: $event) { id } eventNode: node(id: $event) { id }
                comment(id: $top) { subject { ... on Thread { id } } replies { nodes { id } } }
                commentNode: node(id: $reply) { ... on Comment { parent { id } root { id } ancestors { id } } }
                onEvent: comment(id: $onEvent) { subject { ... on Event { id } } }
                rsvp: node(id: $rsvp) { ... on Rsvp { event { id } } }
                commentCounts(subjectIds: [$thread, $event]) { subjectId }
                threads(first: 100, sort: NEWEST) { nodes { id } } events(first: 100) { nodes { id } }
                club(slug: "lone-star-owners") { threads(first: 100) { nodes { id } } events(first: 100) { nodes { id } } }
                categories { threads(first: 100, sort: NEWEST) { nodes { id } } }
                jonas: user(handle: "jonas") { threads(first: 100) { nodes { id } } comments(first: 100) { nodes { id } } }
                samir: user(handle: "samir") { comments(first: 100) { nodes { id } } rsvps(first: 100) { nodes { id } } } }""",
            handle,
            thread=self.thread,
            event=self.event,
            top=top,
            reply=reply,
            onEvent=on_event,
            rsvp=self.rsvp,
        )

        def ids(connection: dict[str, Any]) -> list[str]:
            return [node["id"] for node in connection["nodes"]]

        return {
            "thread": data["thread"] is not None,
            "thread by node": data["threadNode"] is not None,
            "thread by nodes": data["nodes"][0] is not None,
            "event": data["event"] is not None,
            "event by node": data["eventNode"] is not None,
            "event by nodes": data["nodes"][1] is not None,
            "comment": data["comment"] == {"subject": {"id": self.thread}, "replies": {"nodes": [{"id": reply}]}},
            "comment by node": data["commentNode"]
            == {"parent": {"id": top}, "root": {"id": top}, "ancestors": [{"id": top}]},
            "comment on the event": data["onEvent"] == {"subject": {"id": self.event}},
            "answer by node": data["rsvp"] == {"event": {"id": self.event}},
            "counts": [count["subjectId"] for count in data["commentCounts"]] == [self.thread, self.event],
            "list of its author's comments": top in ids(data["jonas"]["comments"]),
            "list of another's comments": reply in ids(data["samir"]["comments"]),
            "list of another's answers": self.rsvp in ids(data["samir"]["rsvps"]),
            "list of threads": self.thread in ids(data["threads"]),
            "list of events": self.event in ids(data["events"]),
            "list of the club's threads": self.thread in ids(data["club"]["threads"]),
            "list of the club's events": self.event in ids(data["club"]["events"]),
            "list of the category": self.thread in ids(data["categories"][0]["threads"]),
            "list of its author": self.thread in ids(data["jonas"]["threads"]),
        }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(shared: Client) -> AsyncIterator[Scene]:
    yield await Scene(shared).open()


@pytest.mark.parametrize("visibility", SEEN_BY)
async def test_all_doors_agree_with_the_front_door(scene: Scene, visibility: str) -> None:
    await scene.show(visibility)
    for handle in VIEWERS:
        doors = await scene.doors(handle)
        shown = handle in SEEN_BY[visibility]
        expected = {door: shown and not (visibility == "UNLISTED" and door.startswith("list ")) for door in doors}
        assert doors == expected, handle


@pytest.mark.parametrize("visibility", ["CLUB", "PRIVATE"])
async def test_what_is_hidden_answers_writes_as_if_it_were_absent(scene: Scene, visibility: str) -> None:
    thread, event, (comment, _) = scene.thread, scene.event, scene.comments["thread"]

    async def errors(of: Callable[[str], str]) -> list[dict[str, Any]]:
        edit = {"id": of(comment), "body": "x", "expectedVersion": 1}
        return [
            await refused(scene.client, "addComment", "ines", subjectId=of(thread), body="x"),
            await refused(scene.client, "editComment", "ines", **edit),
            await refused(scene.client, "deleteComment", "ines", id=of(comment)),
            await refused(scene.client, "rsvp", "ines", eventId=of(event), choice="GOING"),
            *[
                await refused(scene.client, "react", "ines", targetId=of(target), kind="like", on=True)
                for target in (thread, comment)
            ],
        ]

    await scene.show(visibility)
    hidden, absent = await errors(str), await errors(gone)
    assert hidden == absent
    assert {error["code"] for error in hidden} == {"NOT_FOUND"}


def gone(global_id: str) -> str:
    """An id of the same noun that nobody has."""
    return to_global(from_global(global_id)[0], 2**60)


@pytest.mark.parametrize("visibility", ["MEMBERS", "CLUB", "PRIVATE"])
@pytest.mark.parametrize("handle", [None, "ines"])
async def test_a_hidden_subject_is_not_followed(scene: Scene, visibility: str, handle: str | None) -> None:
    await scene.show(visibility)
    if handle in SEEN_BY[visibility]:
        return
    for field in ("commentStream", "commentAdded"):
        document = f"subscription ($id: ID!) {{ {field}(subjectId: $id) {{ __typename }} }}"
        async with scene.client.listen(document, handle, id=scene.thread) as answers:
            try:
                body = await asyncio.wait_for(anext(answers), 5)
            except BadDocument as refusal:
                body = {"errors": refusal.errors}
        assert [error["extensions"]["code"] for error in body["errors"]] == ["NOT_FOUND"]


async def test_an_archives_successor_shows_to_those_who_may_see_it(scene: Scene) -> None:
    other = await a_thread(scene.client, "ines")
    await scene.client.backend.database.write(
        """update subjects set frozen_at = {now}, state = state + 1, successor_kind = 'THREAD', successor_id = :to
           where id = :id""",
        {"id": row_id(other), "to": row_id(scene.thread)},
    )
    document = "query ($id: ID) { thread(id: $id) { archive { successor { ... on Thread { id } } } } }"
    for visibility, seen_by in SEEN_BY.items():
        await scene.show(visibility)
        for handle in VIEWERS:
            archive = (await scene.client.data(document, handle, id=other))["thread"]["archive"]
            assert archive == {"successor": {"id": scene.thread} if handle in seen_by else None}
        error = await refused(scene.client, "addComment", "ines", subjectId=other, body="Where?")
        assert ("successor" in error) == ("ines" in seen_by)


@pytest.mark.parametrize("planned", [True, False])
@pytest.mark.parametrize("visibility", ["MEMBERS", "CLUB", "PRIVATE"])
async def test_a_hidden_club_is_behind_no_door(shared: Client, visibility: str, planned: bool) -> None:
    database = shared.backend.database
    asking = shared.under(plans=planned, plan_sights=1)
    document = """query ($id: ID!) { club(id: $id) { slug } node(id: $id) { id } clubs(first: 100) { nodes { id } }
        event(slug: "snoqualmie-charge-and-chai") { club { id } }
        post(slug: "where-should-we-charge-next") { clubs { id } }
        user(handle: "kofi") { clubs { nodes { club { id } } } } node2: node(id: MEMBERSHIP) { id } }"""
    club = (await shared.data('{ club(slug: "cascadia-current") { id members { nodes { id } } } }'))["club"]
    text = document.replace("MEMBERSHIP", f'"{club["members"]["nodes"][1]["id"]}"')
    given = {"id": row_id(club["id"]), "visibility": visibility}
    await database.write("update clubs set visibility = :visibility where id = :id", given)
    try:
        for handle, member in [(None, False), ("ines", False), ("mara", False), ("kofi", True), ("wanda", True)]:
            data = await asking.data(text, handle, id=club["id"])
            shown = member or (handle is not None and visibility == "MEMBERS")
            assert (data["club"] is not None) == (data["node"] is not None) == (data["node2"] is not None) == shown
            assert (club["id"] in [one["id"] for one in data["clubs"]["nodes"]]) == shown
            assert data["event"] == {"club": {"id": club["id"]} if shown else None}
            assert data["post"]["clubs"] == ([{"id": club["id"]}] if shown else [])
            clubs = [one["club"]["id"] for one in data["user"]["clubs"]["nodes"]]
            assert (club["id"] in clubs) == shown
    finally:
        await database.write("update clubs set visibility = 'PUBLIC' where id = :id", {"id": row_id(club["id"])})


async def test_what_waits_for_review_shows_to_its_author_and_staff(shared: Client) -> None:
    thread = await a_thread(shared)
    waiting = await a_comment(shared, "hank", thread)
    await a_comment(shared, "bea", thread)
    await shared.backend.database.write(
        "update comments set status = 'PENDING' where id = :id", {"id": row_id(waiting)}
    )
    document = """query ($thread: ID, $id: ID!) { comment(id: $id) { body { source } } node(id: $id) { id }
        thread(id: $thread) { comments { nodes { id } } } }"""
    for handle in [None, "ines", "bea", "mara", "hank", "otto", "wanda"]:
        data = await shared.data(document, handle, id=waiting, thread=thread)
        shown = handle in {"hank", "otto", "wanda"}
        assert (data["comment"] is not None) == (data["node"] is not None) == shown
        assert (waiting in [node["id"] for node in data["thread"]["comments"]["nodes"]]) == shown
    error = await refused(shared, "addComment", "bea", subjectId=thread, parentId=waiting, body="Hello?")
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "parentId"])


async def test_what_is_hidden_by_staff_shows_its_mark_only(shared: Client) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "hank", thread, body="Hide me.")
    await shared.backend.database.write("update comments set status = 'HIDDEN' where id = :id", {"id": row_id(comment)})
    document = "query ($id: ID!) { comment(id: $id) { status body { source } author { handle } } }"
    for handle in [None, "ines", "mara", "hank"]:
        shown = (await shared.data(document, handle, id=comment))["comment"]
        assert shown == {"status": "HIDDEN", "body": None, "author": None}
    for handle in ("otto", "wanda"):
        shown = (await shared.data(document, handle, id=comment))["comment"]
        assert shown == {"status": "HIDDEN", "body": {"source": "Hide me."}, "author": {"handle": "hank"}}


async def test_no_type_shows_where_a_person_can_be_reached(shared: Client) -> None:
    person = {"handle": "reachable", "email": "reach.me@example.org", "password": "a long enough secret"}
    payload = await write(shared, "register", **person)
    assert "reach.me" not in str(payload)
    for handle in VIEWERS:
        data = await shared.data(
            '{ user(handle: "reachable") { id handle displayName bio { source } status role } viewer { email } }',
            handle,
        )
        assert "reach.me" not in str(data)


async def test_a_change_that_the_viewer_may_not_see_moves_the_cursor_and_shows_nothing(shared: Client) -> None:
    thread = await a_thread(shared)
    start = (await shared.data("query ($id: ID) { thread(id: $id) { liveCursor } }", id=thread))["thread"]["liveCursor"]
    waiting = await a_comment(shared, "hank", thread)
    await shared.backend.database.write(
        "update comments set status = 'PENDING' where id = :id", {"id": row_id(waiting)}
    )
    document = """query ($id: ID, $at: LiveCursor!) { thread(id: $id) { changes(after: $at) { endCursor hasMore
        changes { __typename } } } }"""
    for handle, shown in [(None, []), ("bea", []), ("hank", ["CommentAdded"]), ("otto", ["CommentAdded"])]:
        page = (await shared.data(document, handle, id=thread, at=start))["thread"]["changes"]
        assert [change["__typename"] for change in page["changes"]] == shown
        assert (page["endCursor"] != start, page["hasMore"]) == (True, False)
    assert len(await log.read(shared.backend.database, row_id(thread), 0, 10)) == 1
