"""The deadline of every send. One timer watches many sends: a timeout around each costs a fifth of a delivery."""

import asyncio
from collections.abc import Callable


class SendWatch:
    def __init__(self, deadline: float, when_late: Callable[[], None]) -> None:
        self._deadline = deadline
        self._when_late = when_late
        self._loop = asyncio.get_running_loop()
        self._since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        self._since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._deadline, self._look)

    def done(self) -> None:
        self._since = None

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        self._timer = None
        if self._since is None:
            return
        left = self._since + self._deadline - self._loop.time()
        if left <= 0:
            self._when_late()
        else:
            self._timer = self._loop.call_later(left, self._look)
