from hub.store.audience import Standing
from hub.text.plain import ensure_line

_REASON = 500


def visible_entries(standing: Standing) -> str:
    return "true" if standing is Standing.ADMIN else "false"


def ensure_reason(reason: str | None, argument: str = "reason") -> str | None:
    """The actor's words for the log, on one line, if there are any."""
    return ensure_line(reason, argument, least=1, most=_REASON) if reason is not None else None
