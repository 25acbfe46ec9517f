"""How long a closing connection may linger, and who is told when the server stops."""

from collections.abc import Callable, Mapping
from typing import Any

from hub.web.departure import LEAVE

LINGER = 2.0
"""Seconds in which a peer may take what was written before it is dropped."""


def leave(app_state: Mapping[str, Any]) -> bool:
    """Begin what the lifespan has put under `hub.leave`; False when there is nothing."""
    begin: Callable[[], object] | None = app_state.get(LEAVE)
    if begin is not None:
        begin()
    return begin is not None
