from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from hub.web.sockets.send_watch import SendWatch


@dataclass
class Clock:
    """A loop whose time the test sets."""

    now: float = 0.0
    timers: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, call: Callable[[], None]) -> Any:
        timer = (self.now + delay, call)
        self.timers.append(timer)
        return SimpleNamespace(cancel=lambda: self.timers.remove(timer))

    def go_on(self, until: float) -> None:
        while self.timers and min(self.timers)[0] <= until:
            self.now, call = self.timers.pop(self.timers.index(min(self.timers)))
            call()
        self.now = until


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("asyncio.get_running_loop", lambda: clock)
    return clock


def test_a_send_that_takes_too_long_is_told_once(clock):
    told: list[float] = []
    watch = SendWatch(10, lambda: told.append(clock.now))
    watch.begin()
    clock.go_on(100)
    assert told == [10]


def test_each_send_has_the_whole_deadline(clock):
    told: list[float] = []
    watch = SendWatch(10, lambda: told.append(clock.now))
    for start in (0, 9, 18):
        clock.go_on(start)
        watch.done()
        watch.begin()
        assert len(clock.timers) == 1
    clock.go_on(100)
    assert told == [28]


def test_a_rest_between_sends_needs_no_timer(clock):
    watch = SendWatch(10, lambda: pytest.fail("nothing was late"))
    watch.begin()
    watch.done()
    clock.go_on(50)
    assert clock.timers == []
    watch.begin()
    watch.stop()
    assert clock.timers == []
