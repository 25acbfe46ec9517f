"""Mutations that were begun are finished, whoever hangs up: half a write helps nobody, and the client may ask
again with the same idempotency key to hear what became of it.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
T = TypeVar("T")


class Mutations:
    def __init__(self) -> None:
        self._begun: set[asyncio.Task[Any]] = set()

    async def see_through(self, mutation: Coroutine[Any, Any, T]) -> T:
        """Its result; a cancelled caller leaves it running."""
        task = asyncio.create_task(mutation)
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(tell_of_failure)
            raise

    async def drain(self, grace: float) -> None:
        """Waits for what is under way, `grace` seconds at most, then cancels it."""
        if not self._begun:
            return
        _, late = await asyncio.wait(self._begun, timeout=grace)
        for task in late:
            task.cancel()


def tell_of_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (failure := task.exception()) is not None:
        log.error("An abandoned mutation failed.", exc_info=failure)
