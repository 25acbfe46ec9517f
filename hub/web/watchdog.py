"""Tells in `/metrics` for how long one turn held the event loop: everybody else waits meanwhile.

It wakes up every few milliseconds, and how late it is awake is how long it was kept from it, to within that interval.
A machine that has no time for the process shows as well: its clients wait just so.
"""

import asyncio
from time import monotonic

from hub import metrics

INTERVAL = 0.01
LONG = 0.05
"""Seconds beyond which a turn is counted."""


class Watchdog:
    def __init__(self) -> None:
        self.longest = 0.0
        self.blocks = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        # By a clock of its own: the loop's stands still while a turn lasts.
        self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._wake, monotonic() + INTERVAL)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _wake(self, due: float) -> None:
        late = monotonic() - due
        if late > self.longest:
            self.longest = late
            metrics.LOOP_LONGEST.set(late)
        if late > LONG:
            self.blocks += 1
            metrics.LOOP_BLOCKS.inc()
        self.start()
