"""What became of queries: answered by a plan, or executed and why. Kept in the process, for whoever shows it."""

from collections import Counter
from dataclasses import dataclass, field


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
