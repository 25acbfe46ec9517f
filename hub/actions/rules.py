from collections.abc import Mapping
from typing import Any

from hub.refusals import AccessRefusal, ErrorCode, Refusal
from hub.store.audience import Standing, Viewer
from hub.users.rules import ensure_may_talk, ensure_standing

CLOSED = """(coalesce({t}.closes_at <= {now}, false)
    or not exists (select 1 from posts ap join subjects s on s.id = ap.id
        where ap.id = {t}.post_id and ap.status = 'PUBLISHED' and (s.frozen_at is null or s.frozen_at > {now})))"""
"""Of an action: past its end, or its post is not published or is frozen. The database's clock judges each time."""

TAKES = f"not {CLOSED} and not {{t}}.paused and (" + "{t}.opens_at is null or {t}.opens_at <= {now})"
"""Of an action: whether it takes participations now."""


def visible_participations(standing: Standing) -> str:
    """The policy team and admins see all, a person the own ones."""
    if standing in {Standing.POLICY_TEAM, Standing.ADMIN}:
        return "true"
    return "{t}.user_id = :viewer" if standing.signed_in else "false"


def ensure_may_ask(viewer: Viewer) -> int:
    return ensure_standing(viewer, Standing.POLICY_TEAM, Standing.ADMIN)


def ensure_may_participate(viewer: Viewer, action: Mapping[str, Any]) -> int:
    """Where OWNER is asked for, a person belongs to an owner club."""
    user_id = ensure_may_talk(viewer)
    match action["state"]:
        case "UPCOMING":
            raise Refusal(ErrorCode.LOCKED, "This has not begun yet.", "actionId")
        case "PAUSED":
            raise Refusal(ErrorCode.LOCKED, "This is paused.", "actionId")
        case "CLOSED":
            raise Refusal(ErrorCode.CLOSED, "This has ended.", "actionId")
        case _:
            pass
    if action["verification"] == "OWNER" and not viewer.clubs:
        raise AccessRefusal(ErrorCode.FORBIDDEN, "This is for members of an owner club.", "actionId")
    return user_id
