"""What a follower gets: everything after its cursor, in order, once, with `CaughtUp` and `Resync` in their places."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, aclosing
from datetime import timedelta
from typing import Any

import pytest

from hub.live import feed, log
from hub.live.backend import Backend
from hub.live.brokers.memory import MemoryBroker
from hub.live.cursor import LiveCursor
from hub.live.feed import CaughtUp, Changes, Item, Resync, Told
from hub.store.database import Database
from hub.store.instants import now
from tests.live.telling import FOREVER, Follower, begin, cursor, seqs_in, shape, tell, write

OpenBackend = Callable[..., Awaitable[Backend]]


class Deaf:
    """A broker that loses every wake-up."""

    async def listen(self, wake: Callable[[int], None]) -> None: ...
    def publish(self, stream_ids: Iterable[int]) -> None: ...
    async def ready(self) -> None: ...
    async def close(self) -> None: ...


class Stutter:
    """A broker that wakes many times, and for streams that nobody asked for."""

    async def listen(self, wake: Callable[[int], None]) -> None:
        self._wake = wake

    def publish(self, stream_ids: Iterable[int]) -> None:
        for stream_id in [*stream_ids, 12345]:
            for _ in range(5):
                self._wake(stream_id)
                asyncio.get_running_loop().call_soon(self._wake, stream_id)

    async def ready(self) -> None: ...
    async def close(self) -> None: ...


async def prune(database: Database, keep: int) -> None:
    await log.prune(database, keep=keep, before=now() - timedelta(days=90))


async def restore(database: Database, stream: int, last_seq: int) -> None:
    """What a database looks like that was set back to an older state."""
    await database.write("delete from log where stream_id = :id and seq > :seq", {"id": stream, "seq": last_seq})
    await database.write("update streams set last_seq = :seq where id = :id", {"id": stream, "seq": last_seq})


async def test_without_a_cursor_it_begins_with_what_comes(backend: Backend):
    stream = await begin(backend.database)
    await write(backend.database, stream, 1, 2)
    async with Follower(backend, stream) as follower:
        assert await follower.until_caught_up() == ["CaughtUp"]
        await tell(backend, stream, 3)
        await tell(backend, stream, 4, 5)
        assert await follower.until_told(5) == ["CaughtUp", 3, 4, 5]


async def test_after_a_cursor_comes_what_was_missed_then_caught_up_then_what_comes(backend: Backend):
    stream = await begin(backend.database)
    await write(backend.database, stream, *range(5))
    async with Follower(backend, stream, await cursor(backend, stream, 2)) as follower:
        assert await follower.until_caught_up() == [3, 4, 5, "CaughtUp"]
        await tell(backend, stream, 6)
        assert await follower.until_told(6) == [3, 4, 5, "CaughtUp", 6]


async def test_each_item_carries_the_position_after_it(backend: Backend):
    stream = await begin(backend.database)
    await write(backend.database, stream, 10, 20)
    after = await cursor(backend, stream, 0)
    async with Follower(backend, stream, after) as follower:
        await follower.until_caught_up()
        await tell(backend, stream, 30)
        await follower.until_told(3)
    assert [item.cursor for item in follower.items] == [after.at(seq) for seq in (1, 2, 2, 3)]
    one, two, caught_up, three = follower.items
    assert [item.notice.ref_id for item in (one, two, three) if isinstance(item, Told)] == [10, 20, 30]
    assert isinstance(caught_up, CaughtUp)
    assert caught_up.replayed == 2


async def test_at_the_end_nothing_is_replayed(backend: Backend):
    stream = await begin(backend.database)
    await write(backend.database, stream, 1)
    async with Follower(backend, stream, await cursor(backend, stream, 1)) as follower:
        assert await follower.until_caught_up() == ["CaughtUp"]
    assert isinstance(follower.items[0], CaughtUp)
    assert (follower.items[0].cursor.seq, follower.items[0].replayed) == (1, 0)


async def test_a_stream_that_is_not_there_ends_at_once(backend: Backend):
    async with aclosing(feed.follow(backend.relay, backend.database, 5, None, 10)) as items:
        assert [item async for item in items] == []
    assert backend.relay.watched == 0


async def test_streams_do_not_mix(backend: Backend):
    one, other = await begin(backend.database), await begin(backend.database)
    async with Follower(backend, one) as follower, Follower(backend, other) as neighbour:
        await follower.until_caught_up()
        await neighbour.until_caught_up()
        await tell(backend, one, 1)
        await tell(backend, other, 2)
        await follower.until_told(1)
        await neighbour.until_told(1)
        notices = [item.notice for item in follower.items + neighbour.items if isinstance(item, Told)]
        assert [(notice.stream_id, notice.ref_id) for notice in notices] == [(one, 1), (other, 2)]


@pytest.mark.parametrize("batch", [1, 3, 100])
async def test_a_long_replay_is_read_in_batches(open_backend: OpenBackend, batch: int):
    backend = await open_backend(live_replay=batch)
    stream = await begin(backend.database)
    await write(backend.database, stream, *range(20))
    async with Follower(backend, stream, await cursor(backend, stream, 4), batch=batch) as follower:
        assert await follower.until_caught_up() == [*range(5, 21), "CaughtUp"]
        await tell(backend, stream, *range(20))
        assert (await follower.until_told(40))[17:] == list(range(21, 41))


async def test_a_follower_far_behind_the_ring_reads_the_log(open_backend: OpenBackend):
    backend = await open_backend(live_queue=3, live_replay=4)
    stream = await begin(backend.database)
    items = feed.follow(backend.relay, backend.database, stream, None, 4)
    async with aclosing(items), Follower(backend, stream) as quick, asyncio.timeout(10):
        assert isinstance(await anext(items), CaughtUp)
        await quick.until_caught_up()
        for n in range(1, 31):
            await tell(backend, stream, n)
            await quick.until_told(n)
        slow = [await anext(items) for _ in range(30)]
    assert shape(slow) == quick.seqs == list(range(1, 31))


async def test_the_ring_spares_the_database_one_read_for_each_follower(open_backend: OpenBackend):
    backend = await open_backend(MemoryBroker(), live_poll=FOREVER)
    stream = await begin(backend.database)
    async with backend.database.watching() as sent, AsyncExitStack() as stack:
        followers = [await stack.enter_async_context(Follower(backend, stream)) for _ in range(50)]
        for follower in followers:
            await follower.until_caught_up()
        assert len(sent.statements) == 1
        await write(backend.database, stream, 1)
        sent.statements.clear()
        backend.relay.tell(stream)
        for follower in followers:
            await follower.until_told(1)
        assert len(sent.statements) == 1


async def test_a_wake_up_that_never_comes_is_caught_by_the_poll(open_backend: OpenBackend):
    backend = await open_backend(Deaf())
    stream = await begin(backend.database)
    async with Follower(backend, stream) as follower:
        await follower.until_caught_up()
        for n in range(1, 4):
            await tell(backend, stream, n)
            await follower.until_told(n)
        assert follower.shape == ["CaughtUp", 1, 2, 3]


async def test_without_any_poll_wake_ups_are_enough(open_backend: OpenBackend):
    backend = await open_backend(live_poll=FOREVER)
    stream = await begin(backend.database)
    async with Follower(backend, stream) as follower:
        await follower.until_caught_up()
        await asyncio.gather(*(tell(backend, stream, n) for n in range(40)))
        assert await follower.until_told(40) == ["CaughtUp", *range(1, 41)]


async def test_doubled_wake_ups_change_nothing(open_backend: OpenBackend):
    backend = await open_backend(Stutter())
    stream = await begin(backend.database)
    async with Follower(backend, stream) as follower:
        await follower.until_caught_up()
        for n in range(1, 21):
            await tell(backend, stream, n)
        assert await follower.until_told(20) == ["CaughtUp", *range(1, 21)]


@pytest.mark.parametrize("live_queue", [2, 1_000], ids=["small ring", "large ring"])
async def test_whoever_comes_while_others_write_gets_everything_once_in_order(
    open_backend: OpenBackend, live_queue: int
):
    chance = random.Random(live_queue)
    backend = await open_backend(live_queue=live_queue, live_replay=3)
    stream = await begin(backend.database)
    followers: list[tuple[int | None, Follower]] = []
    total = 60

    async def write_on() -> None:
        written = 0
        while written < total:
            many = min(chance.randint(1, 3), total - written)
            await tell(backend, stream, *range(many))
            written += many
            await asyncio.sleep(chance.choice([0, 0, 0.001]))

    async def come_by() -> None:
        for _ in range(25):
            for _ in range(chance.randrange(6)):
                await asyncio.sleep(0)
            here = (await seqs_in(backend.database, stream) or [0])[-1]
            after = chance.choice([None, 0, here, chance.randint(0, here)])
            position = await cursor(backend, stream, after) if after is not None else None
            follower = Follower(backend, stream, position, batch=chance.choice([1, 3, 50]))
            followers.append((after, follower))
            await follower.__aenter__()
            if chance.random() < 0.3:
                await chance.choice(followers)[1].leave()

    await asyncio.gather(write_on(), come_by())
    final = (await tell(backend, stream, 0))[-1]
    for after, follower in followers:
        if follower._task is None or follower._task.done():
            seqs = follower.seqs
        else:
            await follower.until_told(final)
            seqs = follower.seqs
            assert seqs[-1] == final
            caught_up = [item for item in follower.items if isinstance(item, CaughtUp)]
            assert len(caught_up) == 1
            first = after + 1 if after is not None else caught_up[0].cursor.seq + 1
            assert seqs[0] == first
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs))) if seqs else True
        assert "Resync" not in follower.shape
        await follower.leave()
    assert backend.relay.watched == 0


async def test_what_is_written_while_the_stream_is_being_opened_is_not_left_to_the_poll(
    open_backend: OpenBackend, monkeypatch: pytest.MonkeyPatch
):
    backend = await open_backend(live_poll=FOREVER)
    stream = await begin(backend.database)
    positions = log.positions

    async def late(database: Database, streams: list[int]) -> dict[int, Any]:
        found = await positions(database, streams)
        if stream in streams and found[stream].last_seq == 0:
            await tell(backend, stream, 1)
        return found

    monkeypatch.setattr(log, "positions", late)
    async with Follower(backend, stream) as follower:
        assert await follower.until_told(1) == ["CaughtUp", 1]


RESYNCS: dict[str, Any] = {
    "another epoch": (lambda here: LiveCursor(here.stream_id, here.epoch + 1, 2), "The stream was begun anew."),
    "ahead of the log": (lambda here: here.at(99), "The cursor is ahead of the log."),
    "pruned": (lambda here: here.at(3), "The log no longer reaches back to this cursor."),
}


@pytest.mark.parametrize("why", RESYNCS)
async def test_a_cursor_that_the_log_cannot_serve_gets_a_resync_and_goes_on_from_now(backend: Backend, why: str):
    stream = await begin(backend.database)
    await write(backend.database, stream, *range(10))
    await prune(backend.database, keep=6)
    make, reason = RESYNCS[why]
    after = make(await cursor(backend, stream, 0))
    async with Follower(backend, stream, after) as follower:
        assert await follower.until_caught_up() == ["Resync", "CaughtUp"]
        await tell(backend, stream, 0)
        assert await follower.until_told(11) == ["Resync", "CaughtUp", 11]
    resync = follower.items[0]
    assert isinstance(resync, Resync)
    assert (resync.reason, resync.cursor) == (reason, await cursor(backend, stream, 10))
    polled = await feed.changes(backend.database, stream, after, 100)
    assert [(item.reason, item.cursor) for item in polled.items if isinstance(item, Resync)] == [(reason, polled.end)]
    assert polled.end == await cursor(backend, stream, 11)
    assert not polled.has_more


async def test_the_oldest_cursor_that_the_log_reaches_is_served(backend: Backend):
    stream = await begin(backend.database)
    await write(backend.database, stream, *range(10))
    await prune(backend.database, keep=6)
    async with Follower(backend, stream, await cursor(backend, stream, 4)) as follower:
        assert await follower.until_caught_up() == [5, 6, 7, 8, 9, 10, "CaughtUp"]


async def test_pruning_that_a_watch_has_not_heard_of_gives_a_resync_before_caught_up(open_backend: OpenBackend):
    backend = await open_backend(live_poll=FOREVER)
    stream = await begin(backend.database)
    await write(backend.database, stream, *range(10))
    async with Follower(backend, stream) as first:
        await first.until_caught_up()
        await prune(backend.database, keep=3)
        async with Follower(backend, stream, await cursor(backend, stream, 2)) as late:
            assert await late.until_caught_up() == ["Resync", "CaughtUp"]
            await tell(backend, stream, 0)
            assert await late.until_told(11) == ["Resync", "CaughtUp", 11]


async def test_a_slow_reader_that_was_pruned_away_gets_a_resync_and_no_gap(open_backend: OpenBackend):
    backend = await open_backend(live_queue=3)
    stream = await begin(backend.database)
    items = feed.follow(backend.relay, backend.database, stream, None, 3)
    async with aclosing(items), Follower(backend, stream) as quick, asyncio.timeout(10):
        await anext(items)
        await quick.until_caught_up()
        for n in range(1, 21):
            await tell(backend, stream, n)
            await quick.until_told(n)
        await prune(backend.database, keep=5)
        resync = await anext(items)
        assert isinstance(resync, Resync)
        assert resync.cursor.seq == 20
        await tell(backend, stream, 0)
        told = await anext(items)
    assert shape([told]) == [21]


async def test_a_replay_that_is_pruned_away_halfway_gets_a_resync_and_no_gap(open_backend: OpenBackend):
    backend = await open_backend(live_poll=FOREVER)
    stream = await begin(backend.database)
    await write(backend.database, stream, *range(20))
    items = feed.follow(backend.relay, backend.database, stream, await cursor(backend, stream, 0), 4)
    async with aclosing(items), asyncio.timeout(10):
        got = [await anext(items) for _ in range(4)]
        await prune(backend.database, keep=5)
        got += [await anext(items) for _ in range(2)]
    assert shape(got) == [1, 2, 3, 4, "Resync", "CaughtUp"]


async def test_notices_pruned_before_this_process_read_them_are_a_resync_and_no_gap(open_backend: OpenBackend):
    """The ring holds what was read last and what is new; between them lies what nobody can give any more."""
    backend = await open_backend(MemoryBroker(), live_poll=FOREVER)
    stream = await begin(backend.database)
    async with Follower(backend, stream) as follower:
        await follower.until_caught_up()
        await tell(backend, stream, 1)
        await follower.until_told(1)
        await write(backend.database, stream, *range(2, 11))
        await prune(backend.database, keep=3)
        backend.relay.tell(stream)
        assert await follower.until_resync() == ["CaughtUp", 1, "Resync"]
        await tell(backend, stream, 11)
        assert await follower.until_told(11) == ["CaughtUp", 1, "Resync", 11]


async def test_a_restored_database_gives_a_resync_to_who_follows(backend: Backend):
    stream = await begin(backend.database)
    await write(backend.database, stream, *range(10))
    async with Follower(backend, stream, await cursor(backend, stream, 8)) as follower:
        await follower.until_caught_up()
        await restore(backend.database, stream, 4)
        assert await follower.until_resync() == [9, 10, "CaughtUp", "Resync"]
        await tell(backend, stream, 0)
        assert await follower.until_many(5) == [9, 10, "CaughtUp", "Resync", 5]
    assert [item.cursor.seq for item in follower.items] == [9, 10, 10, 4, 5]


async def test_a_stream_begun_anew_gives_a_resync_of_the_new_epoch(backend: Backend):
    stream = await begin(backend.database)
    await write(backend.database, stream, *range(3))
    async with Follower(backend, stream) as follower:
        await follower.until_caught_up()
        await backend.database.write("update streams set epoch = 77, last_seq = 50 where id = :id", {"id": stream})
        await follower.until_resync()
        await tell(backend, stream, 0)
        assert await follower.until_told(51) == ["CaughtUp", "Resync", 51]
    assert [item.cursor for item in follower.items[1:]] == [LiveCursor(stream, 77, 50), LiveCursor(stream, 77, 51)]


async def test_a_cursor_of_the_new_epoch_hears_nothing_of_the_old_one(open_backend: OpenBackend):
    """Somebody follows the stream still, and this process has not looked at it since it was begun anew."""
    backend = await open_backend(live_poll=FOREVER)
    stream = await begin(backend.database)
    async with Follower(backend, stream) as old:
        await old.until_caught_up()
        await tell(backend, stream, *range(10))
        await old.until_told(10)
        await restore(backend.database, stream, 5)
        await backend.database.write("update streams set epoch = 77 where id = :id", {"id": stream})
        async with Follower(backend, stream, LiveCursor(stream, 77, 5)) as new:
            assert await new.until_caught_up() == ["CaughtUp"]
            await tell(backend, stream, 0)
            assert await new.until_told(6) == ["CaughtUp", 6]
        assert await old.until_many(13) == ["CaughtUp", *range(1, 11), "Resync", 6]


async def polled(database: Database, after: LiveCursor, first: int) -> tuple[list[Item], list[Changes]]:
    """All pages of `changes` after a cursor."""
    items, pages = [], []
    while True:
        page = await feed.changes(database, after.stream_id, after, first)
        items += page.items
        pages.append(page)
        after = page.end
        if not page.has_more:
            return items, pages


@pytest.mark.parametrize("first", [1, 3, 7, 100])
async def test_who_polls_gets_what_a_follower_gets(backend: Backend, first: int):
    stream = await begin(backend.database)
    await write(backend.database, stream, *range(14))
    await prune(backend.database, keep=12)
    for after in range(1, 16):
        position = await cursor(backend, stream, after)
        items, pages = await polled(backend.database, position, first)
        async with Follower(backend, stream, position) as follower:
            await follower.until_caught_up()
            followed = [item for item in follower.items if not isinstance(item, CaughtUp)]
        assert [type(item) for item in items] == [type(item) for item in followed]
        assert [item.cursor for item in items] == [item.cursor for item in followed]
        assert [i.notice for i in items if isinstance(i, Told)] == [i.notice for i in followed if isinstance(i, Told)]
        assert all(len(page.items) <= first for page in pages)
        assert pages[-1].end == (await cursor(backend, stream, 14))


async def test_what_is_pruned_while_somebody_polls_is_a_resync_and_no_gap(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
):
    stream = await begin(backend.database)
    await write(backend.database, stream, *range(10))
    after = await cursor(backend, stream, 2)
    positions = log.positions

    async def then_prune(database: Database, streams: list[int]) -> dict[int, Any]:
        found = await positions(database, streams)
        await prune(database, keep=3)
        return found

    monkeypatch.setattr(log, "positions", then_prune)
    page = await feed.changes(backend.database, stream, after, 100)
    assert shape(page.items) == ["Resync"]
    assert page.end == after.at(10)
    assert not page.has_more
