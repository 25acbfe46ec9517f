from collections.abc import Mapping
from typing import Any

from hub.refusals import AccessRefusal, ConflictRefusal, ErrorCode, Refusal, ScopeRefusal
from hub.store.audience import Standing, Viewer
from hub.store.tables import Row
from hub.users.rules import ensure_may_talk, ensure_signed_in, ensure_standing

TEAM = (Standing.POLICY_TEAM, Standing.ADMIN)
EXPORTS, READS_PERSONAL = "EXPORT", "ACTIONS_READ_PERSONAL"

DELIVERED = "coalesce({t}.delivered_at <= {now}, false)"
CLOSED = (
    f"({DELIVERED}"
    """ or coalesce({t}.closes_at <= {now}, false)
    or not exists (select 1 from posts ap join subjects s on s.id = ap.id
        where ap.id = {t}.post_id and ap.status = 'PUBLISHED' and (s.frozen_at is null or s.frozen_at > {now})))"""
)
"""Of an action: handed over, past its end, or its post is not published or is frozen. The database's clock judges
each time."""
ENDED = ("CLOSED", "DELIVERED")

TAKES = f"not {CLOSED} and not {{t}}.paused and (" + "{t}.opens_at is null or {t}.opens_at <= {now})"
"""Of an action: whether it takes participations now."""


SHOWN = """({t}.status = 'COUNTED'
    and ({t}.display_name is not null or {t}.public_note is not null or {t}.review = 'APPROVED'))"""
"""Of a participation: whether the person gave something to be shown to everybody."""


_OWN_PART = """exists (select 1 from participations op
    where op.id = {t}.participation_id and op.user_id = :viewer)"""


def visible_participations(standing: Standing) -> str:
    """All see what is to be shown, a person the own one, the policy team and admins each."""
    if standing in TEAM:
        return "true"
    return f"{{t}}.user_id = :viewer or {SHOWN}" if standing.signed_in else SHOWN


def visible_to_team(standing: Standing) -> str:
    """A list of all is for the policy team and admins."""
    return "true" if standing in TEAM else "false"


def shows_all(standing: Standing) -> str:
    """Whether more of a participation is shown than is for everybody: to the person, the policy team and admins."""
    if standing in TEAM:
        return "true"
    return "coalesce({t}.user_id = :viewer, false)" if standing.signed_in else "false"


def visible_outreach(standing: Standing) -> str:
    """To whom one turned is seen by that person, the policy team and admins."""
    if standing in TEAM:
        return "true"
    return _OWN_PART if standing.signed_in else "false"


def shows_story(standing: Standing) -> str:
    """Whether the story is shown: while it counts, to the person and the team, and to everybody once it is approved."""
    return f"({{t}}.status = 'COUNTED' and (coalesce({{t}}.review = 'APPROVED', false) or {shows_all(standing)}))"


def ensure_may_ask(viewer: Viewer) -> int:
    return ensure_standing(viewer, *TEAM)


def ensure_may_read_personal(viewer: Viewer) -> int:
    if viewer.lacks(frozenset({READS_PERSONAL})):
        raise ScopeRefusal([READS_PERSONAL])
    return ensure_may_ask(viewer)


def ensure_may_export(viewer: Viewer, *, personal: bool) -> int:
    if viewer.lacks(frozenset({EXPORTS})):
        raise ScopeRefusal([EXPORTS])
    return ensure_may_read_personal(viewer) if personal else ensure_may_ask(viewer)


def ensure_version(action: Row, expected: int | None) -> None:
    if expected is not None and action["version"] != expected:
        raise ConflictRefusal(
            "The action was changed meanwhile: read it again, and change what is there now.",
            "expectedVersion",
            current_version=action["version"],
        )


def ensure_may_participate(viewer: Viewer, action: Mapping[str, Any]) -> int:
    """Where OWNER is asked for, a person belongs to an owner club."""
    user_id = ensure_may_talk(viewer)
    ensure_takes(action)
    if action["verification"] == "OWNER" and not viewer.clubs:
        raise AccessRefusal(ErrorCode.FORBIDDEN, "This is for members of an owner club: join one first.", "actionId")
    return user_id


def ensure_may_participate_as_guest(viewer: Viewer, action: Mapping[str, Any]) -> None:
    """Who has no account takes part where the action lets such people in."""
    if viewer.user_id is not None or viewer.app_id is not None or not action["allow_anonymous"]:
        ensure_signed_in(viewer)
        raise AccessRefusal(ErrorCode.FORBIDDEN, "You have an account: take part with it.", "email")
    ensure_takes(action)


def ensure_may_take_part(viewer: Viewer, action: Mapping[str, Any]) -> None:
    """With an account, or without one."""
    if viewer.user_id is None and viewer.app_id is None:
        ensure_may_participate_as_guest(viewer, action)
    else:
        ensure_may_participate(viewer, action)


def ensure_takes(action: Mapping[str, Any]) -> None:
    """Whether it takes anybody now."""
    match action["state"]:
        case "UPCOMING":
            raise Refusal(ErrorCode.LOCKED, "This has not begun yet: come back when it has.", "actionId")
        case "PAUSED":
            raise Refusal(ErrorCode.LOCKED, "This is paused: come back when it goes on.", "actionId")
        case "CLOSED" | "DELIVERED":
            raise Refusal(ErrorCode.CLOSED, "This has ended: look for another one.", "actionId")
        case _:
            return
