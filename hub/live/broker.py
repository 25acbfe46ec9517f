"""Brokers: how a process that wrote wakes the others. The contract:

`publish` never fails and never waits for a network: what cannot be sent is dropped, since the relay's poll finds
it. `listen` hands every stream id that anybody published to one callback; ids may come twice, late or never.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol

import structlog
from redis import asyncio as redis
from redis.exceptions import RedisError

from hub.settings import Settings

Wake = Callable[[int], None]
_RETRY_SECONDS = 1.0
_log: Any = structlog.get_logger()


class Broker(Protocol):
    async def listen(self, wake: Wake) -> None: ...
    def publish(self, stream_ids: Iterable[int]) -> None: ...
    async def ready(self) -> None:
        """Raise when other processes cannot be reached."""
        ...

    async def close(self) -> None: ...


class MemoryBroker:
    """One process: a wake-up is a function call."""

    def __init__(self) -> None:
        self._wake: Wake | None = None

    async def listen(self, wake: Wake) -> None:
        self._wake = wake

    def publish(self, stream_ids: Iterable[int]) -> None:
        for stream_id in stream_ids:
            if self._wake is not None:
                self._wake(stream_id)

    async def ready(self) -> None:
        return

    async def close(self) -> None:
        self._wake = None


class RedisBroker:
    """Many processes: Redis pub/sub on one channel. The own process is woken directly, Redis or not."""

    def __init__(self, url: str, prefix: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5)  # pyright: ignore[reportUnknownMemberType]
        self._channel = f"{prefix}:wake"
        self._pending: set[int] = set()
        self._something = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._wake: Wake | None = None

    async def listen(self, wake: Wake) -> None:
        self._wake = wake
        self._tasks = [asyncio.create_task(self._receive()), asyncio.create_task(self._send())]

    def publish(self, stream_ids: Iterable[int]) -> None:
        for stream_id in stream_ids:
            self._pending.add(stream_id)
            if self._wake is not None:
                self._wake(stream_id)
        self._something.set()

    async def ready(self) -> None:
        await self._redis.ping()  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues]

    async def close(self) -> None:
        self._wake = None
        waiting = set(self._tasks)
        while waiting:  # redis-py swallows a cancel that comes while it connects: say it until it is heard
            for task in waiting:
                task.cancel()
            _, waiting = await asyncio.wait(waiting, timeout=_RETRY_SECONDS / 10)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(RedisError, OSError):
            await self._redis.aclose()

    async def _send(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            ids, self._pending = self._pending, set()
            try:
                await self._redis.publish(self._channel, " ".join(map(str, ids)))  # pyright: ignore[reportUnknownMemberType]
            except (RedisError, OSError, TimeoutError) as error:
                _log.warning("broker.lost", doing="publish", error=type(error).__name__)

    async def _receive(self) -> None:
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                    await subscription.subscribe(self._channel)  # pyright: ignore[reportUnknownMemberType]
                    while True:
                        message: Any = await subscription.get_message(timeout=30)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                        if message is not None:
                            self._wake_all(message["data"])
            except (RedisError, OSError, TimeoutError) as error:
                _log.warning("broker.lost", doing="listen", error=type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)

    def _wake_all(self, data: bytes) -> None:
        for part in data.split():
            if self._wake is not None and part.isdigit():
                self._wake(int(part))


def open_broker(settings: Settings) -> Broker:
    if not settings.broker_url:
        return MemoryBroker()
    return RedisBroker(settings.broker_url, settings.broker_prefix)
