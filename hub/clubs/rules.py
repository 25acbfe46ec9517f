from collections.abc import Mapping
from typing import Any

from hub.refusals import AccessRefusal, ErrorCode, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.tables import Row
from hub.users.rules import ensure_signed_in

_OWNED = """exists (select 1 from memberships vo where vo.club_id = {t}.club_id and vo.user_id = :viewer
    and vo.role = 'OWNER' and vo.status = 'ACTIVE')"""


def visible_clubs(standing: Standing) -> str:
    if standing.staff:
        return "true"
    if standing is Standing.CLUB_APP:
        return "{t}.id = :within"
    if standing.signed_in:
        return "{t}.visibility in ('PUBLIC', 'UNLISTED', 'MEMBERS') or {t}.id {in clubs}"
    return "{t}.visibility in ('PUBLIC', 'UNLISTED')"


def visible_memberships(standing: Standing) -> str:
    """Active ones, and who asks to join for that person and those who decide; of clubs that the viewer sees."""
    if standing is Standing.ADMIN:
        return "{t}.status in ('ACTIVE', 'REQUESTED')"
    if not standing.signed_in:
        return "{t}.status = 'ACTIVE'"
    return f"({{t}}.status = 'ACTIVE' or ({{t}}.status = 'REQUESTED' and ({{t}}.user_id = :viewer or {_OWNED})))"


def may_see_club(viewer: Viewer, club: Row) -> bool:
    """The twin of `visible_clubs`, held to it by a property test."""
    if viewer.standing is Standing.CLUB_APP:
        return club["id"] == viewer.within
    if viewer.standing.staff or club["visibility"] in {"PUBLIC", "UNLISTED"}:
        return True
    return viewer.standing.signed_in and (club["visibility"] == "MEMBERS" or club["id"] in viewer.clubs)


def ensure_may_join(viewer: Viewer, club: Mapping[str, Any]) -> None:
    """Whoever belongs to the club already may; joining again changes nothing."""
    ensure_signed_in(viewer)
    if club["id"] in viewer.clubs:
        return
    if club["id"] in viewer.barred:
        raise AccessRefusal(ErrorCode.FORBIDDEN, "This club has ended your membership: ask its owners.", "clubId")
    if club["join_policy"] not in {"OPEN", "REQUEST"}:
        raise Refusal(
            ErrorCode.FORBIDDEN, "This club takes members by invitation only: ask its owners for one.", "clubId"
        )


def ensure_may_manage_members(viewer: Viewer, club: Mapping[str, Any]) -> None:
    ensure_signed_in(viewer)
    if viewer.standing is not Standing.ADMIN and not viewer.holds(club["id"], "OWNER"):
        raise AccessRefusal(ErrorCode.FORBIDDEN, "This is for the owners of the club: ask one of them.", "membershipId")


def ensure_keeps_an_owner(club: Row, role: str, argument: str) -> None:
    """Before a member of this role leaves, is removed or gets another role."""
    if role == "OWNER" and club["owner_count"] <= 1:
        raise AccessRefusal(ErrorCode.FORBIDDEN, "A club keeps an owner: make somebody else owner first.", argument)
