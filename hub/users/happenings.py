"""What happened that concerns people beside those who follow a stream live: one job a fact, queued by who writes it.

Who is told is worked out by whoever takes the job, never by the one who writes.
"""

from dataclasses import dataclass

from hub.jobs.kinds import Kind


@dataclass(frozen=True)
class Happened:
    """What happened (`kind`) to what, by whom, None for the house. `ref_id` is what did it, so that each is told of
    one fact once; `person_id` is the one whom it is for, where it is for one alone."""

    kind: str
    target_kind: str
    target_id: int
    actor_id: int | None
    ref_id: int
    person_id: int | None = None


HAPPENED = Kind("people.happened", Happened)
