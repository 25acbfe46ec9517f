"""Budgets: never more than the rate in any window, nothing given back twice, in memory and in Redis alike."""

import asyncio
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import asyncio as redis

from hub.limits.buckets import Bucket, Rate
from hub.limits.budgets import SHARE, Budgets
from hub.limits.redis import Ask, RedisBuckets, Settled
from hub.refusals import ErrorCode, ThrottleRefusal
from tests.conftest import BACKENDS, BROKER_URL

RATE = Rate(100, 10)
# Redis forgets a bucket when it is full by the real clock, however slow the machine is.
SLOW = Rate(100, 0.1)
scaled_only = pytest.mark.skipif("scaled" not in BACKENDS, reason="wants Redis")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def taken(budgets: Budgets, amount: float, key: str = "a", rate: Rate = RATE) -> float:
    """What was taken: all or 0."""
    try:
        charge = budgets.charge("cost", key, rate, amount)
    except ThrottleRefusal:
        return 0
    assert charge is not None
    return charge.taken


steps = st.lists(
    st.tuples(st.floats(0, 30), st.floats(0, 150), st.floats(0, 1)),
    min_size=1,
    max_size=40,
)


@given(steps)
def test_no_window_holds_more_than_capacity_and_what_filled_up(moves):
    clock = Clock()
    budgets = Budgets(clock=clock)
    spent: list[tuple[float, float]] = []
    for pause, amount, used in moves:
        clock.now += pause
        try:
            charge = budgets.charge("cost", "a", RATE, amount)
        except ThrottleRefusal:
            continue
        charge.used(amount * used)
        charge.used(amount * 2)
        assert charge.remaining <= RATE.capacity
        spent.append((clock.now, charge.taken))
    for begin in range(len(spent)):
        total = 0.0
        for at, amount in spent[begin:]:
            total += amount
            assert total <= RATE.capacity + (at - spent[begin][0]) * RATE.per_second + 1e-6


@scaled_only
@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.floats(-1, 30), st.floats(-50, 50), st.floats(0, 150)), min_size=1, max_size=25))
def test_redis_keeps_a_bucket_as_memory_does(moves):
    async def both() -> None:
        clock, key = Clock(), uuid.uuid4().hex
        clock.now += moves[0][0]
        bucket = Bucket(SLOW, clock.now)
        async with redis.Redis.from_url(BROKER_URL) as client:
            far = RedisBuckets(client, "test", clock)
            try:
                for place, (pause, spent, wanted) in enumerate(moves):
                    clock.now += pause if place else 0  # both begin at the first
                    bucket.fill(clock.now)
                    bucket.spend(spent)
                    granted = wanted <= bucket.level
                    if granted:
                        bucket.spend(wanted)
                    (outcome,) = await far.settle([Ask(key, SLOW, spent, wanted)])
                    assert outcome.granted is granted
                    assert outcome.level == pytest.approx(bucket.level, abs=1e-9)
            finally:
                await client.delete(f"test:budget:{key}")

    asyncio.run(both())


def test_what_was_not_used_comes_back_once():
    budgets = Budgets(clock=Clock())
    charge = budgets.charge("cost", "a", RATE, 80)
    charge.used(30)
    charge.used(30)
    charge.used(90)
    assert (charge.taken, charge.remaining, charge.full_in) == (30, 70, 3)


def test_who_has_nothing_left_is_told_when_to_come_back():
    clock = Clock()
    budgets = Budgets(clock=clock)
    assert taken(budgets, 90) == 90
    with pytest.raises(ThrottleRefusal) as refusal:
        budgets.charge("cost", "a", RATE, 60)
    assert (refusal.value.code, refusal.value.retry_after_ms) == (ErrorCode.RATE_LIMITED, 5_000)
    clock.now += 5
    assert taken(budgets, 60) == 60
    assert taken(budgets, 100, "another") == 100


def test_what_is_larger_than_the_budget_takes_all_of_it():
    budgets = Budgets(clock=Clock())
    assert taken(budgets, 1_000) == 100
    assert taken(budgets, 1) == 0


def test_a_flood_of_keys_is_not_kept():
    budgets = Budgets(most=100)
    for number in range(10_000):
        taken(budgets, 1, f"k{number}")
    assert len(budgets) == 100


def test_looking_takes_nothing():
    budgets = Budgets(clock=Clock())
    taken(budgets, 40)
    assert budgets.look("a", RATE).remaining == budgets.look("a", RATE).remaining == 60


async def spend_all(budgets: Budgets, amount: float, rate: Rate) -> float:
    """Charges as the engine does, until refused; how much was taken."""
    total = 0.0
    while True:
        try:
            charge = budgets.charge("cost", "a", rate, amount) or await budgets.ask("cost", "a", rate, amount)
        except ThrottleRefusal:
            return total
        total += charge.taken


SLOW = Rate(1_000, 0.001)


async def test_two_processes_spend_one_budget(shared):
    one, two = (Budgets(RedisBuckets(*shared)) for _ in range(2))
    total = sum(await asyncio.gather(spend_all(one, 7, SLOW), spend_all(two, 7, SLOW)))
    share = SLOW.capacity * SHARE
    assert SLOW.capacity - 2 * 7 - 2 * share <= total <= SLOW.capacity + 2 * share
    await one.close()
    await two.close()
    (outcome,) = await RedisBuckets(*shared).settle([Ask("a", SLOW, 0, 0)])
    assert outcome.level == pytest.approx(SLOW.capacity - total, abs=1)


async def test_a_refund_reaches_the_others(shared):
    one, two = (Budgets(RedisBuckets(*shared)) for _ in range(2))
    charge = await one.ask("cost", "a", SLOW, 1_000)
    with pytest.raises(ThrottleRefusal):
        await two.ask("cost", "a", SLOW, 500)
    charge.used(100)
    await one.close()
    # What a process heard holds until it hears more, so a fresh one asks.
    three = Budgets(RedisBuckets(*shared))
    assert (await three.ask("cost", "a", SLOW, 500)).taken == 500
    await two.close()
    await three.close()


class Cut:
    """A RedisBuckets that can be away."""

    def __init__(self, far: RedisBuckets) -> None:
        self.far = far
        self.away = False

    async def settle(self, asks):
        if self.away:
            raise redis.ConnectionError("away")
        return await self.far.settle(asks)


async def test_without_redis_each_counts_alone_and_tells_when_it_is_back(shared, monkeypatch):
    monkeypatch.setattr("hub.limits.budgets._RETRY_SECONDS", 0.01)
    cut = Cut(RedisBuckets(*shared))
    budgets = Budgets(cut)
    cut.away = True
    assert await spend_all(budgets, 10, SLOW) == SLOW.capacity
    with pytest.raises(ThrottleRefusal):
        await budgets.ask("cost", "a", SLOW, 10)
    cut.away = False
    async with asyncio.timeout(5):
        while (await cut.far.settle([Ask("a", SLOW, 0, 0)]))[0].level > 1:  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.01)
    other = Budgets(RedisBuckets(*shared))
    with pytest.raises(ThrottleRefusal):
        await other.ask("cost", "a", SLOW, 10)
    await budgets.close()
    await other.close()


async def test_a_charge_that_nobody_waits_for_any_more_is_told_all_the_same(shared):
    budgets = Budgets(RedisBuckets(*shared))
    asking = asyncio.create_task(budgets.ask("cost", "a", SLOW, 400))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    async with asyncio.timeout(5):
        while (await RedisBuckets(*shared).settle([Ask("a", SLOW, 0, 0)]))[0].level > 601:  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.01)
    await budgets.close()


class Wavering:
    """A Redis that does not answer the first who asks, and answers the second one a moment later."""

    def __init__(self) -> None:
        self.asked = 0
        self.second_came, self.first_failed = asyncio.Event(), asyncio.Event()

    async def settle(self, asks: list[Ask]) -> list[Settled]:
        self.asked += 1
        if self.asked == 1:
            await self.second_came.wait()
            self.first_failed.set()
            raise TimeoutError
        self.second_came.set()
        await self.first_failed.wait()
        return [Settled(granted=True, level=ask.rate.capacity - ask.wanted) for ask in asks]


async def test_whom_redis_does_not_answer_spends_by_what_is_known_here_though_others_are_answered():
    budgets = Budgets(Wavering())
    lost, answered = await asyncio.gather(budgets.ask("cost", "a", RATE, 50), budgets.ask("cost", "b", RATE, 50))
    assert (lost.taken, answered.taken) == (50, 50)
    await budgets.close()
