"""Answers that a process keeps for a while: a page that all the world opens at once is made once."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic

from hub.web.sharing.answers import Shared

_BYTES = 32 * 2**20
_EACH = 4_096
"""Bytes that an answer takes beside its body: there are as many empty pages of a feed as there are cursors."""


class Kept:
    """The latest used, 32 MB at most."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._answers: OrderedDict[Hashable, tuple[float, Shared]] = OrderedDict()
        self._bytes = 0
        self._under_way: dict[Hashable, asyncio.Future[Shared]] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Shared]]) -> Shared:
        """Who asks while it is made waits for the same; what fails is not kept."""
        known = self._answers.get(key)
        if known is not None and known[0] > monotonic():
            self._answers.move_to_end(key)
            return known[1]
        if key not in self._under_way:
            task = asyncio.ensure_future(self._made(key, make))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key))
        return await asyncio.shield(self._under_way[key])

    async def _made(self, key: Hashable, make: Callable[[], Awaitable[Shared]]) -> Shared:
        shared = await make()
        self._drop(key)
        self._answers[key] = (monotonic() + self._seconds, shared)
        self._bytes += len(shared.body) + _EACH
        while self._bytes > _BYTES:
            self._drop(next(iter(self._answers)))
        return shared

    def _drop(self, key: Hashable) -> None:
        if (known := self._answers.pop(key, None)) is not None:
            self._bytes -= len(known[1].body) + _EACH
