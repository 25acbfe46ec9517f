"""A line to a service that a test holds in its hand: whole, slow, silent or down, and connections that died."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit

State = Literal["whole", "slow", "silent", "down"]
_SLOW_SECONDS = 0.1
_PIECE = 65_536


class Line:
    """`slow` carries everything late, `silent` takes connections and carries nothing, `down` takes none."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._state: State = "whole"
        self._changed = asyncio.Event()
        self._ends: set[asyncio.StreamWriter] = set()
        self._forgotten: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def become(self, state: State) -> None:
        self._state = state
        self._changed.set()
        self._changed = asyncio.Event()
        if state == "down":
            self.close()
        elif self._server is None:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    def forget(self) -> None:
        """What is connected stays so and hears nothing any more, as when a router between lost its memory."""
        self._forgotten |= self._ends

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for end in tuple(self._ends):
            end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        with suppress(OSError):
            await self._wait()
            far_reader, far_writer = await asyncio.open_connection(*self._to)
            self._ends.add(far_writer)
            await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer), return_exceptions=True)
            self._ends.discard(far_writer)
        self._ends.discard(writer)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(_PIECE):
                await self._wait()
                if writer not in self._forgotten:
                    writer.write(data)
                    await writer.drain()
        finally:
            writer.close()

    async def _wait(self) -> None:
        while self._state == "silent":
            await self._changed.wait()
        if self._state == "slow":
            await asyncio.sleep(_SLOW_SECONDS)


@asynccontextmanager
async def line_to(url: str) -> AsyncGenerator[tuple[Line, str]]:
    """The line, whole, and the address that leads through it."""
    parts = urlsplit(url)
    line = Line(parts.hostname or "127.0.0.1", parts.port or 0)
    await line.become("whole")
    user = f"{parts.username}@" if parts.username else ""
    try:
        yield line, parts._replace(netloc=f"{user}127.0.0.1:{line.port}").geturl()
    finally:
        line.close()
