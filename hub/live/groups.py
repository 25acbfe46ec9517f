"""Groups: one execution and one encoded body for all who follow a stream in the same way.

A group is handed the function that turns items into bodies. Who catches up walks by itself and shares the bodies;
who has caught up is a *member*: the group's one pump hands each body to all members in turn, without a task
switch. A member whose sink is full goes back to walking from its own place, so it holds up nobody.
"""

import asyncio
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from hub import metrics
from hub.live.bodies import Bodies, Render, Rendered
from hub.live.cursor import LiveCursor
from hub.live.feed import Burst, CaughtUp, Item, ReconnectAdvice, Resync, Told, Walk
from hub.live.pace import Pace, Wishes
from hub.live.relay import Relay, Watch
from hub.refusals import ThrottleRefusal
from hub.settings import Settings
from hub.store.database import Database
from hub.store.instants import now

_log: Any = structlog.get_logger()
_AT_ONCE = 50
_TURN = 250
_RETRY_SECONDS = 0.5
_SLOW = "The reader was too slow."


@dataclass(frozen=True, slots=True)
class Delivery:
    """An encoded answer, and the position after it where there is one."""

    body: bytes
    cursor: LiveCursor | None = None


class Sink(Protocol):
    """Where the answers of one subscription go."""

    def offer(self, delivery: Delivery) -> bool:
        """Take it at once; False when it would have to wait."""
        ...

    async def put(self, delivery: Delivery) -> None:
        """Take it as soon as there is room."""
        ...


class Moved(Exception):
    """Who may see the stream changed: look again before going on."""


class TooSlow(Exception):
    """The reader fell too far behind, and the settings say that it is to go."""


class Place:
    """How far one subscription has come; it outlives a change of group."""

    __slots__ = ("caught_up", "cursor")

    def __init__(self, cursor: LiveCursor | None) -> None:
        self.cursor = cursor
        self.caught_up = False


class _Member:
    __slots__ = ("left", "place", "problem", "sink")

    def __init__(self, place: Place, sink: Sink) -> None:
        self.place = place
        self.sink = sink
        self.problem: Exception | None = None
        # Done when it is no member any more: True when nothing comes after, else it walks on.
        self.left: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def release(self, *, ended: bool = False, problem: Exception | None = None) -> None:
        if not self.left.done():
            self.problem = problem
            self.left.set_result(ended)


class Group:
    def __init__(self, database: Database, watch: Watch, render: Render, wishes: Wishes, settings: Settings) -> None:
        self._database = database
        self._watch = watch
        self._wishes = wishes
        self._settings = settings
        self._bodies = Bodies(render, settings.live_queue, settings.live_body_seconds)
        self._members: dict[_Member, None] = {}
        self._pump: asyncio.Task[None] | None = None
        self._reached = LiveCursor(watch.stream_id, watch.epoch, watch.seq)
        self.followers = 0

    async def follow(self, place: Place, sink: Sink) -> None:
        """Hand over everything after the place, until the stream ends. Raise Moved and TooSlow."""
        walk = Walk(self._database, self._watch, place.cursor, self._settings.live_replay, quiet=place.caught_up)
        place.cursor = walk.position
        while not self._watch.ended:
            items = await self._step(walk, place)
            for start in range(0, len(items), _AT_ONCE):
                if await self._hand_over(items[start : start + _AT_ONCE], place, sink):
                    return
            if not items and walk.at_end:
                if await self._be_member(place, sink):
                    return
                walk.skip(place.cursor)

    async def advise(self, after_ms: int, jitter_ms: int) -> None:
        """Tell the members who want to know that this process goes away."""
        if self._wishes.advice and self._members:
            await self._give([ReconnectAdvice(self._reached, now(), after_ms, jitter_ms)])

    async def stop(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)

    async def _step(self, walk: Walk, place: Place) -> list[Item]:
        if place.caught_up and walk.behind > self._settings.live_queue:
            metrics.SLOW.labels(self._settings.slow_readers).inc()
            if self._settings.slow_readers == "close":
                raise TooSlow
            return [walk.skip_all(_SLOW)]
        try:
            return await walk.step()
        except ThrottleRefusal:
            await asyncio.sleep(_RETRY_SECONDS)
            return []

    async def _hand_over(self, items: list[Item], place: Place, sink: Sink) -> bool:
        """To one who walks; True when nothing comes after."""
        for item, rendered in zip(items, await self._bodies.of(items), strict=True):
            if rendered.moved:
                raise Moved
            if rendered.body is not None:
                await sink.put(Delivery(rendered.body, item.cursor))
            place.cursor = item.cursor
            if rendered.last:
                return True
            match item:
                case CaughtUp():
                    place.caught_up = True
                case Resync():
                    metrics.RESYNCS.inc()
                case _:
                    metrics.REPLAYED.inc()
        return False

    async def _be_member(self, place: Place, sink: Sink) -> bool:
        """Be handed what comes; True when nothing comes after, False when it has to walk on."""
        member = _Member(place, sink)
        self._members[member] = None
        if self._pump is None or self._pump.done():
            # Begun here and now: its walk starts where the stream ends at this moment.
            walk = Walk(self._database, self._watch, None, self._settings.live_replay, quiet=True)
            self._pump = asyncio.create_task(self._run(walk))
        try:
            ended = await member.left
        finally:
            self._members.pop(member, None)
        if member.problem is not None:
            raise member.problem
        return ended

    async def _run(self, walk: Walk) -> None:
        pace = Pace(self._wishes, self._settings.live_tally_interval, self._settings.live_heartbeat)
        self._reached = walk.position
        try:
            while self._members and not self._watch.ended:
                seen = self._watch.stirred
                try:
                    items = await walk.step()
                except ThrottleRefusal:
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                told = [item for item in items if isinstance(item, Told)]
                if len(told) < len(items):  # a Resync: each has its own place to say so
                    return
                await self._give(pace.take(told), pace)
                await self._give(pace.ripe(self._reached), pace)
                if not items:
                    await self._rest(seen, pace)
        except Exception as problem:
            _log.exception("live.group_broke")
            self._release_all(problem)
        finally:
            self._release_all()

    async def _rest(self, seen: int, pace: Pace) -> None:
        try:
            async with asyncio.timeout_at(pace.due()):
                await self._watch.stir(seen)
        except TimeoutError:
            return
        pace.stirred()

    async def _give(self, items: list[Item], pace: Pace | None = None) -> None:
        for start in range(0, len(items), _AT_ONCE):
            some = items[start : start + _AT_ONCE]
            for item, rendered in zip(some, await self._bodies.of(some), strict=True):
                if rendered.moved:
                    for member in tuple(self._members):
                        member.release(problem=Moved())
                else:
                    await self._give_one(item, rendered)
                if pace is not None and rendered.body is not None:
                    pace.said()

    async def _give_one(self, item: Item, rendered: Rendered) -> None:
        """To all members in turn. Only notices move their places, and only forwards."""
        delivery = Delivery(rendered.body, item.cursor) if rendered.body is not None else None
        moves = isinstance(item, (Told, Burst))
        given = 0
        for number, member in enumerate(tuple(self._members), 1):
            if number % _TURN == 0:
                await asyncio.sleep(0)
            if member.left.done() or (moves and _has(member.place, item)):
                continue
            if delivery is not None:
                if not member.sink.offer(delivery):
                    member.release()
                    continue
                given += 1
            if moves:
                member.place.cursor = item.cursor
            if rendered.last:
                member.release(ended=True)
        if moves:
            self._reached = item.cursor
            metrics.LAG.observe(max(0.0, (now() - item.at).total_seconds()))
        metrics.DELIVERIES.inc(given)

    def _release_all(self, problem: Exception | None = None) -> None:
        for member in tuple(self._members):
            member.release(problem=problem)


class Groups:
    """All groups of this process. One lives as long as somebody follows in it."""

    def __init__(self, relay: Relay, database: Database, settings: Settings) -> None:
        self._relay = relay
        self._database = database
        self._settings = settings
        self._groups: dict[tuple[int, Hashable], Group] = {}

    @asynccontextmanager
    async def join(
        self, stream_id: int, likeness: Hashable, render: Render, wishes: Wishes
    ) -> AsyncGenerator[Group | None]:
        """The group of those whose `likeness` says that they get the same; None when there is no such stream."""
        async with self._relay.watch(stream_id) as watch:
            if watch is None:
                yield None
                return
            name = (stream_id, likeness)
            if (group := self._groups.get(name)) is None:
                group = self._groups[name] = Group(self._database, watch, render, wishes, self._settings)
                metrics.GROUPS.inc()
            group.followers += 1
            try:
                yield group
            finally:
                group.followers -= 1
                if not group.followers:
                    del self._groups[name]
                    metrics.GROUPS.dec()
                    await group.stop()

    async def advise(self, after_ms: int, jitter_ms: int) -> None:
        for group in tuple(self._groups.values()):
            await group.advise(after_ms, jitter_ms)

    def __len__(self) -> int:
        return len(self._groups)


def _has(place: Place, item: Item) -> bool:
    return place.cursor is not None and place.cursor.seq >= item.cursor.seq
