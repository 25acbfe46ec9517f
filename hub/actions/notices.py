"""What actions tell on their own streams, which have their ids."""

ACTION_TALLIED = "action_tallied"
"""Its `ref_id` is the number that a batch came to."""
MILESTONE_REACHED = "milestone_reached"
"""Its `ref_id` is the milestone's id."""
ACTION_STATE = "action_state"
"""The state is another one than was told last; its `ref_id` is the action's id."""
