"""What attackers send. Each weapon attacks an address once and says how it was answered; they use it again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

import orjson


class Hit(NamedTuple):
    """`status` is 0 where the server hung up without a word; `timed` whether the answer had not to wait for us."""

    status: int
    timed: bool = True


Weapon = Callable[[str, int], Awaitable[Hit]]
_HEADERS = "POST /graphql HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nConnection: close\r\n"
_TEN_MEGABYTES = 10_000_000
_SLOW_SECONDS = 1.0


def _posting(document: str) -> Weapon:
    body = orjson.dumps({"query": document})

    async def post(host: str, port: int) -> Hit:
        return await _sent(host, port, f"{_HEADERS}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    return post


async def _sent(host: str, port: int, content: bytes) -> Hit:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(content)
        status = await _status(reader)
        with suppress(OSError):
            await reader.read()
        return Hit(status)
    finally:
        writer.transport.abort()


async def _status(reader: asyncio.StreamReader) -> int:
    with suppress(OSError):
        if line := await reader.readline():
            return int(line.split()[1])
    return 0


async def _slow_header(host: str, port: int) -> Hit:
    """One byte of a header each second, until the server has enough of it."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(b"GET /graphql HTTP/1.1\r\nX-Slow: ")
        ended = asyncio.ensure_future(_status(reader))
        while not ended.done():
            writer.write(b"a")
            await asyncio.wait([ended], timeout=_SLOW_SECONDS)
        return Hit(ended.result(), timed=False)
    finally:
        writer.transport.abort()


async def _silent(host: str, port: int) -> Hit:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        return Hit(await _status(reader), timed=False)
    finally:
        writer.transport.abort()


async def _chunked(host: str, port: int) -> Hit:
    """A large body whose length nobody announced."""
    piece = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    return await _sent(host, port, f"{_HEADERS}Transfer-Encoding: chunked\r\n\r\n".encode() + piece * 160)


async def _announced(host: str, port: int) -> Hit:
    content = f"{_HEADERS}Content-Length: {_TEN_MEGABYTES}\r\n\r\n".encode() + b" " * _TEN_MEGABYTES
    return await _sent(host, port, content)


async def _garbage(host: str, port: int) -> Hit:
    return await _sent(host, port, bytes(range(256)) * 40)


def _chain(levels: int, spreads: int = 2) -> str:
    fragments = [f"fragment f{n} on Query {{ {f'...f{n + 1} ' * spreads}}}" for n in range(levels)]
    return "{ ...f0 } " + " ".join(fragments) + f" fragment f{levels} on Query {{ status {{ mode }} }}"


def _overlapping(fields: int) -> str:
    return "{ " + " ".join(f"status {{ a{n % 7}: mode }}" for n in range(fields)) + " }"


def _wide(lists: int) -> str:
    """Without a plan, for the sake of `status`."""
    comments = "comments(first: 100, rootOnly: false) { nodes { id number body { html excerpt } author { handle } } }"
    return (
        "{ status { mode } "
        + " ".join(f"a{n}: posts(first: 100) {{ nodes {{ {comments} }} }}" for n in range(lists))
        + " }"
    )


WEAPONS: dict[str, tuple[int, Weapon]] = {
    "headers of one byte a second": (200, _slow_header),
    "connections that say nothing": (200, _silent),
    "25 levels of chained fragments": (4, _posting(_chain(25))),
    "15 levels, eight spreads each": (4, _posting(_chain(15, 8))),
    "3,000 overlapping selections": (4, _posting(_overlapping(3_000))),
    "300 overlapping selections": (4, _posting(_overlapping(300))),
    "20,000 duplicate fields": (4, _posting("{ status { " + "mode " * 20_000 + "} }")),
    "1,900 duplicate fields": (4, _posting("{ status { " + "mode " * 1_900 + "} }")),
    "13 lists of posts with comments": (4, _posting(_wide(13))),
    "10 MB announced": (4, _announced),
    "10 MB in chunks": (4, _chunked),
    "bodies of commas": (4, _posting("," * 250_000)),
    "bytes that are no HTTP": (4, _garbage),
}
"""By name: how many attackers, and what each does."""
