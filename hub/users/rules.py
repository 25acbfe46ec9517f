import re

from email_validator import EmailNotValidError, validate_email

from hub.refusals import AccessRefusal, ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Standing, Viewer

_SHORTEST, _LONGEST = 2, 30
_HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?", re.IGNORECASE)


def ensure_signed_in(viewer: Viewer) -> int:
    """The viewer's user id."""
    if viewer.user_id is None and viewer.app_id is not None:
        raise AccessRefusal(ErrorCode.FORBIDDEN, "An app does this for a member only, with the token of their grant.")
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
