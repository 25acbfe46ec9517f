"""When a group says what: notices as they come or bundled, and the changes that are no notices."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from hub.live.cursor import LiveCursor
from hub.live.feed import Burst, Heartbeat, Item, Tallied, Told
from hub.store.instants import now

_SECOND = 1.0


@dataclass(frozen=True)
class Wishes:
    """What only some readers ask for. `bundled` are the kinds of notices that `per_second` counts."""

    per_second: int | None = None
    bundled: frozenset[str] = frozenset()
    tallies: bool = False
    heartbeats: bool = False
    advice: bool = False


class Pace:
    """Seconds between two `Tallied` and between two signs of life are handed in."""

    def __init__(self, wishes: Wishes, tally_interval: float, heartbeat: float) -> None:
        self._wishes = wishes
        self._tally_interval = tally_interval
        self._heartbeat = heartbeat
        self._clock = asyncio.get_running_loop().time
        self._begun = self._said_at = self._clock()
        self._sent = 0
        self._waiting: list[Told] = []
        self._tally_at: float | None = None
        self._tallied_at = self._clock() - tally_interval

    def take(self, news: Iterable[Told]) -> list[Item]:
        """What to send now, in order; the rest waits for its second to pass."""
        given: list[Item] = []
        for told in news:
            if self._wishes.per_second is None or told.notice.kind not in self._wishes.bundled:
                given += [*self._bundle(), told]
            elif self._has_room():
                given.append(told)
            else:
                self._waiting.append(told)
        return given

    def stirred(self) -> None:
        """Something happened on the stream: what is counted beside it may have changed."""
        if self._wishes.tallies and self._tally_at is None:
            self._tally_at = max(self._clock(), self._tallied_at + self._tally_interval)

    def ripe(self, position: LiveCursor) -> list[Item]:
        """What became due by the clock."""
        moment = self._clock()
        given: list[Item] = []
        if self._waiting and moment >= self._begun + _SECOND:
            given += self._bundle()
        if self._tally_at is not None and moment >= self._tally_at:
            self._tally_at, self._tallied_at = None, moment
            given.append(Tallied(position, now()))
        if self._wishes.heartbeats and not given and moment >= self._said_at + self._heartbeat:
            given.append(Heartbeat(position, now()))
        return given

    def said(self) -> None:
        self._said_at = self._clock()

    def due(self) -> float | None:
        """When, by the loop's clock, to ask `ripe` again."""
        moments = [self._tally_at]
        moments += [self._begun + _SECOND] if self._waiting else []
        moments += [self._said_at + self._heartbeat] if self._wishes.heartbeats else []
        return min((moment for moment in moments if moment is not None), default=None)

    def _has_room(self) -> bool:
        if not self._waiting and self._clock() >= self._begun + _SECOND:
            self._begun, self._sent = self._clock(), 0
        if self._waiting or self._sent >= (self._wishes.per_second or 0):
            return False
        self._sent += 1
        return True

    def _bundle(self) -> list[Item]:
        """One that waited goes as it is, several as one burst."""
        waited, self._waiting = self._waiting, []
        if not waited:
            return []
        self._begun, self._sent = self._clock(), 1
        if len(waited) == 1:
            return [*waited]
        return [Burst(waited[-1].cursor, waited[-1].notice.at, tuple(told.notice for told in waited))]
