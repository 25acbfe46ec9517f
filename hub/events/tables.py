from hub.events.models import EventHostRow, EventRow, RsvpRow
from hub.events.rules import visible_rsvps
from hub.store.tables import Derived, Table
from hub.subjects.tables import subjects

OVER = (
    "({t}.status in ('CANCELLED', 'ENDED') or coalesce({t}.ends_at, {t}.starts_at) < {now}"
    " or coalesce({t}.rsvp_closes_at < {now}, false))"
)

events = Table(
    EventRow,
    "Event",
    over=subjects,
    derived={
        "seats_left": Derived(
            "case when {t}.capacity is null then null"
            " when {t}.capacity > {t}.going_count + {t}.guest_count"
            " then {t}.capacity - {t}.going_count - {t}.guest_count else 0 end",
            "int",
            null=True,
        ),
        "is_over": Derived(OVER, "bool"),
    },
)
event_hosts = Table(EventHostRow, "")
_POSITION = (
    "case when {t}.status = 'WAITLISTED' then (select count(*) + 1 from rsvps w where w.event_id = {t}.event_id"
    " and w.status = 'WAITLISTED' and (w.waiting_since, w.id) < ({t}.waiting_since, {t}.id)) end"
)

rsvps = Table(
    RsvpRow,
    "Rsvp",
    visible=visible_rsvps,
    within={"event_id": subjects},
    derived={"waitlist_position": Derived(_POSITION, "int", null=True)},
)
