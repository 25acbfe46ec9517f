"""The facts that an event tells on its own stream, whose `ref_id` is the event's id, and a job for its seats."""

from dataclasses import dataclass

from hub.jobs.kinds import Kind

EVENT_CHANGED = "event_changed"
EVENT_CANCELLED = "event_cancelled"


@dataclass(frozen=True)
class SeatsFreed:
    event_id: int


SEATS_FREED = Kind("events.seats_freed", SeatsFreed)
"""Who waits gets the seats, by whoever takes this job; its key is the event's id."""
