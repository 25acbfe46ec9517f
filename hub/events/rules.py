from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from hub.refusals import AccessRefusal, CapacityRefusal, ConflictRefusal, ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.tables import Row
from hub.subjects.rules import ensure_not_frozen
from hub.text.addresses import ensure_web_address
from hub.users.rules import ensure_signed_in

ADDRESS_CHARS = 500
WAITING_MOST = 1_000
"""People on a waiting list, where the event says no less."""
_LONGEST = timedelta(days=366)
_YEARS = (1900, 9990)
"""In which an event begins: beyond, the hours before it or its end may be no times that a calendar knows."""
_ZONES = available_timezones()


def visible_rsvps(standing: Standing) -> str:
    """All but those of persons who keep theirs private."""
    if standing.staff:
        return "true"
    return "{t}.public_attendance" + (" or {t}.user_id = :viewer" if standing.signed_in else "")


def ensure_may_rsvp(viewer: Viewer, event: Mapping[str, Any]) -> None:
    """Unlike commenting, an answer stays possible when talk is locked; a freeze or the event's end ends it."""
    ensure_signed_in(viewer)
    ensure_not_frozen(event, "eventId")
    if event["is_over"]:
        raise Refusal(
            ErrorCode.CLOSED, "This event takes no answers any more: write to those who organize it.", "eventId"
        )


def ensure_guests(event: Row, guests: int) -> None:
    if not 0 <= guests <= event["max_guests"]:
        raise FieldRefusal(
            ErrorCode.INVALID,
            f"You may bring 0 to {event['max_guests']} guests: name so many.",
            "guests",
            least=0,
            most=event["max_guests"],
        )


def ensure_seats(event: Row, wanted: int) -> None:
    """`wanted` is how many more seats are taken than before; whoever takes none more may always answer."""
    if wanted > 0 and event["capacity"] is not None and wanted > event["seats_left"]:
        raise _full(event)


def ensure_may_wait(event: Row, wanted: int, *, wait: bool) -> None:
    if not wait or not event["waitlist_enabled"]:
        raise _full(event)
    ensure_could_fit(event, wanted)
    if event["waitlisted_count"] >= _waiting_most(event):
        message = "This event is full, and so is its waiting list: look again later."
        raise CapacityRefusal(message, "eventId", full=True, waiting=event["waitlisted_count"])


def ensure_could_fit(event: Row, wanted: int) -> None:
    """What would not fit into the empty event does not wait for a seat."""
    if event["capacity"] is not None and wanted > event["capacity"]:
        raise _full(event)


def _full(event: Row) -> CapacityRefusal:
    return CapacityRefusal(
        "This event has not that many seats left: bring fewer guests, or join its waiting list.",
        "eventId",
        waitlist_open=event["waitlist_enabled"] and event["waitlisted_count"] < _waiting_most(event),
        waiting=event["waitlisted_count"] if event["waitlist_enabled"] else None,
    )


def _waiting_most(event: Row) -> int:
    return WAITING_MOST if event["waitlist_limit"] is None else event["waitlist_limit"]


def ensure_may_plan(viewer: Viewer, club_id: int | None, argument: str) -> int:
    """Organizers and owners plan their club's events, the policy team those of the hub itself, admins all."""
    user_id = ensure_signed_in(viewer)
    if viewer.standing is Standing.ADMIN or viewer.holds(club_id, "OWNER", "ORGANIZER"):
        return user_id
    if club_id is None and viewer.standing is Standing.POLICY_TEAM:
        return user_id
    raise AccessRefusal(ErrorCode.FORBIDDEN, "This is for those who organize events here: ask one of them.", argument)


def ensure_may_change(viewer: Viewer, event: Mapping[str, Any]) -> None:
    """What was cancelled stays as it was."""
    ensure_may_plan(viewer, event["club_id"], "id")
    ensure_not_frozen(event, "id")
    if event["status"] == "CANCELLED":
        raise Refusal(ErrorCode.CLOSED, "This event was cancelled: plan a new one.", "id")


def ensure_version(event: Row, expected: int | None) -> None:
    if expected is None:
        raise Refusal(
            ErrorCode.REQUIRED, "Say which version you changed: the `version` that you read.", "expectedVersion"
        )
    if event["version"] != expected:
        raise ConflictRefusal(
            "The event was changed meanwhile: read it again, and change what is there now.",
            "expectedVersion",
            current_version=event["version"],
        )


def ensure_times(starts_at: datetime, ends_at: datetime | None, closes_at: datetime | None, zone: str) -> None:
    if zone not in _ZONES:
        raise Refusal(
            ErrorCode.INVALID, "There is no such time zone: give an IANA name such as `America/Chicago`.", "timeZone"
        )
    if not _YEARS[0] <= starts_at.year <= _YEARS[1]:
        message = f"An event begins in the years {_YEARS[0]} to {_YEARS[1]}: give such a time."
        raise FieldRefusal(ErrorCode.INVALID, message, "startsAt", least=_YEARS[0], most=_YEARS[1])
    if ends_at is not None and not starts_at < ends_at <= starts_at + _LONGEST:
        message = f"An event ends after its start, within {_LONGEST.days} days: give such an end."
        raise FieldRefusal(ErrorCode.INVALID, message, "endsAt", most=_LONGEST.days)
    if closes_at is not None and closes_at > (ends_at or starts_at):
        raise Refusal(
            ErrorCode.INVALID, "Answers close before the event is over: give an earlier time.", "rsvpClosesAt"
        )


def ensure_within_range(value: int | None, name: str, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise FieldRefusal(
            ErrorCode.INVALID, f"This is {least} to {most}: give such a number.", name, least=least, most=most
        )


def ensure_reachable(attendance: str, online_url: str | None, place_name: str | None) -> None:
    """Who comes needs a place, who takes part from afar an address."""
    if online_url is not None:
        ensure_web_address(online_url, "onlineUrl", most=ADDRESS_CHARS)
    if attendance == "IN_PERSON" and online_url is not None:
        raise Refusal(
            ErrorCode.INVALID,
            "An event in person has no such address: leave it out, or let `attendance` say that it is online too.",
            "onlineUrl",
        )
    if attendance == "ONLINE" and place_name is not None:
        raise Refusal(
            ErrorCode.INVALID,
            "An event that is online only has no place: leave it out, or let `attendance` say otherwise.",
            "place",
        )


def ensure_shown_to(visibility: str, club_id: int | None) -> None:
    if visibility == "CLUB" and club_id is None:
        raise Refusal(ErrorCode.REQUIRED, "What only a club may see belongs to a club: give `clubId`.", "clubId")
