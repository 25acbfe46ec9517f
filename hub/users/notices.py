"""The facts that a person's own stream tells; its id is the person's, and so is `ref_id`."""

from typing import Any

from hub.live import log

ACCESS_CHANGED = "access_changed"
"""What the person may see or do is not what it was: a role, a status, a token, a membership."""


def access_changed(user_id: int) -> dict[str, Any]:
    """The parameters of `log.TELL` in a chain that changes a person's access."""
    return {"stream": user_id, "facts": log.facts(ACCESS_CHANGED, user_id)}
