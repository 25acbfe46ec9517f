"""The fact that an app's own stream tells; its id is the app's, and so is `ref_id`."""

from typing import Any

from hub.live import log
from hub.users.notices import ACCESS_CHANGED


def app_changed(app_id: int) -> dict[str, Any]:
    """The parameters of `log.TELL` in a chain that changes what an app may see or do."""
    return {"stream": app_id, "facts": log.facts(ACCESS_CHANGED, app_id)}
