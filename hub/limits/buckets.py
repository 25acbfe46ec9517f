"""A bucket of tokens: it begins full, fills up evenly, and what was spent elsewhere may put it into debt.

The one rule, here and in a script inside Redis (`redis.py`); a test holds one to the other.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """`capacity` tokens at once, and `per_second` more each second, up to the capacity."""

    capacity: float
    per_second: float

    def seconds_until(self, tokens: float, level: float) -> float:
        """Until a bucket at `level` holds so many; 0 when it does."""
        return max(0.0, tokens - level) / self.per_second


class Bucket:
    """`at` is the time in seconds of the last look. A debt goes no deeper than one capacity."""

    __slots__ = ("at", "level", "rate")

    def __init__(self, rate: Rate, now: float) -> None:
        self.rate = rate
        self.level = rate.capacity
        self.at = now

    def fill(self, now: float) -> None:
        if now > self.at:
            self.level = min(self.rate.capacity, self.level + (now - self.at) * self.rate.per_second)
            self.at = now

    def spend(self, amount: float) -> None:
        """Below zero: give back, which lifts no bucket above its capacity."""
        self.level = max(-self.rate.capacity, min(self.rate.capacity, self.level - amount))
