"""The facts that a subject tells on its own stream; `ref_id` is the subject's id."""

STATE_CHANGED = "state_changed"
