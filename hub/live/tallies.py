"""Headlines of many streams: at most once an interval, of those where something happened, the same for a group.

Nothing is replayed and nothing queued: a slow reader gets the newest state of each when it comes to it.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from hub import metrics
from hub.live.groups import Delivery, Sink
from hub.live.relay import Relay, Watch
from hub.refusals import ThrottleRefusal

_log: Any = structlog.get_logger()

Render = Callable[[list[int]], Awaitable[dict[int, bytes]]]


@dataclass(frozen=True, slots=True)
class _Newest:
    version: int
    body: bytes


class _TallyGroup:
    def __init__(self, relay: Relay, stream_ids: tuple[int, ...], render: Render, interval: float) -> None:
        self._relay = relay
        self._stream_ids = stream_ids
        self._render = render
        self._interval = interval
        self._version = 0
        self._newest: dict[int, _Newest] = {}
        self._bell = asyncio.Event()
        self._ended = False
        self.followers = 0
        self.task = asyncio.create_task(self._run())

    async def follow(self, sink: Sink) -> None:
        """Hand over the newest state of each, then of each that changes."""
        seen = 0
        while not self._ended:
            before, seen, bell = seen, self._version, self._bell
            for newest in tuple(self._newest.values()):
                if newest.version > before:
                    await sink.put(Delivery(newest.body))
            if seen == self._version:
                await bell.wait()

    async def _run(self) -> None:
        try:
            async with AsyncExitStack() as stack:
                watches = [await stack.enter_async_context(self._relay.watch(one)) for one in self._stream_ids]
                await self._look([watch for watch in watches if watch is not None])
        except Exception:
            _log.exception("live.tallies_broke")
        finally:
            self._ended = True
            self._ring()

    async def _look(self, watches: list[Watch]) -> None:
        seen: dict[int, int] = {}
        while not any(watch.ended for watch in watches):
            stirred = {watch.stream_id: watch.stirred for watch in watches}
            moved = [stream_id for stream_id, at in stirred.items() if seen.get(stream_id) != at]
            if moved:
                try:
                    bodies = await self._render(moved)
                except ThrottleRefusal:
                    bodies = {}
                else:
                    seen = stirred
                self._version += 1
                for stream_id, body in bodies.items():
                    self._newest[stream_id] = _Newest(self._version, body)
                self._ring()
            await asyncio.sleep(self._interval)

    def _ring(self) -> None:
        self._bell.set()
        self._bell = asyncio.Event()


class Tallies:
    """All such groups of this process. One lives as long as somebody follows in it."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._groups: dict[Hashable, _TallyGroup] = {}

    async def follow(
        self, likeness: Hashable, stream_ids: tuple[int, ...], render: Render, interval: float, sink: Sink
    ) -> None:
        async with self._join(likeness, stream_ids, render, interval) as group:
            await group.follow(sink)

    @asynccontextmanager
    async def _join(
        self, likeness: Hashable, stream_ids: tuple[int, ...], render: Render, interval: float
    ) -> AsyncGenerator[_TallyGroup]:
        name = (stream_ids, interval, likeness)
        if (group := self._groups.get(name)) is None:
            group = self._groups[name] = _TallyGroup(self._relay, stream_ids, render, interval)
            metrics.GROUPS.inc()
        group.followers += 1
        try:
            yield group
        finally:
            group.followers -= 1
            if not group.followers:
                del self._groups[name]
                metrics.GROUPS.dec()
                group.task.cancel()
                await asyncio.gather(group.task, return_exceptions=True)

    def __len__(self) -> int:
        return len(self._groups)
