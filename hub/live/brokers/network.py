"""What brokers over a network share: one task says what waits, one hears, and both begin again when cut off.

The own process is woken directly, network or not, and not once more by its own message. Ids that are published
while a message is on its way go together in the next one.
"""

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, ClassVar

import structlog

from hub.live.brokers.broker import Wake

QUIET_SECONDS = 10.0
"""After so long without a word a listener asks whether the other side is still there."""

_BREATH_SECONDS = 0.005
_FAREWELL_SECONDS = 2.0
_FIRST_RETRY_SECONDS, _LAST_RETRY_SECONDS = 0.1, 5.0
_MOST_PENDING = 10_000
_IDS_IN_A_MESSAGE = 350  # of twenty characters: PostgreSQL takes less than 8,000 bytes
_log: Any = structlog.get_logger()


class NetworkBroker(ABC):
    lost: ClassVar[tuple[type[Exception], ...]]
    """What the driver raises when the other side is away."""

    def __init__(self) -> None:
        # The first word of each message says whose it is. No number, which would be an id.
        self._name = f"p{secrets.token_hex(6)}"
        self._pending: set[int] = set()
        self._something = asyncio.Event()
        self._all_said = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._wake: Wake | None = None

    async def listen(self, wake: Wake) -> None:
        self._wake = wake
        self._tasks = [asyncio.create_task(self._keep(work)) for work in (self._hear, self._say_all)]

    def publish(self, stream_ids: Iterable[int]) -> None:
        for stream_id in stream_ids:
            if len(self._pending) < _MOST_PENDING:
                self._pending.add(stream_id)
            if self._wake is not None:
                self._wake(stream_id)
        self._all_said.clear()
        self._something.set()

    @abstractmethod
    async def ready(self) -> None: ...

    async def close(self) -> None:
        self._wake = None
        if self._tasks and self._pending:  # a command of the shell writes and leaves
            with suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL_SECONDS):
                    await self._all_said.wait()
        waiting = set(self._tasks)
        while waiting:  # redis-py swallows a cancel that comes while it connects: say it until it is heard
            for task in waiting:
                task.cancel()
            _, waiting = await asyncio.wait(waiting, timeout=0.1)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(*self.lost):
            await self._leave()

    @abstractmethod
    async def _say(self, message: str) -> None:
        """Send to all processes."""

    @abstractmethod
    async def _hear(self) -> None:
        """Hand each message to `_heard` until the other side is lost, then raise."""

    @abstractmethod
    async def _leave(self) -> None: ...

    def _heard(self, message: str) -> None:
        words = message.split()
        if self._wake is None or words[:1] == [self._name]:
            return
        for word in words:
            if word.isascii() and word.isdigit():
                self._wake(int(word))

    async def _say_all(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            ids, self._pending = [*self._pending], set()
            try:
                for start in range(0, len(ids), _IDS_IN_A_MESSAGE):
                    await self._say(" ".join([self._name, *map(str, ids[start : start + _IDS_IN_A_MESSAGE])]))
            finally:
                if not self._pending:
                    self._all_said.set()
            await asyncio.sleep(_BREATH_SECONDS)

    async def _keep(self, work: Callable[[], Awaitable[None]]) -> None:
        loop, pause = asyncio.get_running_loop(), _FIRST_RETRY_SECONDS
        while True:
            begun = loop.time()
            try:
                await work()
            except self.lost as error:
                _log.warning("broker.lost", doing=work.__name__.strip("_"), error=type(error).__name__)
            if loop.time() - begun > _LAST_RETRY_SECONDS:
                pause = _FIRST_RETRY_SECONDS
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LAST_RETRY_SECONDS)
