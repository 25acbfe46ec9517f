from collections.abc import Mapping
from typing import Any

from hub.refusals import CapacityRefusal, ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.tables import Row, fill
from hub.subjects.rules import ensure_not_frozen, visible_subjects
from hub.users.rules import ensure_signed_in


def visible_rsvps(standing: Standing) -> str:
    """Those of a visible event, unless the person keeps theirs private."""
    if standing.staff:
        return "true"  # as every event is
    event = fill(visible_subjects(standing), "rs")
    reachable = f"exists (select 1 from subjects rs where rs.id = {{t}}.event_id and ({event}))"
    own = " or {t}.user_id = :viewer" if standing.signed_in else ""
    return f"({{t}}.public_attendance{own}) and {reachable}"


def ensure_may_rsvp(viewer: Viewer, event: Mapping[str, Any]) -> None:
    """Unlike commenting, an answer stays possible when talk is locked; a freeze or the event's end ends it."""
    ensure_signed_in(viewer)
    ensure_not_frozen(event, "eventId")
    if event["is_over"]:
        raise Refusal(ErrorCode.CLOSED, "This event takes no answers any more.", "eventId")


def ensure_guests(event: Row, guests: int) -> None:
    if not 0 <= guests <= event["max_guests"]:
        raise FieldRefusal(
            ErrorCode.INVALID,
            f"You may bring 0 to {event['max_guests']} guests.",
            "guests",
            least=0,
            most=event["max_guests"],
        )


def ensure_seats(event: Row, wanted: int) -> None:
    """`wanted` is how many more seats are taken than before; whoever takes none more may always answer."""
    if wanted > 0 and event["capacity"] is not None and wanted > event["seats_left"]:
        raise CapacityRefusal("This event has not that many seats left.", "eventId")
