"""All sockets of this process: how many there may be of whom, and their common end."""

import asyncio
from collections import Counter
from collections.abc import Generator, Hashable
from contextlib import contextmanager
from typing import Protocol, TypeVar

from hub.web.limits import Limits
from hub.web.sockets.codes import CloseCode, Ending

T = TypeVar("T", bound=Hashable)


class Endable(Protocol):
    def end(self, ending: Ending) -> None: ...
    def abort(self) -> None: ...


class Full(Exception):
    """No place for another socket; `status` says whose limit it is, 429 the address's or 503 ours."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Registry:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: set[Endable] = set()
        self._of_address: Counter[str] = Counter()
        self._of_viewer: Counter[Hashable] = Counter()
        self._closing = False
        self._empty = asyncio.Event()
        self._empty.set()

    @contextmanager
    def place(self, address: str, socket: Endable) -> Generator[None]:
        """Raises `Full` when it, the address's places, or this process's are all taken."""
        if self._closing or len(self._open) >= self._limits.sockets_total:
            raise Full(503)
        if self._of_address[address] >= self._limits.sockets_per_address:
            raise Full(429)
        with counted(self._of_address, address):
            self._open.add(socket)
            self._empty.clear()
            try:
                yield
            finally:
                self._open.discard(socket)
                if not self._open:
                    self._empty.set()

    @contextmanager
    def seat(self, viewer: Hashable | None) -> Generator[None]:
        """Raises `Ending` when the viewer has enough sockets; nobody (None) is counted by address only."""
        if viewer is None:
            yield
            return
        if self._of_viewer[viewer] >= self._limits.sockets_per_viewer:
            raise Ending(CloseCode.TOO_MANY_SOCKETS, "Too many sockets of one viewer.")
        with counted(self._of_viewer, viewer):
            yield

    async def emptied(self) -> None:
        await self._empty.wait()

    async def shutdown(self, grace: float) -> None:
        """Tells all to come back elsewhere; whoever has not gone after `grace` seconds is dropped."""
        self._closing = True
        for socket in tuple(self._open):
            socket.end(Ending(CloseCode.RESTART, "Restarting, come back."))
        try:
            async with asyncio.timeout(grace):
                await self.emptied()
        except TimeoutError:
            for socket in tuple(self._open):
                socket.abort()


@contextmanager
def counted(counter: Counter[T], key: T) -> Generator[None]:
    counter[key] += 1
    try:
        yield
    finally:
        counter[key] -= 1
        if not counter[key]:
            del counter[key]
