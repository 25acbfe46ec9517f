"""Two processes on one database, as two backends: what one writes, the followers of the other get."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hub.live.backend import Backend
from hub.live.brokers.redis import RedisBroker
from hub.store.connections import Overloaded
from tests.live.telling import FOREVER, Follower, begin, cursor, tell

OpenBackend = Callable[..., Awaitable[Backend]]


async def test_what_one_writes_the_followers_of_the_other_get(open_backend: OpenBackend):
    """By Redis, or, on one SQLite file, by the poll."""
    one, other = await open_backend(), await open_backend()
    stream = await begin(one.database)
    async with Follower(one, stream) as near, Follower(other, stream) as far:
        await near.until_caught_up()
        await far.until_caught_up()
        await asyncio.gather(*(tell((one, other)[n % 2], stream, n) for n in range(30)))
        assert await near.until_told(30) == await far.until_told(30) == ["CaughtUp", *range(1, 31)]
    assert [item.notice for item in near.items[1:]] == [item.notice for item in far.items[1:]]


async def test_a_cursor_from_one_process_is_good_in_another_that_has_not_heard_yet(open_backend: OpenBackend):
    one, other = await open_backend(), await open_backend(live_poll=FOREVER, broker_url="")
    stream = await begin(one.database)
    async with Follower(other, stream) as early:
        await early.until_caught_up()
        await tell(one, stream, 1, 2, 3)
        async with Follower(other, stream, await cursor(one, stream, 3)) as late:
            assert await late.until_caught_up() == ["CaughtUp"]
            await tell(one, stream, 4)
            other.relay.tell(stream)
            assert await late.until_told(4) == ["CaughtUp", 4]
            assert await early.until_told(4) == ["CaughtUp", 1, 2, 3, 4]


async def test_a_redis_that_is_away_costs_time_and_no_notice(open_backend: OpenBackend, settings):
    def lost() -> RedisBroker:
        return RedisBroker("redis://127.0.0.1:1/0", settings.broker_prefix)

    one, other = await open_backend(lost()), await open_backend(lost())
    stream = await begin(one.database)
    async with Follower(one, stream) as near, Follower(other, stream) as far:
        await near.until_caught_up()
        await far.until_caught_up()
        for n in range(1, 6):
            await tell(one, stream, n)
        assert await near.until_told(5) == await far.until_told(5) == ["CaughtUp", *range(1, 6)]


class TestByWakeUpsAlone:
    @pytest.fixture
    def form(self) -> str:
        from tests.conftest import BACKENDS

        if "scaled" not in BACKENDS:
            pytest.skip("needs Redis")
        return "scaled"

    @pytest.mark.parametrize("url", ["", "postgres"])
    async def test_the_broker_wakes_without_any_poll(self, open_backend: OpenBackend, url: str):
        """By Redis, and by the database."""
        changes = {"live_poll": FOREVER} | ({"broker_url": url} if url else {})
        one, other = await open_backend(**changes), await open_backend(**changes)
        stream = await begin(one.database)
        async with Follower(other, stream) as far:
            await far.until_caught_up()
            async with asyncio.timeout(10):
                while not far.seqs:  # until the subscription stands, wake-ups are lost
                    await tell(one, stream, 0)
                    await asyncio.sleep(0.01)
            (seq,) = await tell(one, stream, 1)
            assert await far.until_told(seq) == ["CaughtUp", *range(1, seq + 1)]


async def test_closing_writes_what_waits_in_the_lanes(open_backend: OpenBackend):
    backend = await open_backend()
    reader = await open_backend()
    await backend.database.write("create table words (word text)")

    async def write(_key: str, words: list[str]) -> list[str]:
        await backend.database.write("insert into words (word) select value from {any_text words}", {"words": words})
        return words

    lanes = backend.lanes("words", write, batch=2, queue=100)
    callers = [asyncio.create_task(lanes.put("one lane", str(n))) for n in range(20)]
    await asyncio.sleep(0)
    for caller in callers:
        caller.cancel()
    await asyncio.wait(callers)
    async with asyncio.timeout(5):
        await backend.close()
    assert await reader.database.fetch("select count(*) as n from words") == [{"n": 20}]


async def test_a_closed_backend_writes_nothing_more(open_backend: OpenBackend):
    backend = await open_backend()
    stream = await begin(backend.database)
    await backend.close()
    with pytest.raises(Overloaded):
        await tell(backend, stream, 1)


async def test_lanes_of_one_name_are_the_same_ones(open_backend: OpenBackend):
    async def write(_key: str, words: list[str]) -> list[str]:
        return words

    backend = await open_backend()
    lanes = backend.lanes("words", write, batch=1, queue=1)
    assert backend.lanes("words", write, batch=1, queue=1) is lanes
    assert backend.lanes("others", write, batch=1, queue=1) is not lanes
