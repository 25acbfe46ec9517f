"""Attempts: so many in any window, counted together by all processes, and alone while Redis is away."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from redis import asyncio as redis

from hub.limits.attempts import Attempts, Counted
from hub.limits.counting import BoundedStorage
from hub.refusals import ErrorCode, ThrottleRefusal

TEN = [Counted("account:mara", "10/hour")]


async def let_in(attempts: Attempts, counted=TEN) -> bool:
    try:
        await attempts.count("login", counted)
    except ThrottleRefusal as refusal:
        assert refusal.code is ErrorCode.RATE_LIMITED
        assert 0 < refusal.retry_after_ms <= 3_600_000
        return False
    return True


async def let_in_of(attempts: Attempts, times: int, counted=TEN) -> int:
    return sum(await asyncio.gather(*(let_in(attempts, counted) for _ in range(times))))


@given(st.lists(st.integers(0, 25), min_size=1, max_size=60))
def test_no_window_holds_more_than_the_limit(pauses):
    now = [0.0]
    storage = BoundedStorage(lambda: now[0])

    async def run() -> None:
        let: list[float] = []
        for pause in pauses:
            now[0] += pause
            begun, count = await storage.get_moving_window("a", 5, 60)
            room = await storage.acquire_entry("a", 5, 60)
            assert room is (count < 5)
            if room:
                let.append(now[0])
            else:
                assert begun > now[0] - 60
            assert sum(1 for at in let if at > now[0] - 60) <= 5

    asyncio.run(run())


async def test_a_flood_of_keys_is_not_kept():
    storage = BoundedStorage(most=100)
    for number in range(5_000):
        await storage.acquire_entry(f"k{number}", 5, 60)
    assert len(storage) == 100


async def test_the_first_that_is_full_refuses_and_the_rest_is_not_counted():
    attempts = Attempts()
    address, account = Counted("address:x", "3/hour"), Counted("account:mara", "5/hour")
    assert await let_in_of(attempts, 10, [address, account]) == 3
    assert await let_in_of(attempts, 10, [account]) == 2
    assert await let_in_of(attempts, 10, [Counted("account:otto", "1/minute; 5/hour")]) == 1


async def test_two_processes_count_together(shared):
    client, prefix = shared
    one, two = Attempts(prefix, client), Attempts(prefix, client)
    assert sum(await asyncio.gather(let_in_of(one, 20), let_in_of(two, 20))) == 10
    assert await let_in_of(Attempts(prefix, client), 5) == 0


async def test_nobody_reads_names_or_addresses_in_redis(shared):
    client, prefix = shared
    await let_in(Attempts(prefix, client), [Counted("account:mara@example.org", "10/hour")])
    (key,) = await client.keys(f"{prefix}*")
    assert b"mara" not in key


async def test_without_redis_each_goes_on_with_what_it_saw(shared, monkeypatch):
    monkeypatch.setattr("hub.limits.attempts._RETRY_SECONDS", 0)
    client, prefix = shared
    attempts = Attempts(prefix, client)
    assert await let_in_of(attempts, 4) == 4
    acquire = attempts._far.storage.acquire_entry

    async def away(*_: object, **__: object) -> bool:
        raise redis.ConnectionError("away")

    monkeypatch.setattr(attempts._far.storage, "acquire_entry", away)
    assert await let_in_of(attempts, 20) == 6
    monkeypatch.setattr(attempts._far.storage, "acquire_entry", acquire)
    assert await let_in_of(attempts, 5) == 0
    assert await let_in_of(Attempts(prefix, client), 20) == 6
