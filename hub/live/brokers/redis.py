from typing import Any

from redis import asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hub.live.brokers.network import QUIET_SECONDS, NetworkBroker


class RedisBroker(NetworkBroker):
    """Redis pub/sub on one channel. Nothing is stored there."""

    lost = (RedisError, OSError)

    def __init__(self, url: str, prefix: str) -> None:
        super().__init__()
        # Tried again once, for the connection that was idle while Redis was restarted; what still fails is dropped.
        self._redis = redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - redis-py is partly typed
            url, socket_connect_timeout=2, socket_timeout=5, retry=Retry(NoBackoff(), 1)
        )
        self._channel = f"{prefix}:wake"

    async def ready(self) -> None:
        await self._redis.ping()  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues] - redis-py is partly typed

    async def _say(self, message: str) -> None:
        await self._redis.publish(self._channel, message)  # pyright: ignore[reportUnknownMemberType] - redis-py is partly typed

    async def _hear(self) -> None:
        async with self._redis.pubsub() as subscription:  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - redis-py is partly typed
            await subscription.subscribe(self._channel)  # pyright: ignore[reportUnknownMemberType] - redis-py is partly typed
            asked = False
            while True:
                message: Any = await subscription.get_message(timeout=QUIET_SECONDS)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - redis-py is partly typed
                if message is None and asked:
                    raise TimeoutError  # a peer that vanished without a word leaves the connection open
                asked = message is None
                if message is None:
                    await subscription.ping()  # pyright: ignore[reportUnknownMemberType] - redis-py is partly typed
                elif message["type"] == "message":
                    self._heard(message["data"].decode(errors="replace"))

    async def _leave(self) -> None:
        await self._redis.aclose()
