"""Shadow mode: one of so many answers of plans is also executed, beside the request, and compared."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import structlog

from hub.graph.plans.counters import Counters

_log: Any = structlog.get_logger()
_MOST_AT_ONCE = 4


class Shadows:
    def __init__(self, one_of: int, counters: Counters) -> None:
        self._one_of = one_of
        self._counters = counters
        self._answers = 0
        self._running: set[asyncio.Task[None]] = set()

    def is_due(self) -> bool:
        if not self._one_of or len(self._running) >= _MOST_AT_ONCE:
            return False
        self._answers += 1
        return self._answers % self._one_of == 0

    def begin(self, comparison: Coroutine[Any, Any, bool]) -> None:
        task = asyncio.create_task(self._compare(comparison))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def settle(self) -> None:
        """Wait for the comparisons under way."""
        while self._running:
            await asyncio.wait(self._running)

    async def _compare(self, comparison: Coroutine[Any, Any, bool]) -> None:
        with suppress(Exception):  # what execution cannot do now, it need not be compared with
            same = await comparison
            self._counters.shadow(same=same)
            if not same:
                _log.error("plan.differs")
