"""Live at the price of one: executed once for all who get the same, and never anything that is somebody else's."""

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import orjson
import pytest

from hub import metrics
from hub.demo.people import PEOPLE
from hub.live.groups import Delivery
from tests.client import Client, Following
from tests.graph.test_subscriptions import STREAM, Listener, cursor, kinds, listening
from tests.mutations import a_comment, a_thread, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAIN = STREAM.replace("successor { __typename }", "")
MINE = """subscription ($id: ID!, $after: LiveCursor) { commentStream(subjectId: $id, after: $after) { __typename
    ... on CommentAdded { comment { id author { handle } reactions { kind viewerReacted } } }
    ... on CommentChanged { comment { id reactions { kind viewerReacted } } } } }"""
CLUBS = """subscription ($id: ID!) { commentStream(subjectId: $id) { __typename
    ... on CommentAdded { comment { id author { clubs { nodes { club { slug viewerMembership { role } } } } } } } } }"""
AUTHORS_CLUBS = """subscription ($id: ID!, $after: LiveCursor) { commentStream(subjectId: $id, after: $after) { __typename
    ... on CommentAdded { comment { id author { clubs { nodes { club { slug } } } } } } } }"""


def executed() -> float:
    return metrics.EXECUTIONS._value.get()


async def test_a_notice_is_executed_once_however_many_follow(shared: Client) -> None:
    thread = await a_thread(shared)
    cursors = [await cursor(shared, thread)]
    for n in range(5):
        await a_comment(shared, "ines", thread, body=str(n))
        cursors.append(await cursor(shared, thread))
    async with AsyncExitStack() as stack:
        followers = [
            await stack.enter_async_context(shared.listen(PLAIN, handle, id=thread, after=cursors[n % 6]))
            for n, handle in enumerate([None, "ines", "hank", "bea"] * 12)
        ]
        listeners = [Listener(answers) for answers in followers]
        for n, listener in enumerate(listeners):
            replay = await listener.changes(6 - n % 6)
            assert kinds(replay) == ["CommentAdded"] * (5 - n % 6) + ["CaughtUp"]
        before = executed()
        async with shared.backend.database.watching() as statements:
            comment = await a_comment(shared, "samir", thread)
            got = [await listener.change() for listener in listeners]
        assert {change["comment"]["id"] for change in got} == {comment}
        # Members are of two classes here: nobody and signed in.
        assert executed() - before == 2
        assert len({answers.deliveries[-1].body for answers in followers}) == 1
        assert len([text for text in statements.statements if "comments" in text]) < 10
    assert shared._engine.groups == 0


async def test_a_change_is_shown_by_a_plan_as_by_execution(shared: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shared.backend.settings.plans:
        pytest.skip("plans are off")
    thread = await a_thread(shared)
    planner, planned = shared._engine.planner, list[bool]()
    under = planner.under

    async def spied(operation: Any, *rest: Any) -> str | None:
        found = await under(operation, *rest)
        if operation.kind == "subscription":
            planned.append(found is not None)
        return found

    monkeypatch.setattr(planner, "under", spied)
    async with shared.listen(AUTHORS_CLUBS, id=thread) as answers:
        listener = Listener(answers)
        assert kinds(await listener.changes(1)) == ["CaughtUp"]
        changes = [(await a_comment(shared, "bea", thread), await listener.change()) for _ in range(3)]
    assert planned == [False, True, True]
    assert [change["comment"].pop("id") for _, change in changes] == [comment for comment, _ in changes]
    assert changes[0][1] == changes[1][1] == changes[2][1]
    assert changes[0][1]["comment"]["author"]["clubs"]["nodes"]


async def test_replay_executes_each_notice_once_a_group(shared: Client) -> None:
    thread = await a_thread(shared)
    start = await cursor(shared, thread)
    for n in range(30):
        await a_comment(shared, "ines", thread, body=str(n))
    before = executed()
    async with AsyncExitStack() as stack:
        followers = [await stack.enter_async_context(shared.listen(STREAM, id=thread, after=start)) for _ in range(20)]
        for answers in followers:
            assert kinds(await Listener(answers).changes(31))[-1] == "CaughtUp"
    assert 31 <= executed() - before <= 33  # a `CaughtUp` has a time in it


async def test_what_reads_self_is_executed_for_each_alone(shared: Client) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    await write(shared, "react", "hank", targetId=comment, kind="like", on=True)
    async with (
        listening(shared, thread, "hank", document=MINE) as his,
        listening(shared, thread, "bea", document=MINE) as hers,
    ):
        assert kinds([await his.change(), await hers.change()]) == ["CaughtUp"] * 2
        assert shared._engine.groups == 2
        await write(shared, "editComment", "ines", id=comment, body="Edited.", expectedVersion=1)
        shown = [(await listener.change())["comment"]["reactions"] for listener in (his, hers)]
    assert shown == [[{"kind": "like", "viewerReacted": True}], [{"kind": "like", "viewerReacted": False}]]


@pytest.mark.parametrize(
    ("document", "groups"),
    [
        (PLAIN, 1),
        (STREAM, 2),
        (MINE, 3),
        (CLUBS, 3),
        (AUTHORS_CLUBS, 2),
        (STREAM.replace("reason }", "reason } ... on TallyChanged { reactions { viewerReacted } }"), 3),
    ],
)
async def test_a_class_is_as_narrow_as_the_selection_needs(shared: Client, document: str, groups: int) -> None:
    """Two members of the same clubs and one of others, on a public subject."""
    thread = await a_thread(shared)
    callers = {person.handle: await shared.caller(person.handle) for person in PEOPLE if person.role == "MEMBER"}
    handles = sorted(callers)
    first = handles[0]
    same = Following(callers[first])
    twin = Following(_with_clubs(callers[handles[1]], callers[first].viewer.clubs))
    other = Following(_with_clubs(callers[handles[2]], frozenset({7})))
    async with AsyncExitStack() as stack:
        for following in (same, twin, other):
            answers = await stack.enter_async_context(shared.follow(document, following, id=thread))
            assert (await Listener(answers).change())["__typename"] == "CaughtUp"
        assert shared._engine.groups == groups


def _with_clubs(caller: Any, clubs: frozenset[int]) -> Any:
    return replace(caller, viewer=replace(caller.viewer, clubs=clubs))


async def test_no_answer_made_for_one_viewer_reaches_another(shared: Client) -> None:
    """Everybody follows with everything that reads them, and gets what they would have got alone."""
    chance = random.Random(7)
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    handles = [None, *(person.handle for person in PEOPLE)]
    for handle in chance.sample(handles[1:], 5):
        await write(shared, "react", handle, targetId=comment, kind="heart", on=True)
    documents = [
        MINE,
        CLUBS.replace("$id: ID!", "$id: ID!, $after: LiveCursor").replace(
            "subjectId: $id", "subjectId: $id, after: $after"
        ),
        STREAM,
    ]
    start = await cursor(shared, thread)
    async with AsyncExitStack() as stack:
        together = {}
        for document in documents:
            for handle in handles:
                answers = await stack.enter_async_context(shared.listen(document, handle, id=thread, after=start))
                assert (await Listener(answers).change())["__typename"] == "CaughtUp"
                together[document, handle] = Listener(answers)
        await write(shared, "editComment", "ines", id=comment, body="Edited.", expectedVersion=1)
        await a_comment(shared, "hank", thread)
        got = {name: await listener.changes(2) for name, listener in together.items()}
    for (document, handle), changes in got.items():
        alone: list[Any] = []
        async with listening(shared, thread, handle, after=start, document=document) as listener:
            alone = await listener.changes(2)
        assert changes == alone


class Narrow:
    """A sink with room for a few: `read` takes what waits."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.taken: list[Delivery] = []
        self.waiting: list[Delivery] = []
        self._free = asyncio.Event()

    def offer(self, delivery: Delivery) -> bool:
        if len(self.waiting) >= self.room:
            return False
        self.waiting.append(delivery)
        return True

    async def put(self, delivery: Delivery) -> None:
        while not self.offer(delivery):
            self._free.clear()
            await self._free.wait()

    def read(self) -> None:
        self.taken += self.waiting
        self.waiting.clear()
        self._free.set()


async def test_a_slow_reader_loses_nothing_and_delays_nobody(shared: Client) -> None:
    thread = await a_thread(shared)
    operation = shared._engine.prepare(STREAM, None)
    slow = Narrow(2)
    following = Following(await shared.caller(None))
    task = asyncio.create_task(shared._engine.follow(operation, {"id": thread}, following, "test", slow))
    try:
        async with listening(shared, thread) as quick:
            await quick.change()
            comments = []
            for n in range(20):
                comments.append(await a_comment(shared, "ines", thread, body=str(n)))
                assert (await quick.change())["comment"]["id"] == comments[-1]
            assert len(slow.waiting) == 2
            async with asyncio.timeout(10):
                while len(slow.taken) < 21:
                    slow.read()
                    await asyncio.sleep(0.005)
        shown = [orjson.loads(delivery.body)["data"]["commentStream"] for delivery in slow.taken]
        assert shown[0]["__typename"] == "CaughtUp"
        assert [change["comment"]["id"] for change in shown[1:]] == comments
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_only_one_tree_is_shown_below_a_root(shared: Client) -> None:
    thread = await a_thread(shared)
    root, other = await a_comment(shared, "ines", thread), await a_comment(shared, "ines", thread)
    document = STREAM.replace("$after: LiveCursor)", "$after: LiveCursor, $root: ID)").replace(
        "after: $after", "after: $after, rootId: $root"
    )
    async with shared.listen(document, id=thread, root=root) as answers:
        listener = Listener(answers)
        assert (await listener.change())["__typename"] == "CaughtUp"
        await a_comment(shared, "hank", thread, parentId=other)
        inside = await a_comment(shared, "hank", thread, parentId=root)
        deeper = await a_comment(shared, "bea", thread, parentId=inside)
        assert [change["comment"]["id"] for change in await listener.changes(2)] == [inside, deeper]


async def test_beyond_its_pace_a_reader_gets_a_burst(shared: Client) -> None:
    thread = await a_thread(shared)
    start = await cursor(shared, thread)
    document = STREAM.replace("after: $after", "after: $after, maxPerSecond: 2").replace(
        "... on Resync { reason }", "... on Resync { reason } ... on Burst { count firstId lastId }"
    )
    async with shared.listen(document, id=thread) as answers:
        listener = Listener(answers)
        assert (await listener.change())["__typename"] == "CaughtUp"
        comments = [await a_comment(shared, "ines", thread, body=str(n)) for n in range(40)]
        seen: list[str] = []
        bursts = 0
        while len(seen) < 40:
            change = await listener.change()
            if change["__typename"] == "Burst":
                bursts += 1
                first, last = comments.index(change["firstId"]), comments.index(change["lastId"])
                assert change["count"] == last - first + 1
                assert first == len(seen)
                seen += comments[first : last + 1]
            else:
                seen.append(change["comment"]["id"])
        assert seen == comments
        assert bursts >= 1
    async with shared.listen(document, id=thread, after=start) as answers:
        assert kinds(await Listener(answers).changes(41)) == ["CommentAdded"] * 40 + ["CaughtUp"]
    for bad in (0, -1, 1_001):
        async with shared.listen(document.replace("maxPerSecond: 2", f"maxPerSecond: {bad}"), id=thread) as answers:
            assert await Listener(answers).code() == "INVALID"


async def test_tallies_come_to_those_who_ask(shared: Client) -> None:
    thread = await a_thread(shared)
    document = """subscription ($id: ID!) { commentStream(subjectId: $id) { __typename
        ... on TallyChanged { cursor commentCount reactions { kind count } } } }"""
    async with shared.listen(document, id=thread) as answers, listening(shared, thread) as plain:
        listener = Listener(answers)
        assert kinds([await listener.change(), await plain.change()]) == ["CaughtUp"] * 2
        await a_comment(shared, "ines", thread)
        assert kinds([await plain.change()]) == ["CommentAdded"]
        changes = [await listener.change(), await listener.change()]
        assert sorted(kinds(changes)) == ["CommentAdded", "TallyChanged"]
        tally = next(change for change in changes if change["__typename"] == "TallyChanged")
        assert (tally["commentCount"], tally["reactions"], tally["cursor"]) == (1, [], await cursor(shared, thread))
        await write(shared, "react", "hank", targetId=thread, kind="like", on=True)
        change = await listener.change()
        assert (change["__typename"], change["reactions"]) == ("TallyChanged", [{"kind": "like", "count": 1}])


async def test_headlines_of_many_subjects_come_at_most_once_an_interval(shared: Client) -> None:
    threads = [await a_thread(shared) for _ in range(3)]
    document = """subscription ($ids: [ID!]!) { tallyStream(subjectIds: $ids, intervalMs: 250) {
        subjectId count { value } lastActivityAt } }"""
    async with shared.listen(document, ids=threads) as answers, shared.listen(document, ids=threads) as others:
        listener, other = Listener(answers), Listener(others)
        first = await listener.changes(3)
        assert shared._engine.groups == 1
        assert {(change["subjectId"], change["count"]["value"]) for change in first} == {(one, 0) for one in threads}
        await asyncio.gather(*(a_comment(shared, "ines", threads[1], body=str(n)) for n in range(10)))
        value = 0
        while value < 10:
            change = await listener.change()
            assert change["subjectId"] == threads[1]
            value = change["count"]["value"]
        assert len(answers.deliveries) < 10
        assert [change["count"]["value"] for change in await other.changes(3)] == [0, 0, 0]
    assert shared._engine.groups == 0
    for bad in ("intervalMs: 10", "intervalMs: 9999999"):
        async with shared.listen(document.replace("intervalMs: 250", bad), ids=threads) as answers:
            assert await Listener(answers).code() == "INVALID"
    async with shared.listen(document, ids=threads * 40) as answers:
        assert await Listener(answers).code() == "TOO_LONG"


async def test_advice_to_come_back_reaches_those_who_select_it(shared: Client) -> None:
    thread = await a_thread(shared)
    document = STREAM.replace("... on Resync", "... on ReconnectAdvice { afterMs jitterMs } ... on Resync")
    async with shared.listen(document, id=thread) as answers, shared.listen(STREAM, id=thread) as plain:
        listener = Listener(answers)
        assert kinds([await listener.change(), await Listener(plain).change()]) == ["CaughtUp"] * 2
        await asyncio.sleep(0)
        await shared._engine.advise()
        change = await listener.change()
        assert (change["__typename"], change["jitterMs"]) == ("ReconnectAdvice", 5_000)
        assert change["cursor"] == await cursor(shared, thread)
        assert len(plain.deliveries) == 1


async def test_leaving_leaves_nothing_behind(shared: Client) -> None:
    thread = await a_thread(shared)
    await a_comment(shared, "ines", thread)
    watched, tasks = shared.backend.relay.watched, len(asyncio.all_tasks())
    async with AsyncExitStack() as stack:
        for handle in [None, "ines", "hank"] * 20:
            answers = await stack.enter_async_context(shared.listen(MINE, handle, id=thread))
            await Listener(answers).change()
    assert (shared.backend.relay.watched, shared._engine.groups) == (watched, 0)
    assert len(asyncio.all_tasks()) <= tasks
    assert metrics.SUBSCRIPTIONS._value.get() == 0
