from hub.notifications.models import FollowRow, NotificationRow, PushDeviceRow
from hub.notifications.rules import visible_to_its_person
from hub.store.tables import Derived, Table

_INBOX = "(select i.{0} from inboxes i where i.id = :viewer)"
_READ_AT = f"""case when {{t}}.read_at is not null then {{t}}.read_at
    when {{t}}.position <= {_INBOX.format("read_up_to")} then {_INBOX.format("all_read_at")} end"""
_NAME = "(select u.display_name from users u where u.id = cast({t}.actor_ids ->> 0 as bigint))"

UNREAD = f"{{t}}.read_at is null and {{t}}.position > {_INBOX.format('read_up_to')}"

follows = Table(FollowRow, "Follow", visible=visible_to_its_person)
# For whoever tells them; no field of the graph may name it.
all_follows = Table(FollowRow, "")
notifications = Table(
    NotificationRow,
    "Notification",
    visible=visible_to_its_person,
    derived={
        "shown_read_at": Derived(_READ_AT, "instant", null=True),
        "actor_name": Derived(_NAME, "text", null=True),
    },
)
push_devices = Table(PushDeviceRow, "PushDevice", visible=visible_to_its_person)
