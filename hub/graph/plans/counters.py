"""What became of queries: answered by a plan, or executed and why. `/metrics` shows the sum of all planners."""

from collections import Counter
from dataclasses import dataclass, field

from hub import metrics


@dataclass
class Counters:
    """`answered` by kind of plan, `executed` by reason, `missed` by reason; `differed` of the `shadowed` ones."""

    answered: Counter[str] = field(default_factory=Counter[str])
    executed: Counter[str] = field(default_factory=Counter[str])
    missed: Counter[str] = field(default_factory=Counter[str])
    compiled: int = 0
    rested: int = 0
    shadowed: int = 0
    differed: int = 0

    def answer(self, kind: str, seconds: float, characters: int) -> None:
        self.answered[kind] += 1
        metrics.of(metrics.PLAN_SECONDS, kind).observe(seconds)
        metrics.PLAN_CHARACTERS.inc(characters)

    def execute(self, reason: str) -> None:
        self.executed[reason] += 1
        metrics.UNPLANNED.labels(_short(reason)).inc()

    def miss(self, reason: str) -> None:
        self.missed[reason] += 1
        metrics.PLAN_MISSES.labels(_short(reason)).inc()

    def compile(self) -> None:
        self.compiled += 1
        metrics.PLANS_COMPILED.inc()

    def rest(self) -> None:
        self.rested += 1
        metrics.PLANS_RESTED.inc()

    def shadow(self, *, same: bool) -> None:
        self.shadowed += 1
        self.differed += not same
        metrics.PLANS_COMPARED.labels("same" if same else "different").inc()


def _short(reason: str) -> str:
    """Without what the database itself said."""
    return reason.partition(":")[0]
