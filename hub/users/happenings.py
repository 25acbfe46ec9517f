"""What happened that concerns people beside those who follow a stream live: one job a fact, queued by who writes it.

Who is told, and who follows from now on, is worked out by whoever takes the job, never by the one who writes.
"""

from dataclasses import dataclass, field
from datetime import datetime

from hub.jobs.kinds import Kind, Priority


@dataclass(frozen=True)
class Happened:
    """What happened (`kind`) to what, by whom, None for the house. `ref_id` is what did it, so that each is told of
    one fact once; `person_id` is the one whom it is for, where it is for one alone; `at` is the time that was set
    for it in advance: moved or taken back meanwhile, it is told to nobody."""

    kind: str
    target_kind: str
    target_id: int
    actor_id: int | None
    ref_id: int
    person_id: int | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Involved:
    """What makes people follow the target by themselves (`reason`) began or ended for these; of `AUTHORED` the target
    knows them. Which it was is looked up by who takes the job, so it may come late, twice, or after the next one."""

    reason: str
    target_kind: str
    target_id: int
    people: list[int] = field(default_factory=list[int])


HAPPENED = Kind("people.happened", Happened)
INVOLVED = Kind("people.involved", Involved, priority=Priority.BULK)
