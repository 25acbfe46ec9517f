from datetime import datetime

from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Standing
from hub.store.instants import now

LEVELS = ("MUTED", "MENTIONS", "DIGEST", "ALL")
TOLD_ALL = frozenset({"DIGEST", "ALL"})
FOLLOWS_BY = ("AUTHORED", "COMMENTED", "PARTICIPATED", "RSVP", "MEMBERSHIP")
"""What makes a person follow by itself, unless they choose otherwise."""


def visible_to_its_person(standing: Standing) -> str:
    """Nobody else's, not even for staff."""
    return "{t}.user_id = :viewer" if standing.signed_in else "false"


def ensure_ahead(muted_until: datetime | None) -> None:
    if muted_until is not None and muted_until <= now():
        raise Refusal(ErrorCode.INVALID, "This time has passed: give a later one.", "mutedUntil")


def is_muted(level: str, muted_until: datetime | None, at: datetime) -> bool:
    """Whether a person who follows so wants to hear nothing at this time, not even what is meant for them."""
    return level == "MUTED" or (muted_until is not None and muted_until > at)
