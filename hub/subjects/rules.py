from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from hub.refusals import AccessRefusal, ErrorCode, FrozenRefusal, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.tables import Row

Place: TypeAlias = Mapping[str, Any]


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
        " or exists (select 1 from event_hosts eh where eh.event_id = {t}.id and eh.user_id = :viewer)"
    )
    return f"{{t}}.club_id = :within and ({seen})" if standing is Standing.CLUB_APP else seen


def may_see(viewer: Viewer, subject: Row, hosts: Collection[int] = ()) -> bool:
    """The twin of `visible_subjects`, held to it by a property test; `hosts` are those of an event."""
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
    return drafts or (viewer.user_id is not None and viewer.user_id in {subject["author_id"], *hosts})


def ensure_within(viewer: Viewer, club_id: int | None, argument: str) -> None:
    """Refuse an app that is bound to a club to begin something anywhere else."""
    if viewer.standing is Standing.CLUB_APP and not _is_within(viewer, club_id):
        raise AccessRefusal(
            ErrorCode.FORBIDDEN, "This app may write in its own club only: choose a place of that club.", argument
        )


def _is_within(viewer: Viewer, club_id: int | None) -> bool:
    return club_id is not None and club_id == viewer.within


def ensure_open(place: Place, argument: str) -> None:
    """Refuse what writes to a frozen, locked or closed subject; `place` is its row or one that knows its `talk`."""
    match place["talk"]:
        case "OPEN":
            return
        case "ARCHIVED":
            raise _frozen(place, argument)
        case "CLOSED":
            raise Refusal(ErrorCode.CLOSED, "Commenting here has ended: you can still read it.", argument)
        case _:
            raise Refusal(ErrorCode.LOCKED, "This place is locked: wait until it is opened again.", argument)


def ensure_not_frozen(place: Place, argument: str) -> None:
    """Refuse a frozen subject or category, and say where talk goes on."""
    if place["is_frozen"]:
        raise _frozen(place, argument)


def _frozen(place: Place, argument: str) -> FrozenRefusal:
    successor = place.get("successor_id")
    return FrozenRefusal(
        place.get("banner") or "This place is frozen and can only be read.",
        argument,
        since=place.get("frozen_at"),
        successor=(place["successor_kind"], successor) if successor is not None else None,
    )


def listed(subject_id: str) -> str:
    """Whether the subject whose id this SQL gives may stand in a list: what is unlisted has an address only."""
    return f"exists (select 1 from subjects ls where ls.id = {subject_id} and ls.visibility <> 'UNLISTED')"
