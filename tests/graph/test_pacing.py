"""Wide answers are completed in pieces, and those who wait for rows are woken a few in each turn of the loop."""

import asyncio
from typing import Any

import pytest

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
    monkeypatch.setattr(shared._engine._pace, "_most", 0.0)
    whole = await shared.data(f"{{ status {{ mode }} {WIDE} }}")
    assert whole == {"status": {"mode": "NORMAL"}, **await shared.data(f"{{ {WIDE} }}")}
    async with watched() as turns:
        assert await shared.data(f"{{ status {{ mode }} {WIDE} }}") == whole
    assert 0 < turns.longest < 0.1


async def test_who_asks_for_much_gets_a_plan_at_once(shared: Client):
    answered = shared._engine.planner.counters.answered
    before = answered.total()
    await shared.data(f"{{ atOnce: {WIDE} }}")
    assert answered.total() == before + 1
    await shared.data("{ notYet: posts { nodes { title } } }")
    assert answered.total() == before + 1
