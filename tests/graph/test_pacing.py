"""Wide answers are completed in pieces up to a bound, and those who wait for rows are woken a few in each turn of the
loop."""

import asyncio
from typing import Any

import pytest

from hub.graph.documents import BadDocument
from hub.graph.pacing import Pace
from hub.store.audience import NOBODY
from hub.store.loaders import Loader
from hub.store.reader import _WOKEN, Reader
from tests.client import Client
from tests.fuzz.turns import watched

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENCE = 10
WIDE = "posts(first: 100) { nodes { title comments(first: 50) { nodes { id } } } }"


async def test_what_is_too_much_for_one_turn_goes_on_in_the_next_ones_in_order():
    pace, done, turns = Pace(most=0.0), list[int](), 0
    assert pace.is_over()

    async def work(number: int) -> int:
        return await pace.later(lambda: done.append(number) or number)

    waiting = asyncio.gather(*(work(number) for number in range(5)))
    while not waiting.done():
        await asyncio.sleep(0)
        turns += 1
    assert await waiting == done == list(range(5))
    assert turns > 5


async def test_what_fails_later_fails_for_who_waits_and_who_is_gone_holds_up_nobody():
    pace = Pace(most=60.0)

    async def work(result: Any) -> Any:
        return await pace.later(lambda: result / 1)

    gone, failing, fine = (asyncio.create_task(work(value)) for value in (1, "no number", 2))
    await asyncio.sleep(0)
    gone.cancel()
    async with asyncio.timeout(PATIENCE):
        assert await fine == 2
        with pytest.raises(TypeError):
            await failing
        assert await work(3) == 3  # though nobody asked whether it is over


async def test_many_who_wait_for_one_row_are_not_woken_at_once(monkeypatch: pytest.MonkeyPatch):
    reader = Reader(None, NOBODY)
    awake, most = 0, 0

    async def rows(loader: Any, keys: list[int]) -> list[int]:
        return keys

    monkeypatch.setattr(reader, "_ones", rows)
    loader: Loader = object()

    async def wait(key: int) -> int | None:
        nonlocal awake
        found: Any = await reader.one(loader, key)
        awake += 1
        return found

    waiting = asyncio.gather(*(wait(number % 7) for number in range(10 * _WOKEN)))
    while not waiting.done():
        before = awake
        await asyncio.sleep(0)
        most = max(most, awake - before)
    assert await waiting == [number % 7 for number in range(10 * _WOKEN)]
    assert most <= _WOKEN


async def test_a_row_that_fails_fails_for_all_who_wait_for_it(monkeypatch: pytest.MonkeyPatch):
    reader = Reader(None, NOBODY)

    async def none(loader: Any, keys: list[int]) -> list[int]:
        raise LookupError

    monkeypatch.setattr(reader, "_ones", none)
    loader: Loader = object()
    found = await asyncio.gather(*(reader.one(loader, 1) for _ in range(2 * _WOKEN)), return_exceptions=True)
    assert {type(one) for one in found} == {LookupError}


async def test_a_wide_answer_without_a_plan_leaves_the_loop_to_others(shared: Client, monkeypatch: pytest.MonkeyPatch):
    pace, pieces = shared._engine._pace, list[Any]()
    later = pace.later
    monkeypatch.setattr(pace, "_most", 0.0)
    monkeypatch.setattr(pace, "later", lambda work: pieces.append(work) or later(work))
    whole = await shared.data(f"{{ status {{ mode }} {WIDE} }}")
    assert whole == {"status": {"mode": "NORMAL"}, **await shared.data(f"{{ {WIDE} }}")}
    async with watched() as turns:
        assert await shared.data(f"{{ status {{ mode }} {WIDE} }}") == whole
    assert 0 < turns.longest < 0.1
    assert len(pieces) > len(whole["posts"]["nodes"])


async def test_who_asks_for_much_gets_a_plan_at_once(shared: Client):
    planning = shared.under(plans=True)
    answered = planning._engine.planner.counters.answered
    before = answered.total()
    await planning.data(f"{{ atOnce: {WIDE} }}")
    assert answered.total() == before + 1
    await planning.data("{ notYet: posts { nodes { title } } }")
    assert answered.total() == before + 1


async def test_an_answer_without_a_plan_has_a_bound_and_one_with_a_plan_has_none(shared: Client):
    document = f"{{ status {{ mode }} {WIDE} }}"
    posts = (await shared.data(document))["posts"]["nodes"]
    # Each object and each of its fields: the root, the status, the connection, posts with a connection each, comments.
    values = 3 + 2 + 2 + sum(3 + 2 + 2 * len(post["comments"]["nodes"]) for post in posts)
    assert await shared.under(executed_values=values).data(document)
    for most in (1, 10, values - 1):
        narrow = shared.under(executed_values=most, plans=True)
        with pytest.raises(BadDocument, match="ask for fewer rows") as refusal:
            await narrow.ask(document)
        assert refusal.value.code == "QUERY_TOO_COSTLY"
        assert await narrow.data(f"{{ {WIDE} }}") == {"posts": {"nodes": posts}}


async def test_what_a_write_shows_has_that_bound_too_and_the_write_is_kept(shared: Client):
    post = await shared.data('{ post(slug: "welcome") { id } }')
    react = """mutation ($id: ID!, $on: Boolean!) { react(input: {targetId: $id, kind: "heart", on: $on}) {
        replayed target { ... on Post { id reactions { kind count } } } } }"""
    narrow = shared.under(executed_values=4, plans=False)
    body = await narrow.ask(react, "ines", id=post["post"]["id"], on=True)
    assert {error["extensions"]["code"] for error in body["errors"]} == {"QUERY_TOO_COSTLY"}
    assert body["data"]["react"] == {"replayed": False, "target": None}
    again = await shared.data(react, "ines", id=post["post"]["id"], on=True)
    assert again["react"]["replayed"] is True
    await shared.data(react, "ines", id=post["post"]["id"], on=False)
