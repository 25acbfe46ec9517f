import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import pytest

from hub.live import feed, log
from hub.live.backend import Backend
from hub.live.brokers.memory import MemoryBroker
from hub.store.database import Database
from tests.live.telling import FOREVER, Follower, begin, tell, write

OpenBackend = Callable[..., Awaitable[Backend]]


class Slow:
    """Holds back the first look at a stream until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()
        self._positions = log.positions
        monkeypatch.setattr(log, "positions", self._held)

    async def _held(self, database: Database, streams: list[int]) -> dict[int, log.Position]:
        self.reached.set()
        await self.go_on.wait()
        return await self._positions(database, streams)


async def gone(backend: Backend) -> None:
    """Wait until nobody is followed and nothing is read."""
    async with asyncio.timeout(5):
        while backend.relay._reading or backend.relay._opening:
            await asyncio.wait([*backend.relay._reading.values(), *backend.relay._opening.values()])
    assert backend.relay.watched == 0


async def test_a_stream_is_watched_once_however_many_follow_and_no_longer_than_somebody_does(backend: Backend):
    stream = await begin(backend.database)
    async with Follower(backend, stream) as first:
        await first.until_caught_up()
        async with Follower(backend, stream) as second:
            await second.until_caught_up()
            assert backend.relay.watched == 1
        assert backend.relay.watched == 1
        await tell(backend, stream, 1)
        await first.until_told(1)
    await gone(backend)


async def test_when_all_have_left_no_task_is_left(open_backend: OpenBackend):
    backend = await open_backend()
    streams = [await begin(backend.database) for _ in range(5)]
    before = asyncio.all_tasks()
    followers = [Follower(backend, stream) for stream in streams for _ in range(10)]
    for follower in followers:
        await follower.__aenter__()
    for stream in streams:
        await tell(backend, stream, 1, 2)
    for follower in followers[::2]:
        await follower.until_caught_up()
    for follower in followers:
        await follower.leave()
    await gone(backend)
    async with asyncio.timeout(5):
        while left := asyncio.all_tasks() - before:
            await asyncio.wait(left)


async def test_who_leaves_while_the_stream_is_being_opened_leaves_nothing_behind(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
):
    stream = await begin(backend.database)
    slow = Slow(monkeypatch)
    async with Follower(backend, stream):
        await slow.reached.wait()
    slow.go_on.set()
    await gone(backend)


async def test_who_leaves_at_once_does_not_take_the_stream_from_who_came_with_him(
    open_backend: OpenBackend, monkeypatch: pytest.MonkeyPatch
):
    backend = await open_backend(live_poll=0.05)
    stream = await begin(backend.database)
    slow = Slow(monkeypatch)

    async def look_and_leave() -> None:
        async with aclosing(feed.follow(backend.relay, backend.database, stream, None, 10)) as items:
            await anext(items)

    leaving = asyncio.create_task(look_and_leave())
    await slow.reached.wait()
    async with Follower(backend, stream) as staying:
        await asyncio.sleep(0)
        slow.go_on.set()
        await leaving
        await staying.until_caught_up()
        assert backend.relay.watched == 1
        await tell(backend, stream, 1)
        assert await staying.until_told(1) == ["CaughtUp", 1]
    await gone(backend)


async def test_who_comes_back_while_the_last_look_is_under_way_is_served(open_backend: OpenBackend):
    backend = await open_backend(live_poll=FOREVER)
    stream = await begin(backend.database)
    for n in range(20):
        async with Follower(backend, stream) as follower:
            await follower.until_caught_up()
            await write(backend.database, stream, n)
            backend.relay.tell(stream)
            for _ in range(n % 5):
                await asyncio.sleep(0)
        async with Follower(backend, stream) as follower:
            await follower.until_caught_up()
            (seq,) = await tell(backend, stream, n)
            assert (await follower.until_told(seq))[-1] == seq
    await gone(backend)


async def test_a_wake_up_that_comes_while_the_log_is_being_read_is_not_lost(
    open_backend: OpenBackend, monkeypatch: pytest.MonkeyPatch
):
    backend = await open_backend(MemoryBroker(), live_poll=FOREVER)
    stream = await begin(backend.database)
    read, reads = log.read, 0

    async def late(database: Database, stream_id: int, after: int, limit: int) -> list[log.Notice]:
        nonlocal reads
        found = await read(database, stream_id, after, limit)
        reads += 1
        if reads < 4:
            await tell(backend, stream, reads)
        return found

    async with Follower(backend, stream) as follower:
        await follower.until_caught_up()
        monkeypatch.setattr(log, "read", late)
        await tell(backend, stream, 0)
        assert await follower.until_told(4) == ["CaughtUp", 1, 2, 3, 4]
    await gone(backend)


async def test_hundreds_who_come_and_go_at_any_moment_leave_nothing_behind(backend: Backend):
    streams = [await begin(backend.database) for _ in range(3)]

    async def come_and_go(n: int) -> None:
        async with Follower(backend, streams[n % 3]):
            for _ in range(n % 11):
                await asyncio.sleep(0)
            if n % 10 == 0:
                await tell(backend, streams[n % 3], n)

    async with asyncio.timeout(20):
        for start in range(0, 300, 30):
            await asyncio.gather(*(come_and_go(n) for n in range(start, start + 30)))
    await gone(backend)
    async with Follower(backend, streams[0]) as follower:
        await follower.until_caught_up()
        (seq,) = await tell(backend, streams[0], 1)
        await follower.until_told(seq)


async def test_a_database_that_fails_for_a_while_costs_time_and_no_notice(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
):
    stream = await begin(backend.database)
    read, failures = log.read, 0

    async def failing(database: Database, stream_id: int, after: int, limit: int) -> list[log.Notice]:
        nonlocal failures
        if failures < 3:
            failures += 1
            raise ConnectionError
        return await read(database, stream_id, after, limit)

    async with Follower(backend, stream) as follower:
        await follower.until_caught_up()
        monkeypatch.setattr(log, "read", failing)
        await tell(backend, stream, 1, 2)
        assert await follower.until_told(2) == ["CaughtUp", 1, 2]
    assert failures == 3


async def test_stopping_ends_every_task_and_every_follower(open_backend: OpenBackend, monkeypatch: pytest.MonkeyPatch):
    before = asyncio.all_tasks()
    backend = await open_backend()
    streams = [await begin(backend.database) for _ in range(3)]
    followers = [Follower(backend, stream) for stream in streams]
    for follower in followers[:2]:
        await follower.__aenter__()
        await follower.until_caught_up()
    slow = Slow(monkeypatch)
    await followers[2].__aenter__()
    await slow.reached.wait()
    backend.relay.tell(*streams)
    async with asyncio.timeout(5):
        await backend.relay.stop()
        tasks = {follower._task for follower in followers if follower._task}
        await asyncio.wait(tasks)
        # A statement that was cancelled is given up by tasks of the driver, which end by themselves.
        while left := asyncio.all_tasks() - before:
            await asyncio.wait(left)
    assert backend.relay.watched == 0
    backend.relay.tell(*streams)
    assert asyncio.all_tasks() - before == set()


async def test_a_stopped_relay_follows_nothing_more(open_backend: OpenBackend):
    backend = await open_backend()
    stream = await begin(backend.database)
    await backend.relay.stop()
    async with asyncio.timeout(5), aclosing(feed.follow(backend.relay, backend.database, stream, None, 9)) as items:
        assert [item async for item in items] == []


async def test_closing_a_backend_that_was_just_opened_does_not_wait(open_backend: OpenBackend):
    for turns in range(40):
        backend = await open_backend()
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await backend.close()
