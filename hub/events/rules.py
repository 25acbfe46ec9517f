from hub.refusals import ErrorCode, FieldRefusal, FrozenRefusal, Refusal
from hub.store.audience import Standing
from hub.store.instants import now
from hub.store.tables import Row, fill
from hub.subjects.rules import visible_subjects


def visible_rsvps(standing: Standing) -> str:
    """Those of a visible event, unless the person keeps theirs private."""
    event = fill(visible_subjects(standing), "rs")
    reachable = f"exists (select 1 from subjects rs where rs.id = {{t}}.event_id and ({event}))"
    if standing.staff:
        return reachable
    own = " or {t}.user_id = :viewer" if standing.signed_in else ""
    return f"({{t}}.public_attendance{own}) and {reachable}"


def ensure_takes_answers(event: Row) -> None:
    """Unlike commenting, an answer stays possible when talk is locked; a freeze or the event's end ends it."""
    if event["is_frozen"]:
        raise FrozenRefusal(
            event["banner"] or "This event can only be read.", "eventId", since=event["frozen_at"], successor=None
        )
    ended = (event["ends_at"] or event["starts_at"]) < now()
    closed = event["rsvp_closes_at"] is not None and event["rsvp_closes_at"] < now()
    if event["status"] in {"CANCELLED", "ENDED"} or ended or closed:
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
