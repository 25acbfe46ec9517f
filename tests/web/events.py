"""A reader of event streams that shows each event as it came."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import orjson

from .serving import PATIENCE, Served

TICKS = "subscription { ticks }"


class Events:
    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self._parts = answer.aiter_bytes()
        self._read = b""

    async def next(self) -> bytes | None:
        """The next event without its empty line, pings passed over; None at a clean end."""
        async with asyncio.timeout(PATIENCE):
            while (event := await self.any()) == b":":
                pass
            return event

    async def any(self) -> bytes | None:
        while b"\n\n" not in self._read:
            try:
                self._read += await anext(self._parts)
            except StopAsyncIteration:
                assert self._read == b""
                return None
        event, _, self._read = self._read.partition(b"\n\n")
        return event

    async def rest(self) -> list[bytes]:
        events: list[bytes] = []
        while (event := await self.next()) is not None:
            events.append(event)
        return events


def data(event: bytes | None) -> Any:
    """The answer in a `next` event."""
    assert event is not None
    head, _, body = event.rpartition(b"data: ")
    assert head.startswith(b"event: next\n")
    return orjson.loads(body)


@asynccontextmanager
async def reading(
    hub: Served, query: str = TICKS, method: str = "POST", token: str | None = None, **headers: str
) -> AsyncIterator[Events]:
    """Headers are written with underscores."""
    host, port = hub.address
    sent = {"accept": "text/event-stream", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if token is not None:
        sent["authorization"] = f"Bearer {token}"
    request: dict[str, Any] = {"json" if method == "POST" else "params": {"query": query}}
    async with (
        httpx2.AsyncClient() as client,
        client.stream(method, f"http://{host}:{port}/graphql", headers=sent, timeout=PATIENCE, **request) as answer,
    ):
        yield Events(answer)
