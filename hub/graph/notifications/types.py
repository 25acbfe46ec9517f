import asyncio
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.graph.context import Info
from hub.graph.fields import READS, clock, column, computed, either, global_id, shown_directives
from hub.graph.interfaces import Node
from hub.graph.lazy import lazy
from hub.notifications.targets import ABOUT, BY_KIND
from hub.notifications.texts import text_of
from hub.users.loaders import user_by_id

_ACTORS_SHOWN = 3

User = Annotated["Any", lazy("hub.graph.users.types", "User")]
Sanction = Annotated["Any", lazy("hub.graph.users.types", "Sanction")]
Comment = Annotated["Any", lazy("hub.graph.comments.types", "Comment")]
Category = Annotated["Any", lazy("hub.graph.forum.types", "Category")]
Thread = Annotated["Any", lazy("hub.graph.forum.types", "Thread")]
Post = Annotated["Any", lazy("hub.graph.posts.types", "Post")]
Club = Annotated["Any", lazy("hub.graph.clubs.types", "Club")]
Event = Annotated["Any", lazy("hub.graph.events.types", "Event")]

FollowTarget = Annotated[
    User | Category | Thread | Post | Club | Event,
    strawberry.union("FollowTarget", description="What can be followed."),
]
NotificationTarget = Annotated[
    Comment | Category | Thread | Post | Event | Club | Sanction,
    strawberry.union("NotificationTarget", description="What an entry of an inbox is about."),
]


@strawberry.enum(description="What a person wants to hear of what they follow.")
class FollowLevel(Enum):
    MUTED = strawberry.enum_value("MUTED", description="Nothing, not even replies and mentions there.")
    MENTIONS = strawberry.enum_value("MENTIONS", description="Mentions and replies to the person, as without a follow.")
    DIGEST = strawberry.enum_value("DIGEST", description="All of it, in the inbox, gathered elsewhere.")
    ALL = strawberry.enum_value("ALL", description="All of it.")


@strawberry.enum(description="How a person came to follow something.")
class FollowReason(Enum):
    MANUAL = strawberry.enum_value("MANUAL", description="Chosen by hand; stays until it is changed by hand.")
    AUTHORED = strawberry.enum_value("AUTHORED", description="By beginning it.")
    COMMENTED = strawberry.enum_value("COMMENTED", description="By writing a comment there.")
    PARTICIPATED = strawberry.enum_value("PARTICIPATED", description="By taking part in its action.")
    RSVP = strawberry.enum_value("RSVP", description="By answering for it.")
    MEMBERSHIP = strawberry.enum_value("MEMBERSHIP", description="By being a member.")


@strawberry.type(description="What one person wants to hear of one thing; shown to that person alone.")
class Follow(Node):
    id: strawberry.ID = global_id("Follow")
    target: FollowTarget | None = either(
        BY_KIND, tag="target_kind", key="target_id", description="The thing; null once the person may not see it."
    )
    level: FollowLevel = column("level", description="How much of it.")
    reason: FollowReason = column("reason", description="How it came about.")
    since: datetime = column(description="Since when.")
    muted_until: datetime | None = column(
        description="Until then as with `MUTED`, afterwards by `level` again; null for no pause."
    )


@strawberry.enum(description="What happened.")
class NotificationKind(Enum):
    REPLY = strawberry.enum_value(
        "REPLY", description="Somebody replied to the person's comment, or commented on what they wrote or follow."
    )
    POST_UPDATE = strawberry.enum_value(
        "POST_UPDATE", description="A post in which the person took part, or that they follow, goes on."
    )
    MENTION = strawberry.enum_value("MENTION", description="Somebody wrote the person's `@handle`, outside quotes.")
    REACTION = strawberry.enum_value("REACTION", description="Somebody reacted to what the person wrote.")
    OFFICIAL_RESPONSE = strawberry.enum_value(
        "OFFICIAL_RESPONSE",
        description="Somebody answered officially to a post in which the person took part, or that they follow.",
    )
    ACTION_MILESTONE = strawberry.enum_value(
        "ACTION_MILESTONE", description="So many take part in the action of such a post that a milestone was reached."
    )
    SUCCESSOR_OPENED = strawberry.enum_value(
        "SUCCESSOR_OPENED", description="A post was published that continues a thread which the person follows."
    )
    POST_PUBLISHED = strawberry.enum_value(
        "POST_PUBLISHED", description="A post by whom, or for a club that, the person follows was published."
    )
    THREAD_ARCHIVED = strawberry.enum_value(
        "THREAD_ARCHIVED",
        description="A thread or category that the person follows was frozen; its `archive` says where talk goes on.",
    )
    EVENT_CHANGED = strawberry.enum_value(
        "EVENT_CHANGED", description="An event that the person answered or follows has another plan."
    )
    EVENT_CANCELLED = strawberry.enum_value(
        "EVENT_CANCELLED", description="An event that the person answered or follows does not take place."
    )
    EVENT_REMINDER = strawberry.enum_value(
        "EVENT_REMINDER", description="An event to which the person wants to come begins within 24 hours."
    )
    WAITLIST_PROMOTED = strawberry.enum_value(
        "WAITLIST_PROMOTED", description="The person waited for a seat at an event, and has it now."
    )
    MEMBERSHIP_APPROVED = strawberry.enum_value(
        "MEMBERSHIP_APPROVED",
        description="The person asked to join a club, and was let in. Who was declined is not told.",
    )
    MEMBERSHIP_REQUESTED = strawberry.enum_value(
        "MEMBERSHIP_REQUESTED", description="Somebody asks to join a club of which the person is an owner."
    )
    MODERATION_DECISION = strawberry.enum_value(
        "MODERATION_DECISION",
        description="Staff laid a sanction on the person, removed what the person wrote, or decided about the person's"
        " story below a post.",
    )


@strawberry.type(
    description="An entry of an inbox, shown to its person alone. While it is unread, what happens of the same kind to"
    " the same thing is counted in it and moves it to the top; afterwards it begins anew under the same id."
)
class Notification(Node):
    id: strawberry.ID = global_id("Notification")
    kind: NotificationKind = column("kind", description="What happened.")
    actor_count: int = column(description="How many did it; beyond 20, one who comes again may count twice.")
    count: int = column(description="How often it happened.")
    target: NotificationTarget | None = either(
        ABOUT,
        tag="target_kind",
        key="target_id",
        description="What it happened to; of a mention the comment with it. Null where the person may not see it.",
    )
    text: str = computed(
        text_of,
        *("kind", "target_kind", "count", "actor_count", "actor_name"),
        description="All of it in a sentence, in English.",
    )
    created_at: datetime = column(description="When the first of it happened.")
    updated_at: datetime = column(description="When the last of it happened.")
    read_at: datetime | None = column(
        "shown_read_at",
        description="When it was read, or when all was marked as read the last time; null while it is unread.",
    )

    @strawberry.field(
        description="Who did it, at most 3, the latest first; people who are gone are left out.",
        directives=shown_directives(cost=_ACTORS_SHOWN),
        metadata={READS: ()},
    )
    async def actors(self: Any, info: Info) -> list[User]:
        last = self["actor_ids"][:_ACTORS_SHOWN]
        found = await asyncio.gather(*(info.context.reader.one(user_by_id, actor) for actor in last))
        return [user for user in found if user is not None]


@strawberry.type(description="How much is unread, kept with every change.")
class UnreadCounts:
    notifications: int = column(description="Entries of the inbox.")
    as_of: datetime = clock(description="When it was read.")
