"""The facts that an event tells on its own stream; `ref_id` is the event's id."""

EVENT_CHANGED = "event_changed"
EVENT_CANCELLED = "event_cancelled"
