import re
from collections.abc import Mapping
from typing import Any

from email_validator import EmailNotValidError, validate_email

from hub.refusals import AccessRefusal, ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Standing, Viewer

_SHORTEST, _LONGEST = 2, 30
_HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?", re.IGNORECASE)


def ensure_signed_in(viewer: Viewer) -> int:
    """The viewer's user id."""
    if viewer.user_id is None:
        raise Refusal(ErrorCode.UNAUTHENTICATED, "Log in first: send a token as `Authorization: Bearer TOKEN`.")
    return viewer.user_id


def ensure_standing(viewer: Viewer, *standings: Standing) -> int:
    user_id = ensure_signed_in(viewer)
    if viewer.standing not in standings:
        raise AccessRefusal(ErrorCode.FORBIDDEN, "This is not for members of your role.")
    return user_id


def ensure_handle(handle: str) -> str:
    if not _SHORTEST <= len(handle) <= _LONGEST or not _HANDLE.fullmatch(handle):
        raise FieldRefusal(
            ErrorCode.INVALID,
            f"A handle has {_SHORTEST} to {_LONGEST} letters and digits, with . _ - between them.",
            "handle",
            least=_SHORTEST,
            most=_LONGEST,
        )
    return handle


def handle_key(handle: str) -> str:
    """Handles that differ only in case are one."""
    return handle.casefold()


def ensure_email(email: str) -> str:
    try:
        return validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError:
        raise FieldRefusal(ErrorCode.INVALID, "This is no e-mail address.", "email") from None


def email_key(email: str) -> str:
    return email.casefold()


def ensure_may_block(viewer: Viewer, person: Mapping[str, Any]) -> None:
    if person["id"] == ensure_signed_in(viewer):
        raise Refusal(ErrorCode.INVALID, "You cannot block yourself.", "userId")


def has_blocked(standing: Standing, person: str) -> str:
    """Whether the viewer has blocked the person whose id this SQL gives."""
    if not standing.signed_in:
        return "false"
    return f"exists (select 1 from blocks vb where vb.user_id = :viewer and vb.blocked_id = {person})"
