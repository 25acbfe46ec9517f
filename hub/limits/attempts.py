"""Attempts: each counts, also one that failed, and beyond so many in a time they are refused.

Counted over Redis where there is one, and here all the same: so who is refused by what this process saw needs no
Redis, and while it is away each process goes on with what it saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil
from time import time
from typing import Any

import structlog
from limits import RateLimitItem, parse_many
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from hub import metrics
from hub.limits.counting import BoundedStorage
from hub.limits.redis import LOST
from hub.refusals import ErrorCode, ThrottleRefusal

_RETRY_SECONDS = 1.0
_log: Any = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Counted:
    """Under `key`, at most what `limits` says, e.g. `10/minute; 100/day`."""

    key: str
    limits: str


class Attempts:
    def __init__(self, prefix: str = "", shared: Any = None) -> None:
        """`shared` is a Redis client, whose connections are used."""
        self._near = MovingWindowRateLimiter(BoundedStorage())
        self._far: MovingWindowRateLimiter | None = None
        if shared is not None:
            storage = RedisStorage(
                "redis://",
                implementation="redispy",
                connection_pool=shared.connection_pool,
                key_prefix=f"{prefix}:attempts",
            )
            self._far = MovingWindowRateLimiter(storage)
        self._alone_until = 0.0

    async def count(self, kind: str, counted: Sequence[Counted]) -> None:
        """Count one attempt under each of these, in this order, up to the first that is full: ThrottleRefusal."""
        for one in counted:
            # Names and addresses of people are nobody's business in Redis.
            key = blake2b(one.key.encode(), digest_size=12).hexdigest()
            for limit in parse_many(one.limits):
                if (wait := await self._wait(limit, kind, key)) is not None:
                    metrics.THROTTLED.labels(kind).inc()
                    message = "That was too often. Wait a little."
                    raise ThrottleRefusal(ErrorCode.RATE_LIMITED, message, retry_after_ms=wait)

    async def _wait(self, limit: RateLimitItem, *key: str) -> int | None:
        """None when there was room, and it is taken; else milliseconds until there is."""
        if not await self._near.test(limit, *key):
            return await _until(self._near, limit, *key)
        if self._far is not None and time() >= self._alone_until:
            try:
                if not await self._far.hit(limit, *key):
                    return await _until(self._far, limit, *key)
            except LOST as error:
                self._alone_until = time() + _RETRY_SECONDS
                _log.warning("attempts.alone", error=type(error).__name__)
        return None if await self._near.hit(limit, *key) else await _until(self._near, limit, *key)


async def _until(limiter: MovingWindowRateLimiter, limit: RateLimitItem, *key: str) -> int:
    stats = await limiter.get_window_stats(limit, *key)
    return max(1, ceil((stats.reset_time - time()) * 1_000))
