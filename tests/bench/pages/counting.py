"""Counting statements from outside a server, one request after the other and apart from the measured load.

PostgreSQL: a relay between server and database counts the messages that execute something (`Execute`, and `Query` as
`begin` and `commit` send it), so all servers are counted alike, whatever they are written in.
SQLite: `python -m tests.bench.pages.counting FILE MODULE …` runs a Python server that adds a byte to FILE a statement.
"""

import asyncio
import os
import runpy
import sqlite3
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

_EXECUTING = b"EQ"


class Counter:
    """`url` is the database as the counted server must see it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.statements = 0

    def read(self) -> int:
        return self.statements


class FileCounter(Counter):
    def __init__(self, url: str, path: Path) -> None:
        super().__init__(url)
        self.path = path

    def read(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0


@asynccontextmanager
async def counted(url: str) -> AsyncIterator[Counter]:
    """A relay to the PostgreSQL of this URL."""
    parts = urlsplit(url)
    counter = Counter(url)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upward, downward = await asyncio.open_connection(parts.hostname or "127.0.0.1", parts.port or 5432)
        with suppress(OSError, asyncio.IncompleteReadError):
            await asyncio.gather(_asked(reader, downward, counter), _answered(upward, writer))
        writer.close()
        downward.close()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    counter.url = urlunsplit(parts._replace(netloc=f"{user}127.0.0.1:{port}"))
    try:
        yield counter
    finally:
        server.close()


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counter: Counter) -> None:
    """The first messages have no type: a wish for TLS, which is not granted here, then who connects."""
    while True:
        head = await reader.readexactly(8)
        length, code = struct.unpack("!ii", head)
        writer.write(head + await reader.readexactly(length - 8))
        if code == 196_608:
            break
    try:
        while True:
            head = await reader.readexactly(5)
            counter.statements += head[:1] in _EXECUTING
            writer.write(head + await reader.readexactly(struct.unpack("!i", head[1:])[0] - 4))
    finally:
        writer.close()


async def _answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


def _watch_sqlite(path: str) -> None:
    connect = sqlite3.connect
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def watched(*arguments: Any, **options: Any) -> Any:
        connection = connect(*arguments, **options)
        connection.set_trace_callback(lambda sql: os.write(file, b"."))
        return connection

    sqlite3.connect = watched


if __name__ == "__main__":
    _watch_sqlite(sys.argv[1])
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
