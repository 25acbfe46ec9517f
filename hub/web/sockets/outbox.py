"""The frames that wait for one peer: bounded in number and size, and so is the wait for room among them."""

import asyncio
from collections import deque
from collections.abc import Callable

from hub import metrics
from hub.web.limits import Limits
from hub.web.sockets.codes import CloseCode, Ending


class _Bell:
    """Wakes whoever waits just now. Unlike an Event it is next to nothing while nobody does."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: asyncio.Future[None] | None = None

    def ring(self) -> None:
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            if not waiting.done():
                waiting.set_result(None)

    async def heard(self) -> None:
        if self._waiting is None:
            self._waiting = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._waiting)  # others may wait for the same


class Outbox:
    """Many put, one takes. What nothing waits before goes out at once by `push`, as long as that takes it.

    A full outbox holds its producers back, so a replay goes as fast as the peer reads; one that stays full for
    `send_deadline` ends the socket.
    """

    def __init__(self, limits: Limits, push: Callable[[bytes], bool]) -> None:
        self._limits = limits
        self._push = push
        self._frames: deque[bytes] = deque()
        self._size = 0
        self._sending = False
        self._filled = _Bell()
        self._room = _Bell()

    def offer(self, frame: bytes) -> bool:
        """Take it without waiting; False when there is no room."""
        if not self._frames and not self._sending and self._push(frame):
            return True
        if self._full():
            return False
        self._frames.append(frame)
        self._size += len(frame)
        self._filled.ring()
        metrics.QUEUED.inc()
        return True

    async def put(self, frame: bytes) -> None:
        while not self.offer(frame):
            await self._wait_for_room()

    async def take(self) -> bytes:
        """The oldest frame; it counts as being sent until the next is asked for."""
        self._sending = False
        while not self._frames:
            self._room.ring()
            await self._filled.heard()
        frame = self._frames.popleft()
        self._size -= len(frame)
        self._sending = True
        self._room.ring()
        metrics.QUEUED.dec()
        return frame

    async def drained(self) -> None:
        """Until nothing waits and nothing is being sent."""
        while self._frames or self._sending:
            await self._room.heard()

    def clear(self) -> None:
        """Nobody takes any more."""
        metrics.QUEUED.dec(len(self._frames))
        self._frames.clear()
        self._size = 0

    def _full(self) -> bool:
        return len(self._frames) >= self._limits.queue_limit or self._size >= self._limits.queue_bytes

    async def _wait_for_room(self) -> None:
        try:
            async with asyncio.timeout(self._limits.send_deadline):
                while self._full():
                    await self._room.heard()
        except TimeoutError:
            raise too_slow() from None


def too_slow() -> Ending:
    return Ending(CloseCode.TOO_SLOW, "Too slow: frames were not taken in time.")
