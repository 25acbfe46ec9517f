"""Buckets that several processes share: the rule of `buckets.py` in one script, by Redis' own clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from redis import asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hub.limits.buckets import Rate

LOST = (RedisError, OSError, TimeoutError, RuntimeError)
"""What is raised while Redis is away; the last by uvloop, of a connection that was closed under its writer."""

_PATIENCE_SECONDS = 0.5
# A key is forgotten when its bucket is full again. Numbers come and go as texts of all their digits.
_SETTLE = """
local given, outcomes = tonumber(ARGV[1]), {}
local clock = redis.call('TIME')
local now = given >= 0 and given or clock[1] + clock[2] / 1000000
for place, key in ipairs(KEYS) do
  local first = 4 * place - 2
  local capacity, per_second = tonumber(ARGV[first]), tonumber(ARGV[first + 1])
  local spent, wanted = tonumber(ARGV[first + 2]), tonumber(ARGV[first + 3])
  local kept = redis.call('HMGET', key, 'level', 'at')
  local level, at = tonumber(kept[1] or capacity), tonumber(kept[2] or now)
  level = math.min(capacity, level + math.max(0, now - at) * per_second)
  level = math.max(-capacity, math.min(capacity, level - spent))
  local granted = wanted <= level
  if granted then level = level - wanted end
  local shown = string.format('%.17g', level)
  redis.call('HSET', key, 'level', shown, 'at', string.format('%.17g', math.max(now, at)))
  redis.call('PEXPIRE', key, math.ceil((capacity - level) / per_second * 1000) + 1000)
  outcomes[place] = {granted and 1 or 0, shown}
end
return outcomes
"""


@dataclass(frozen=True, slots=True)
class Ask:
    """What was spent of one key already (below zero: give it back), and what is wanted now, all of it or nothing."""

    key: str
    rate: Rate
    spent: float
    wanted: float


@dataclass(frozen=True, slots=True)
class Settled:
    """Whether what was wanted was taken, and what is left; below zero after spending ahead."""

    granted: bool
    level: float


def client(url: str) -> Any:
    """Tried again once, for the connection that was idle while Redis was restarted."""
    return redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - redis-py is partly typed
        url,
        socket_connect_timeout=_PATIENCE_SECONDS,
        socket_timeout=_PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )


class RedisBuckets:
    """`clock`, in seconds, stands in for that of Redis in tests."""

    def __init__(self, shared: Any, prefix: str, clock: Callable[[], float] | None = None) -> None:
        self._prefix = f"{prefix}:budget:"
        self._clock = clock
        self._script = shared.register_script(_SETTLE)

    async def settle(self, asks: Sequence[Ask]) -> list[Settled]:
        """All in one step. Raise one of `LOST` while Redis is away; it may have settled them all the same."""
        values: list[Any] = [repr(self._clock()) if self._clock is not None else -1]
        for ask in asks:
            values += (repr(float(n)) for n in (ask.rate.capacity, ask.rate.per_second, ask.spent, ask.wanted))
        outcomes = await self._script(keys=[self._prefix + ask.key for ask in asks], args=values)
        return [Settled(granted == 1, float(level)) for granted, level in outcomes]
