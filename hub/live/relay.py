"""The relay: one process's view of the streams that its readers follow.

For each watched stream it reads the log after its own position, once, however many follow, and keeps the newest
notices in a bounded ring. A follower holds nothing but its own position: it takes from the ring, or, when it is
too far behind for that, from the log. So a slow reader costs no memory and delays nobody.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import islice
from typing import Any

import structlog

from hub import metrics
from hub.live import log
from hub.live.brokers.broker import Broker
from hub.live.log import Notice, Position
from hub.settings import Settings
from hub.store.database import Database

_log: Any = structlog.get_logger()


class Watch:
    """One stream that somebody follows: its position, its newest notices, and the bell that rings for new ones."""

    def __init__(self, stream_id: int, position: Position, ring: int) -> None:
        self.stream_id = stream_id
        self.epoch = position.epoch
        self.kept_from = position.kept_from
        self.seq = position.last_seq
        self.generation = 0
        self.stirred = 0
        self.ended = False
        self._ring: deque[Notice] = deque(maxlen=ring)
        self._capacity = ring
        self._bell = asyncio.Event()
        self._filling = asyncio.Lock()

    def take(self, notices: list[Notice]) -> None:
        if notices[0].seq != self.seq + 1:
            self._ring.clear()  # what lies between was pruned: who waits for it must not find a ring without it
        self._ring.extend(notices)
        self.seq = notices[-1].seq
        self.ring_bell()

    def restart(self, position: Position) -> None:
        """The stream is not the one that was followed: a restored database."""
        self._ring.clear()
        self.generation += 1
        self.epoch, self.kept_from, self.seq = position.epoch, position.kept_from, position.last_seq
        self.ring_bell()

    def end(self) -> None:
        """Nothing comes any more."""
        self.ended = True
        self.ring_bell()

    def ring_bell(self) -> None:
        """Something happened: news, a restart, the end, or a wake-up for what is no notice."""
        self.stirred += 1
        self._bell.set()
        self._bell = asyncio.Event()

    async def stir(self, seen: int) -> None:
        """Wait until something happens after the `stirred` that was seen."""
        while self.stirred == seen:
            await self._bell.wait()

    async def after(self, database: Database, seq: int, limit: int) -> list[Notice]:
        """The notices after a position, from the ring, else from the log: one read for all who come at once."""
        if (found := self._in_ring(seq, limit)) is not None:
            return found
        async with self._filling:
            if (found := self._in_ring(seq, limit)) is None:
                found = await log.read(database, self.stream_id, seq, limit)
                self._prepend(found)
            return found

    def _in_ring(self, seq: int, limit: int) -> list[Notice] | None:
        """None when the ring does not reach back that far."""
        if seq >= self.seq:
            return []
        if not self._ring or self._ring[0].seq > seq + 1:
            return None
        start = seq + 1 - self._ring[0].seq
        return list(islice(self._ring, start, start + limit))

    def _prepend(self, found: list[Notice]) -> None:
        """Keep what was read where it ends at the ring's beginning and fits: others lie as far behind."""
        begin = self._ring[0].seq if self._ring else self.seq + 1
        older = [notice for notice in found if notice.seq < begin]
        if older and older[-1].seq == begin - 1 and len(older) + len(self._ring) <= self._capacity:
            self._ring.extendleft(reversed(older))


class Relay:
    def __init__(self, database: Database, broker: Broker, settings: Settings) -> None:
        self._database = database
        self._broker = broker
        self._settings = settings
        self._watches: dict[int, Watch] = {}
        self._followers: Counter[int] = Counter()
        self._opening: dict[int, asyncio.Task[Watch | None]] = {}
        self._reading: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()
        self._bells: dict[int, Callable[[], None]] = {}
        self._poller: asyncio.Task[None] | None = None
        self._stopped = False

    async def start(self) -> None:
        await self._broker.listen(self._wake)
        self._poller = asyncio.create_task(self._poll())

    async def stop(self) -> None:
        """End all tasks, and with them what everybody follows."""
        self._stopped = True
        await self._broker.close()
        tasks = [*self._reading.values(), *self._opening.values(), *([self._poller] if self._poller else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for watch in self._watches.values():
            watch.end()

    def tell(self, *stream_ids: int) -> None:
        """Wake the readers of these streams, here and in other processes. Call it after the commit."""
        self._broker.publish(stream_ids)

    def hear(self, bell: int, ring: Callable[[], None]) -> None:
        """Call `ring` whenever anybody tells of `bell`, an id that no stream has."""
        self._bells[bell] = ring

    @property
    def watched(self) -> int:
        return len(self._watches)

    @asynccontextmanager
    async def watch(self, stream_id: int, since: Position | None = None) -> AsyncGenerator[Watch | None]:
        """Follow a stream while the block runs; None when there is no such stream.

        Who knows `since`, where the stream stood a moment ago, begins there and asks the database nothing.
        """
        # Counted before the stream is opened: who leaves meanwhile must neither keep it nor take it from others.
        self._followers[stream_id] += 1
        try:
            yield await self._open(stream_id, since)
        finally:
            self._followers[stream_id] -= 1
            if not self._followers[stream_id]:
                del self._followers[stream_id]
                if self._watches.pop(stream_id, None) is not None:
                    metrics.WATCHED.dec()

    async def _open(self, stream_id: int, since: Position | None) -> Watch | None:
        if self._stopped:
            return None
        if (watch := self._watches.get(stream_id)) is not None:
            return watch
        if since is not None and stream_id not in self._opening:
            watch = self._watches[stream_id] = Watch(stream_id, since, self._settings.live_queue)
            return watch
        if stream_id not in self._opening:
            self._opening[stream_id] = asyncio.create_task(self._begin(stream_id))
        # Shielded: others may be waiting for the same beginning.
        return await asyncio.shield(self._opening[stream_id])

    async def _begin(self, stream_id: int) -> Watch | None:
        try:
            position = (await log.positions(self._database, [stream_id])).get(stream_id)
        except asyncio.CancelledError:  # by `stop`, by nobody else
            return None
        finally:
            del self._opening[stream_id]
            woken = stream_id in self._again
            self._again.discard(stream_id)
        if position is None or stream_id not in self._followers:
            return None
        metrics.WATCHED.inc()
        watch = self._watches[stream_id] = Watch(stream_id, position, self._settings.live_queue)
        if woken:
            self._read(stream_id)
        return watch

    def _wake(self, stream_id: int) -> None:
        if stream_id in self._watches:
            self._read(stream_id)
        elif stream_id in self._opening:
            self._again.add(stream_id)
        elif (ring := self._bells.get(stream_id)) is not None:
            ring()

    def _read(self, stream_id: int) -> None:
        if stream_id in self._reading:
            self._again.add(stream_id)
            return
        task = asyncio.create_task(self._read_on(stream_id))
        self._reading[stream_id] = task
        task.add_done_callback(lambda done: self._read_done(stream_id, done))

    def _read_done(self, stream_id: int, task: asyncio.Task[None]) -> None:
        self._reading.pop(stream_id, None)
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            _log.warning("relay.read_failed", stream=stream_id, error=type(error).__name__)
        elif stream_id in self._again:
            self._again.discard(stream_id)
            self._wake(stream_id)

    async def _read_on(self, stream_id: int) -> None:
        while (watch := self._watches.get(stream_id)) is not None:
            self._again.discard(stream_id)
            limit = self._settings.live_replay
            notices = await log.read(self._database, stream_id, watch.seq, limit)
            if notices:
                watch.take(notices)
            else:
                watch.ring_bell()
            if len(notices) < limit and stream_id not in self._again:
                return

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._settings.live_poll)
            if not self._watches:
                continue
            with suppress(Exception):  # the database may be away; the next look is a second later
                await self._look()

    async def _look(self) -> None:
        before = {stream_id: watch.seq for stream_id, watch in self._watches.items()}
        for stream_id, position in (await log.positions(self._database, list(before))).items():
            watch = self._watches.get(stream_id)
            if watch is None:
                continue
            watch.kept_from = position.kept_from
            if position.epoch != watch.epoch or position.last_seq < before[stream_id]:
                watch.restart(position)
            elif position.last_seq > watch.seq:
                self._read(stream_id)
