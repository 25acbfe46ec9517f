from collections.abc import Mapping
from datetime import datetime
from typing import Any

from email_validator import EmailNotValidError, validate_email

from hub.refusals import AccessRefusal, ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Standing, Viewer

IN_FORCE = "{t}.lifted_at is null and ({t}.expires_at is null or {t}.expires_at > {now})"
"""Of a sanction. An end needs no job: the clock of the database decides each time."""


def ensure_signed_in(viewer: Viewer) -> int:
    """The viewer's user id."""
    if viewer.user_id is None and viewer.app_id is not None:
        raise AccessRefusal(
            ErrorCode.FORBIDDEN, "An app does this for a member only: send the token of the member's grant."
        )
    if viewer.user_id is None:
        raise Refusal(ErrorCode.UNAUTHENTICATED, "Log in first: send a token as `Authorization: Bearer TOKEN`.")
    return viewer.user_id


def ensure_standing(viewer: Viewer, *standings: Standing) -> int:
    user_id = ensure_signed_in(viewer)
    if viewer.standing not in standings:
        raise AccessRefusal(
            ErrorCode.FORBIDDEN, "Your role does not allow this: ask somebody whose role does, or an admin."
        )
    return user_id


def ensure_may_talk(viewer: Viewer) -> int:
    """The id of a viewer whom nobody has muted."""
    user_id = ensure_signed_in(viewer)
    if viewer.muted:
        raise AccessRefusal(
            ErrorCode.FORBIDDEN,
            "You are muted and may only read: wait until that ends, or ask a moderator.",
            until=viewer.muted_until,
        )
    return user_id


def ensure_may_sanction(viewer: Viewer, user_id: int, role: Standing) -> int:
    """Moderators sanction those who are no staff, admins everybody else; nobody themselves."""
    by = ensure_standing(viewer, Standing.MODERATOR, Standing.ADMIN)
    if user_id == by or (role.staff and viewer.standing is not Standing.ADMIN):
        raise AccessRefusal(ErrorCode.FORBIDDEN, "This is not for you to decide: ask an admin.", "userId")
    return by


def visible_sanctions(standing: Standing) -> str:
    """Staff see all, a person those laid on that person."""
    if standing.staff:
        return "true"
    return "{t}.user_id = :viewer" if standing.signed_in else "false"


KEEPS_OUT = ("BAN", "SUSPENSION")
"""The kinds of sanctions that let nobody in."""


def kept_out(kind: str, until: datetime | None) -> AccessRefusal:
    """What a person hears whom a ban or a suspension keeps out."""
    if kind == "BAN":
        return AccessRefusal(
            ErrorCode.BANNED,
            "This account is banned: write to the people who run this hub if you think that is wrong.",
            until=until,
        )
    return AccessRefusal(ErrorCode.SUSPENDED, "This account is suspended: come back when that has ended.", until=until)


def ensure_email(email: str) -> str:
    try:
        return validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError:
        raise FieldRefusal(
            ErrorCode.INVALID, "This is no e-mail address: write it like `name@example.org`.", "email"
        ) from None


def email_key(email: str) -> str:
    return email.casefold()


def ensure_may_block(viewer: Viewer, person: Mapping[str, Any]) -> None:
    if person["id"] == ensure_signed_in(viewer):
        raise Refusal(ErrorCode.INVALID, "You cannot block yourself: choose somebody else.", "userId")


def has_blocked(standing: Standing, person: str) -> str:
    """Whether the viewer has blocked the person whose id this SQL gives."""
    if not standing.signed_in:
        return "false"
    return f"exists (select 1 from blocks vb where vb.user_id = :viewer and vb.blocked_id = {person})"
