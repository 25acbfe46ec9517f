"""The load: so many connections, each asking again as soon as it has its answer. A process of its own, as cheap as can be.

`python -m tests.bench.pages.load PORT FILE CONNECTIONS SECONDS` prints one JSON object. The file holds one request a
line, `{"body": …, "token": …}`; connections walk through it together. What was begun in time is waited for.
"""

import asyncio
import json
import re
import sys
import time
from itertools import count, cycle
from pathlib import Path
from typing import Any

import uvloop

KEY_MARK = "KEY-000000000000"
"""Stands in a body where each request needs a key of its own, which is put in on the way."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ERRORS = re.compile(rb'"errors":\s*\[\s*\{')
_PATIENCE = 60
_MARK = KEY_MARK.encode()


def as_http(body: bytes, token: str | None) -> bytes:
    head = b"POST /graphql HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
    if token:
        head += b"authorization: Bearer %s\r\n" % token.encode()
    return head + b"content-length: %d\r\n\r\n%s" % (len(body), body)


class Requests:
    """Ready bytes, one after the other for ever; a key that each request must have alone is put in on the way."""

    def __init__(self, lines: list[dict[str, Any]]) -> None:
        ready = [as_http(json.dumps(line["body"]).encode(), line.get("token")) for line in lines]
        self._next = cycle(ready)
        self._keyed = _MARK in ready[0]
        self._keys = count(time.time_ns() // 1_000)

    def next(self) -> bytes:
        request = next(self._next)
        return request.replace(_MARK, b"%0*x" % (len(_MARK), next(self._keys))) if self._keyed else request


class Connection(asyncio.Protocol):
    def __init__(self, requests: Requests, until: float, took: list[float], bad: list[bytes]) -> None:
        self._requests, self._until, self._took, self._bad = requests, until, took, bad
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._wanted < 0:
            head = self._buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            length = _LENGTH.search(self._buffer, 0, head)
            self._body = head + 4
            self._wanted = self._body + int(length[1]) if length else 0
        # Without a length it comes in chunks, of which an empty one is the last.
        if len(self._buffer) >= self._wanted and (self._wanted or self._buffer.endswith(b"\r\n0\r\n\r\n")):
            self._answered()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self._bad.append(repr(error).encode())
            self.done.set_result(None)

    def _ask(self) -> None:
        self._buffer, self._wanted = bytearray(), -1
        self._begun = time.perf_counter()
        self._transport.write(self._requests.next())

    def _answered(self) -> None:
        now = time.perf_counter()
        self._took.append(now - self._begun)
        if not is_good(bytes(self._buffer)):
            self._bad.append(bytes(self._buffer[:500]))
        if now < self._until:
            self._ask()
        else:
            self.done.set_result(None)
            self._transport.close()


def is_good(answer: bytes) -> bool:
    """Status 200, data, and neither an error nor a refusal; what is inside was checked before."""
    if not answer.startswith(b"HTTP/1.1 200") or b'"data"' not in answer:
        return False
    return b'":null}}' not in answer[-80:] and not _ERRORS.search(answer)


async def load(port: int, requests: Requests, connections: int, seconds: float) -> dict[str, Any]:
    took: list[float] = []
    bad: list[bytes] = []
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    opened = [
        await loop.create_connection(lambda: Connection(requests, begun + seconds, took, bad), "127.0.0.1", port)
        for _ in range(connections)
    ]
    async with asyncio.timeout(seconds + _PATIENCE):
        await asyncio.gather(*(connection.done for _, connection in opened))
    passed = time.perf_counter() - begun
    took.sort()
    return {
        "answers": len(took),
        "rps": len(took) / passed,
        "p50_ms": _percentile(took, 50),
        "p99_ms": _percentile(took, 99),
        "bad": len(bad),
        "example": bad[0].decode(errors="replace") if bad else "",
    }


def _percentile(took: list[float], percent: int) -> float:
    return took[min(len(took) - 1, len(took) * percent // 100)] * 1_000 if took else 0.0


if __name__ == "__main__":
    port, path, connections, seconds = sys.argv[1:]
    lines = [json.loads(line) for line in Path(path).read_text().splitlines()]
    print(json.dumps(uvloop.run(load(int(port), Requests(lines), int(connections), float(seconds)))))
