"""Streams without nouns for tests: begin one, tell it something, follow it in the background."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, Self

from hub.live import feed, log
from hub.live.backend import Backend
from hub.live.cursor import LiveCursor
from hub.live.feed import CaughtUp, Item, Resync, Told
from hub.store.chain import Chain, Step
from hub.store.database import Database
from hub.store.ids import new_id

BEGIN = Chain((Step("taken", "select {as_id stream} as id"), log.OPEN), answer="opened")
TELL = Chain(
    (Step("taken", "select id from streams where id = {as_id stream} {for_update}"), *log.TELL),
    answer="told",
    records={"facts": log.FACTS},
)
FOREVER = 600.0
"""Seconds of a poll that never comes within a test."""


async def begin(database: Database) -> int:
    stream = new_id()
    await BEGIN.run(database, {"stream": stream, "epoch": log.new_epoch()})
    return stream


async def write(database: Database, stream: int, *refs: int) -> list[int]:
    """Append notices and tell nobody; their sequence numbers."""
    rows = await TELL.run(database, {"stream": stream, "facts": log.facts("said", *refs)})
    return sorted(row["seq"] for row in rows)


async def tell(backend: Backend, stream: int, *refs: int) -> list[int]:
    """Append notices, as commands do, and wake who follows."""
    written = await write(backend.database, stream, *refs)
    backend.relay.tell(stream)
    return written


async def cursor(backend: Backend, stream: int, seq: int) -> LiveCursor:
    here = (await log.positions(backend.database, [stream]))[stream]
    return LiveCursor(stream, here.epoch, seq)


async def seqs_in(database: Database, stream: int) -> list[int]:
    rows = await database.fetch("select seq from log where stream_id = :id order by seq", {"id": stream})
    return [row["seq"] for row in rows]


def shape(items: list[Item]) -> list[Any]:
    """What a follower got, told in short: numbers of notices, and the names of the rest."""
    return [item.notice.seq if isinstance(item, Told) else type(item).__name__ for item in items]


class Follower:
    """Reads a feed in the background and keeps all that it gave."""

    def __init__(self, backend: Backend, stream: int, after: LiveCursor | None = None, batch: int = 1_000) -> None:
        self.items: list[Item] = []
        self._news = asyncio.Event()
        self._feed = feed.follow(backend.relay, backend.database, stream, after, batch)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    async def leave(self) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _read(self) -> None:
        async with aclosing(self._feed) as items:
            async for item in items:
                self.items.append(item)
                self._news.set()

    @property
    def shape(self) -> list[Any]:
        return shape(self.items)

    @property
    def seqs(self) -> list[int]:
        return [item.notice.seq for item in self.items if isinstance(item, Told)]

    async def until(self, enough: Callable[[list[Item]], bool]) -> list[Any]:
        """Wait until it has got enough; what it got then."""
        async with asyncio.timeout(10):
            while not enough(self.items):
                self._news.clear()
                await self._news.wait()
        return self.shape

    async def until_many(self, many: int) -> list[Any]:
        return await self.until(lambda items: len(items) >= many)

    async def until_caught_up(self) -> list[Any]:
        return await self.until(lambda items: any(isinstance(item, CaughtUp) for item in items))

    async def until_told(self, seq: int) -> list[Any]:
        return await self.until(lambda items: any(isinstance(i, Told) and i.notice.seq >= seq for i in items))

    async def until_resync(self) -> list[Any]:
        return await self.until(lambda items: any(isinstance(item, Resync) for item in items))
