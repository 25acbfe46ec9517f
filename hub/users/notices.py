"""The facts that a person's two streams tell: the one of access, and the personal one (`personal.py`)."""

from typing import Any

from hub.live import log

ACCESS_CHANGED = "access_changed"
"""What the person may see or do is not what it was: a role, a status, a token, a membership. On the stream of
access, whose id is the person's, and so is `ref_id`."""

MEMBERSHIP_MOVED = "membership_moved"
"""On the personal stream; `ref_id` is the club's id."""
RSVP_MOVED = "rsvp_moved"
"""On the personal stream; `ref_id` is the rsvp's id."""


def access_changed(user_id: int) -> dict[str, Any]:
    """The parameters of `log.TELL` in a chain that changes a person's access."""
    return {"stream": user_id, "facts": log.facts(ACCESS_CHANGED, user_id)}
