"""What a person's own stream tells, as the graph shows it."""

from typing import Annotated, Any

import strawberry

from hub.clubs.loaders import viewer_membership_of_club
from hub.events.loaders import rsvp_by_id
from hub.graph.context import Context
from hub.graph.lazy import lazy
from hub.graph.notifications.types import Notification, UnreadCounts
from hub.graph.scalars import LiveCursor
from hub.graph.subjects.changes import CaughtUp, Change, Heartbeat, ReconnectAdvice, Resync, mark
from hub.live import feed
from hub.live.log import Notice
from hub.notifications.inbox import unread_count
from hub.notifications.loaders import notification_by_id
from hub.notifications.notices import INBOX_READ, NOTIFICATION_ARRIVED
from hub.users.notices import MEMBERSHIP_MOVED, RSVP_MOVED
from hub.users.rules import ensure_signed_in

Membership = Annotated["Any", lazy("hub.graph.clubs.types", "Membership")]
Rsvp = Annotated["Any", lazy("hub.graph.events.types", "Rsvp")]


@strawberry.type(description="Something came into the inbox, or was added to an entry of it.")
class NotificationArrived(Change):
    notification: Notification = strawberry.field(description="The entry as it is now; keep the latest `updatedAt`.")
    unread: UnreadCounts = strawberry.field(description="How much is unread now.")


@strawberry.type(description="Entries of the inbox were read, here or on another device.")
class NotificationsRead(Change):
    unread: UnreadCounts = strawberry.field(description="How much is unread now.")


@strawberry.type(description="The person joined a club, or has another role or title there.")
class MembershipMoved(Change):
    membership: Membership = strawberry.field(description="As it is now; one that ended shows as `AccessChanged`.")


@strawberry.type(description="The person's answer for an event changed.")
class RsvpMoved(Change):
    rsvp: Rsvp = strawberry.field(description="As it is now.")


@strawberry.type(
    description="The person's role, clubs or sanctions changed, or the scopes of the token: ask anew for what it can"
    " see and do. Said to readers that had caught up; its cursor is that of the change before."
)
class AccessChanged(Change):
    pass


ViewerChange = Annotated[
    NotificationArrived
    | NotificationsRead
    | MembershipMoved
    | RsvpMoved
    | AccessChanged
    | Resync
    | CaughtUp
    | Heartbeat
    | ReconnectAdvice,
    strawberry.union("ViewerChange", description="What a person's own stream tells."),
]


async def to_change(context: Context, item: feed.Item) -> Any | None:
    """The change to show; None where nothing is left to show of it."""
    cursor = LiveCursor(str(item.cursor))
    match item:
        case feed.Told():
            return await _told(context, item.notice, cursor)
        case feed.AccessChanged():
            return AccessChanged(cursor=cursor, at=item.at)
        case feed.Burst() | feed.Tallied():  # not wished for on this stream
            return None
        case _:
            return mark(item, cursor)


async def _told(context: Context, notice: Notice, cursor: LiveCursor) -> Any | None:
    reader, at, ref_id = context.reader, notice.at, notice.ref_id
    row: Any
    match notice.kind:
        case kind if kind == NOTIFICATION_ARRIVED:
            if (row := await reader.one(notification_by_id, ref_id)) is None:
                return None
            return NotificationArrived(cursor=cursor, at=at, notification=row, unread=await _unread(context))
        case kind if kind == INBOX_READ:
            return NotificationsRead(cursor=cursor, at=at, unread=await _unread(context))
        case kind if kind == MEMBERSHIP_MOVED:
            row = await reader.one(viewer_membership_of_club, ref_id)
            return MembershipMoved(cursor=cursor, at=at, membership=row) if row is not None else None
        case kind if kind == RSVP_MOVED:
            row = await reader.one(rsvp_by_id, ref_id)
            return RsvpMoved(cursor=cursor, at=at, rsvp=row) if row is not None else None
        case _:  # of a later version, on the same database
            return None


async def _unread(context: Context) -> Any:
    return {"notifications": await unread_count(context.backend.database, ensure_signed_in(context.viewer))}
