"""Large documents that nobody has sent before are read one at a time: to parse and judge one may take tens of
milliseconds, in which everybody else waits. After a long one the loop belongs to others for as long as it took, and the
addresses that send new documents take turns, so that one of them delays itself and nobody else.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import thread_time

from hub.refusals import ErrorCode, ThrottleRefusal

_LONG = 0.001
"""Seconds of CPU beyond which a document is followed by a pause."""
_RETRY_MS = 1_000
_SMALL = 1_000


def is_small(text: str) -> bool:
    """So few characters without a spread take less than 10 ms of CPU whatever they say, and wait for nobody."""
    return len(text) <= _SMALL and "..." not in text


class Reading:
    def __init__(self, wait: float) -> None:
        """`wait`: seconds until a turn must come."""
        self._wait = wait
        self._busy = False
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncGenerator[None]:
        """Read within the block; raise Refusal RATE_LIMITED when too many of this address's documents wait before."""
        if self._busy:
            await self._until_called(address)
        self._busy = True
        begun = thread_time()
        try:
            yield
        finally:
            lasted = thread_time() - begun
            loop = asyncio.get_running_loop()
            if lasted > _LONG:
                loop.call_later(lasted, self._call_next)
            else:
                self._call_next()

    async def _until_called(self, address: str) -> None:
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, deque()).append(called)
        try:
            async with asyncio.timeout(self._wait):
                await called
        except TimeoutError:
            message = (
                "Too many new documents come from this address at once: send values as variables, and try again later."
            )
            raise ThrottleRefusal(ErrorCode.RATE_LIMITED, message, retry_after_ms=_RETRY_MS) from None
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._call_next()
            raise

    def _call_next(self) -> None:
        while self._waiting:
            address, queue = self._waiting.popitem(last=False)
            called = queue.popleft()
            if queue:
                self._waiting[address] = queue  # behind the others
            if not called.done():
                called.set_result(None)
                return
        self._busy = False
