from hub.events.tables import event_hosts, events, rsvps
from hub.store.loaders import Loader, Via
from hub.subjects.rules import listed
from hub.users.tables import users

_LISTED = "{over}.visibility <> 'UNLISTED'"
_WINDOW = {
    "since": "{t}.starts_at >= {as_instant arg_since}",
    "until": "{t}.starts_at < {as_instant arg_until}",
}

event_by_id = Loader(events, "id")
event_by_slug = Loader(events, "slug")
events_by_start = Loader(
    events,
    None,
    many=True,
    where=_LISTED,
    order=("starts_at", "id"),
    args={**_WINDOW, "club_id": "{t}.club_id = {as_id arg_club_id}"},
)
events_of_club = Loader(events, "club_id", many=True, where=_LISTED, order=("starts_at", "id"), args=_WINDOW)
hosts_of_event = Loader(
    users, "event_id", many=True, order=("position", "id"), via=Via(event_hosts, "event_id", "user_id")
)

rsvp_by_id = Loader(rsvps, "id")
rsvps_of_event = Loader(
    rsvps, "event_id", many=True, order=("at", "id"), args={"status": "{t}.status = {as_text arg_status}"}
)
rsvps_of_user = Loader(rsvps, "user_id", many=True, where=listed("{t}.event_id"), order=("at", "id"))
viewer_rsvp_of_event = Loader(rsvps, "event_id", where="{t}.user_id = :viewer")
