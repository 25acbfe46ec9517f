"""One reader's way through a stream: what was missed, `CaughtUp`, then what comes, in order and once each.

`Resync` stands where the log cannot give what the cursor asks for: it was pruned, the stream has another epoch,
or the cursor is ahead of the log. The reader fetches anew and goes on from the position that it carries.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime

from hub.live import log
from hub.live.cursor import LiveCursor
from hub.live.log import Notice, Position
from hub.live.relay import Relay, Watch
from hub.store.database import Database
from hub.store.instants import now


@dataclass(frozen=True)
class Told:
    """A notice and the position after it."""

    cursor: LiveCursor
    notice: Notice

    @property
    def at(self) -> datetime:
        return self.notice.at


@dataclass(frozen=True)
class CaughtUp:
    cursor: LiveCursor
    at: datetime
    replayed: int


@dataclass(frozen=True)
class Resync:
    cursor: LiveCursor
    at: datetime
    reason: str


@dataclass(frozen=True)
class Burst:
    """Many notices in place of each of them, for readers that asked for that; `cursor` is the last one's."""

    cursor: LiveCursor
    at: datetime
    notices: tuple[Notice, ...]


@dataclass(frozen=True)
class Tallied:
    """Something that is counted beside the stream may have changed."""

    cursor: LiveCursor
    at: datetime


@dataclass(frozen=True)
class Heartbeat:
    """Nothing happened for a while; the cursor has passed what the reader may not see."""

    cursor: LiveCursor
    at: datetime


@dataclass(frozen=True)
class ReconnectAdvice:
    """This process goes away soon: come back after `after_ms` and up to `jitter_ms` more."""

    cursor: LiveCursor
    at: datetime
    after_ms: int
    jitter_ms: int


@dataclass(frozen=True)
class AccessChanged:
    """The reader may see or do other things than before. Said to each for itself: no log row tells it."""

    cursor: LiveCursor
    at: datetime


Item = Told | CaughtUp | Resync | Burst | Tallied | Heartbeat | ReconnectAdvice | AccessChanged


@dataclass(frozen=True)
class Changes:
    """A page of the same for those who poll."""

    items: list[Item]
    end: LiveCursor
    has_more: bool


class Walk:
    """Where one reader stands. It holds a position and nothing else, so a slow one costs no memory."""

    def __init__(
        self, database: Database, watch: Watch, after: LiveCursor | None, batch: int, *, quiet: bool = False
    ) -> None:
        """`quiet` leaves out the `CaughtUp` that the reader had already."""
        self._database = database
        self._watch = watch
        self._batch = batch
        self._unchecked = after
        self._generation = watch.generation
        self._until: int | None = None if quiet else watch.seq
        self._replayed = 0
        self.position = after or _end(watch)

    @property
    def at_end(self) -> bool:
        """Whether `step` would give nothing now."""
        return (
            self._unchecked is None
            and self._until is None
            and self._generation == self._watch.generation
            and self.position.seq >= self._watch.seq
        )

    async def step(self) -> list[Item]:
        """What comes next, nothing when there is nothing yet."""
        if self._unchecked is not None:
            after, self._unchecked = self._unchecked, None
            reason = await self._cannot_reach(after)
            self._generation = self._watch.generation
            self._until = None if self._until is None else self._watch.seq
            if reason:
                return [self._resync(reason)]
        if self._generation != self._watch.generation:
            return [self._resync(_RESTORED)]
        if self.position.seq < self._watch.seq and not self._caught_up:
            return await self._pass()
        if self._until is not None:
            self._until = None
            return [CaughtUp(self.position, now(), self._replayed)]
        return await self._pass() if self.position.seq < self._watch.seq else []

    def skip(self, cursor: LiveCursor) -> None:
        """Pass what was given to the reader by another way."""
        self.position = cursor

    def skip_all(self, reason: str) -> Resync:
        """Give up what lies between here and the end of the stream."""
        return self._resync(reason)

    @property
    def behind(self) -> int:
        return self._watch.seq - self.position.seq

    @property
    def _caught_up(self) -> bool:
        return self._until is None or self.position.seq >= self._until

    async def _pass(self) -> list[Item]:
        notices = await _next(self._database, self._watch, self.position.seq, self._batch)
        if not notices:
            return [self._resync(_PRUNED)]
        items: list[Item] = [Told(self.position.at(notice.seq), notice) for notice in notices]
        self.position = items[-1].cursor
        self._replayed += len(notices)
        return items

    def _resync(self, reason: str) -> Resync:
        self._generation = self._watch.generation
        self.position = _end(self._watch)
        return Resync(self.position, now(), reason)

    async def _cannot_reach(self, after: LiveCursor) -> str | None:
        watch = self._watch
        if after.epoch == watch.epoch and watch.kept_from <= after.seq + 1 <= watch.seq + 1:
            return None
        # Another process may have handed out this cursor before our wake-up came: the database knows.
        here = (await log.positions(self._database, [watch.stream_id]))[watch.stream_id]
        if here.epoch != watch.epoch:
            watch.restart(here)
        return _unreachable(after, here)


async def follow(
    relay: Relay, database: Database, stream_id: int, after: LiveCursor | None, batch: int
) -> AsyncGenerator[Item]:
    """Everything after the cursor, for as long as it is read; without one everything from now on."""
    async with relay.watch(stream_id) as watch:
        if watch is None:
            return
        walk = Walk(database, watch, after, batch)
        while not watch.ended:
            seen = watch.stirred
            items = await walk.step()
            for item in items:
                yield item
            if not items:
                await watch.stir(seen)


async def changes(database: Database, stream_id: int, after: LiveCursor, first: int) -> Changes:
    """At most `first` notices after the cursor, or a Resync, as `follow` would give them."""
    here = (await log.positions(database, [stream_id]))[stream_id]
    end = LiveCursor(stream_id, here.epoch, here.last_seq)
    if reason := _unreachable(after, here):
        return Changes([Resync(end, now(), reason)], end, has_more=False)
    notices = await log.read(database, stream_id, after.seq, first)
    if after.seq < here.last_seq and not _continues(notices, after.seq):
        return Changes([Resync(end, now(), _PRUNED)], end, has_more=False)
    items: list[Item] = [Told(after.at(notice.seq), notice) for notice in notices]
    last = after.at(notices[-1].seq) if notices else after
    return Changes(items, last, has_more=last.seq < here.last_seq)


_PRUNED = "The log no longer reaches back to this cursor."
_RESTORED = "The stream was begun anew."
_AHEAD = "The cursor is ahead of the log."


def _end(watch: Watch) -> LiveCursor:
    return LiveCursor(watch.stream_id, watch.epoch, watch.seq)


def _unreachable(after: LiveCursor, here: Position) -> str | None:
    if after.epoch != here.epoch:
        return _RESTORED
    if after.seq > here.last_seq:
        return _AHEAD
    if after.seq + 1 < here.kept_from:
        return _PRUNED
    return None


async def _next(database: Database, watch: Watch, seq: int, batch: int) -> list[Notice]:
    """What follows a position: from the ring, else from the log. Empty means that it was pruned meanwhile."""
    notices = await watch.after(database, seq, batch)
    return notices if _continues(notices, seq) else []


def _continues(notices: list[Notice], seq: int) -> bool:
    return bool(notices) and notices[0].seq == seq + 1
