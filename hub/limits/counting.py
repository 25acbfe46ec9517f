"""Where attempts are counted in memory, for the library `limits`: exact moving windows of a bounded number of keys.

The library's own storage keeps every key, and looks through all of them at each attempt.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from time import time

from limits.aio.storage import MovingWindowSupport, Storage

_MOST_KEYS = 20_000


class BoundedStorage(Storage, MovingWindowSupport):
    """At most 20,000 keys, the latest used."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Callable[[], float] = time, most: int = _MOST_KEYS) -> None:
        super().__init__()
        self._clock = clock
        self._most = most
        self._kept: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        times, now = self._since(key, expiry), self._clock()
        if len(times) + amount > limit:
            return False
        times.extend([now] * amount)
        self._kept[key] = times
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002 - the library's
        """When the oldest of those that count was, and how many count."""
        times = self._since(key, expiry)
        return (times[0], len(times)) if times else (self._clock(), 0)

    async def get(self, key: str) -> int:
        return len(self._kept.get(key, ()))

    async def get_expiry(self, key: str) -> float:  # noqa: ARG002 - of counters, which nobody keeps here
        return self._clock()

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError("only moving windows are kept here")

    async def check(self) -> bool:
        return True

    async def clear(self, key: str) -> None:
        self._kept.pop(key, None)

    async def reset(self) -> int:
        count = len(self._kept)
        self._kept.clear()
        return count

    def _since(self, key: str, seconds: int) -> deque[float]:
        times, begin = self._kept.get(key, deque[float]()), self._clock() - seconds
        while times and times[0] <= begin:
            times.popleft()
        return times
