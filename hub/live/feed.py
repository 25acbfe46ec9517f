"""The feed of one reader: what was missed, `CaughtUp`, then what comes, in order and once each.

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


Item = Told | CaughtUp | Resync


@dataclass(frozen=True)
class Changes:
    """A page of the same for those who poll."""

    items: list[Item]
    end: LiveCursor
    has_more: bool


async def follow(
    relay: Relay, database: Database, stream_id: int, after: LiveCursor | None, batch: int
) -> AsyncGenerator[Item]:
    """Everything after the cursor, for as long as it is read; without one everything from now on."""
    async with relay.watch(stream_id) as watch:
        if watch is None:
            return
        position = after or _end(watch)
        if after is not None and (reason := await _cannot_reach(database, watch, after)):
            position = _end(watch)
            yield Resync(position, now(), reason)
        generation, caught_up_at, replayed = watch.generation, watch.seq, 0
        while position.seq < caught_up_at:
            notices = await _next(database, watch, position.seq, batch)
            if not notices:
                position = _end(watch)
                yield Resync(position, now(), _PRUNED)
            for notice in notices:
                position = position.at(notice.seq)
                yield Told(position, notice)
            replayed += len(notices)
        yield CaughtUp(position, now(), replayed)
        while True:
            await watch.changed(position.seq, generation)
            if watch.ended:
                return
            if generation != watch.generation:
                generation, position = watch.generation, _end(watch)
                yield Resync(position, now(), _RESTORED)
                continue
            notices = await _next(database, watch, position.seq, batch)
            if not notices:
                position = _end(watch)
                yield Resync(position, now(), _PRUNED)
            for notice in notices:
                position = position.at(notice.seq)
                yield Told(position, notice)


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


async def _cannot_reach(database: Database, watch: Watch, after: LiveCursor) -> str | None:
    if after.epoch == watch.epoch and watch.kept_from <= after.seq + 1 <= watch.seq + 1:
        return None
    # Another process may have handed out this cursor before our wake-up came: the database knows.
    here = (await log.positions(database, [watch.stream_id]))[watch.stream_id]
    if here.epoch != watch.epoch:
        watch.restart(here)
    return _unreachable(after, here)


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
    notices = watch.after(seq)
    if notices is None:
        notices = await log.read(database, watch.stream_id, seq, batch)
    return notices if _continues(notices, seq) else []


def _continues(notices: list[Notice], seq: int) -> bool:
    return bool(notices) and notices[0].seq == seq + 1
