"""Deadlines, which hardly anything misses: one timer of the event loop for all of them, as to set one and to take it
back costs a fiftieth of a small query.
"""

import asyncio
from collections.abc import Callable
from math import inf
from types import TracebackType
from typing import Any


class Deadlines:
    def __init__(self) -> None:
        self._waiting: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at = inf

    def call_at(self, when: float, call: Callable[[], object]) -> "Deadline":
        """As the event loop's own: by its clock; `cancel` what comes back."""
        deadline = Deadline(self, when, call)
        self._waiting.add(deadline)
        if when < self._wakes_at:
            self._wake_at(when)
        return deadline

    def timeout_at(self, when: float) -> "Timeout":
        """`with deadlines.timeout_at(when):` is `async with asyncio.timeout_at(when):`."""
        return Timeout(self, when)

    def discard(self, deadline: "Deadline") -> None:
        """The timer stays: it finds out that there is nothing to do."""
        self._waiting.discard(deadline)

    def _wake_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_at = when
        self._timer = asyncio.get_running_loop().call_at(when, self._wake)

    def _wake(self) -> None:
        now = asyncio.get_running_loop().time()
        self._timer, self._wakes_at = None, inf
        missed = {one for one in self._waiting if one.when <= now}
        self._waiting -= missed
        if self._waiting:
            self._wake_at(min(one.when for one in self._waiting))
        for one in missed:
            one.call()


class Deadline:
    __slots__ = ("_deadlines", "call", "when")

    def __init__(self, deadlines: Deadlines, when: float, call: Callable[[], object]) -> None:
        self._deadlines = deadlines
        self.when = when
        self.call = call

    def cancel(self) -> None:
        self._deadlines.discard(self)


class Timeout:
    __slots__ = ("_before", "_deadline", "_deadlines", "_expired", "_task", "_when")

    def __init__(self, deadlines: Deadlines, when: float) -> None:
        self._deadlines = deadlines
        self._when = when
        self._expired = False

    def __enter__(self) -> None:
        task: asyncio.Task[Any] | None = asyncio.current_task()
        assert task is not None
        self._task, self._before = task, task.cancelling()
        self._deadline = self._deadlines.call_at(self._when, self._expire)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._deadline.cancel()
        if self._expired and self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()
