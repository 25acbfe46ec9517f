from hub.refusals import AccessRefusal, ErrorCode, FrozenRefusal, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.tables import Row


def visible_subjects(standing: Standing) -> str:
    if standing.staff:
        return "true"
    if not standing.signed_in:
        return "{t}.visibility in ('PUBLIC', 'UNLISTED')"
    drafts = " or {t}.kind = 'POST'" if standing is Standing.POLICY_TEAM else ""
    seen = (
        "{t}.visibility in ('PUBLIC', 'UNLISTED', 'MEMBERS')"
        " or ({t}.visibility = 'CLUB' and {t}.club_id {in clubs})"
        f" or {{t}}.author_id = :viewer{drafts}"
    )
    return f"{{t}}.club_id = :within and ({seen})" if standing is Standing.CLUB_APP else seen


def may_see(viewer: Viewer, subject: Row) -> bool:
    """The twin of `visible_subjects`, held to it by a property test."""
    if viewer.standing is Standing.CLUB_APP and not _is_within(viewer, subject["club_id"]):
        return False
    if viewer.standing.staff or subject["visibility"] in {"PUBLIC", "UNLISTED"}:
        return True
    if not viewer.standing.signed_in:
        return False
    if subject["visibility"] == "MEMBERS":
        return True
    if subject["visibility"] == "CLUB" and subject["club_id"] in viewer.clubs:
        return True
    drafts = viewer.standing is Standing.POLICY_TEAM and subject["kind"] == "POST"
    return drafts or (subject["author_id"] is not None and subject["author_id"] == viewer.user_id)


def ensure_within(viewer: Viewer, club_id: int | None, argument: str) -> None:
    """Refuse an app that is bound to a club to begin something anywhere else."""
    if viewer.standing is Standing.CLUB_APP and not _is_within(viewer, club_id):
        raise AccessRefusal(ErrorCode.FORBIDDEN, "This app may write in its own club only.", argument)


def _is_within(viewer: Viewer, club_id: int | None) -> bool:
    return club_id is not None and club_id == viewer.within


def ensure_open(subject: Row, argument: str) -> None:
    """Refuse what writes to a frozen, locked or closed subject."""
    ensure_not_frozen(subject, argument)
    if subject["is_closed"]:
        raise Refusal(ErrorCode.CLOSED, "Commenting here has ended.", argument)
    if subject["mode"] == "LOCKED":
        raise Refusal(ErrorCode.LOCKED, "This place is locked.", argument)


def ensure_not_frozen(place: Row, argument: str) -> None:
    """Refuse a frozen subject or category, and say where talk goes on."""
    if place["is_frozen"]:
        successor = place["successor_id"]
        raise FrozenRefusal(
            place["banner"] or "This place is frozen and can only be read.",
            argument,
            since=place["frozen_at"],
            successor=(place["successor_kind"], successor) if successor is not None else None,
        )
