"""Readers in a process of their own: beside hundreds of writers, a shared loop would be measured and not the server."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Self

import httpx2

_READERS = 4
_PAUSE = 0.02
_PATIENCE = 30


class Reading:
    """Some ask for one document again and again; as a context, it ends its process."""

    def __init__(self, address: str, query: str) -> None:
        self._asked = (address, query)
        self._process = ProcessPoolExecutor(1, get_context("spawn"))

    async def __aenter__(self) -> Self:
        # It has imported everything before anything is measured.
        await self.for_seconds(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.shutdown(cancel_futures=True)

    async def for_seconds(self, seconds: float) -> list[float]:
        """How long each answer took, in ms."""
        return await asyncio.get_running_loop().run_in_executor(self._process, _read, *self._asked, seconds)


def _read(address: str, query: str, seconds: float) -> list[float]:
    async def all_of_them() -> list[list[float]]:
        async with httpx2.AsyncClient(base_url=f"http://{address}", timeout=_PATIENCE) as client:
            return await again_for(seconds, [_asking(client, query) for _ in range(_READERS)])

    return [took for one in asyncio.run(all_of_them()) for took in one]


def _asking(client: httpx2.AsyncClient, query: str) -> Callable[[], Awaitable[None]]:
    async def ask() -> None:
        answer = await client.post("/graphql", json={"query": query})
        assert answer.json()["data"]["post"] is not None, answer.text
        await asyncio.sleep(_PAUSE)

    return ask


async def again_for(seconds: float, work: list[Callable[[], Awaitable[None]]]) -> list[list[float]]:
    """Run each until the time is over, and how long each took in ms; an answer under way is waited for."""
    until = time.monotonic() + seconds

    async def again(one: Callable[[], Awaitable[None]]) -> list[float]:
        took: list[float] = []
        while (begun := time.monotonic()) < until:
            await one()
            took.append((time.monotonic() - begun) * 1000)
        return took

    return await asyncio.gather(*(again(one) for one in work))
