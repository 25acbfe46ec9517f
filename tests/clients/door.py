"""A TCP address before a server, which can be slammed: whoever is connected is cut off without a word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Door:
    def __init__(self, server: str) -> None:
        self.server = server
        self.port = 0
        self._listener: asyncio.Server | None = None
        self._passing: set[asyncio.StreamWriter] = set()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def open(self) -> None:
        """At the same address as before."""
        self._listener = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def slam(self) -> None:
        """Nobody is answered until it opens again."""
        assert self._listener is not None
        self._listener.close()
        for writer in self._passing:
            writer.transport.abort()
        await self._listener.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._passing.add(writer)
        try:
            await self._carry_both(reader, writer)
        except OSError:
            pass  # the server is not there
        finally:
            self._passing.discard(writer)
            writer.transport.abort()

    async def _carry_both(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = self.server.partition(":")
        inner_reader, inner_writer = await asyncio.open_connection(host, int(port))
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_carry(reader, inner_writer))
                both.create_task(_carry(inner_reader, writer))
        finally:
            inner_writer.transport.abort()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


@asynccontextmanager
async def door(server: str) -> AsyncIterator[Door]:
    opened = Door(server)
    await opened.open()
    try:
        yield opened
    finally:
        await opened.slam()
