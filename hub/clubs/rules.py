from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.tables import Row


def visible_clubs(standing: Standing) -> str:
    if standing.staff:
        return "true"
    if standing is Standing.CLUB_APP:
        return "{t}.id = :within"
    if standing.signed_in:
        return "{t}.visibility in ('PUBLIC', 'UNLISTED', 'MEMBERS') or {t}.id {in clubs}"
    return "{t}.visibility in ('PUBLIC', 'UNLISTED')"


def visible_memberships(_standing: Standing) -> str:
    """Active ones; of clubs that the viewer sees, as the table says."""
    return "{t}.status = 'ACTIVE'"


def may_see_club(viewer: Viewer, club: Row) -> bool:
    """The twin of `visible_clubs`, held to it by a property test."""
    if viewer.standing is Standing.CLUB_APP:
        return club["id"] == viewer.within
    if viewer.standing.staff or club["visibility"] in {"PUBLIC", "UNLISTED"}:
        return True
    return viewer.standing.signed_in and (club["visibility"] == "MEMBERS" or club["id"] in viewer.clubs)


def ensure_open_to_join(club: Row) -> None:
    if club["join_policy"] != "OPEN":
        raise Refusal(ErrorCode.FORBIDDEN, "This club takes members by request or invitation only.", "clubId")
