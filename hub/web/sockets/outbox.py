"""The frames that wait for one peer: bounded in number and size, and so is the wait for room among them."""

import asyncio
from collections import deque

from hub.web.limits import Limits
from hub.web.sockets.codes import CloseCode, Ending


class Outbox:
    """Many put, one takes. A full outbox holds its producers back, so a replay goes as fast as the peer reads;
    one that stays full for `send_deadline` ends the socket.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._frames: deque[str] = deque()
        self._size = 0
        self._filled = asyncio.Event()
        self._room = asyncio.Event()

    async def put(self, frame: str) -> None:
        if self._full():
            await self._wait_for_room()
        self._frames.append(frame)
        self._size += len(frame)
        self._filled.set()

    async def take(self) -> str:
        while not self._frames:
            self._filled.clear()
            await self._filled.wait()
        frame = self._frames.popleft()
        self._size -= len(frame)
        self._room.set()
        return frame

    def _full(self) -> bool:
        return len(self._frames) >= self._limits.queue_limit or self._size >= self._limits.queue_bytes

    async def _wait_for_room(self) -> None:
        try:
            async with asyncio.timeout(self._limits.send_deadline):
                while self._full():
                    self._room.clear()
                    await self._room.wait()
        except TimeoutError:
            raise too_slow() from None


def too_slow() -> Ending:
    return Ending(CloseCode.TOO_SLOW, "Too slow: frames were not taken in time.")
