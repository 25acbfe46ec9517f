from hub.events.models import EventHostRow, EventRow, RsvpRow
from hub.events.rules import visible_rsvps
from hub.store.tables import Derived, Table
from hub.subjects.tables import subjects

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
        )
    },
)
event_hosts = Table(EventHostRow, "")
rsvps = Table(RsvpRow, "Rsvp", visible=visible_rsvps)
