from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.graph.fields import column, either, global_id
from hub.graph.interfaces import Node
from hub.graph.lazy import lazy
from hub.notifications.targets import BY_KIND

User = Annotated["Any", lazy("hub.graph.users.types", "User")]
Category = Annotated["Any", lazy("hub.graph.forum.types", "Category")]
Thread = Annotated["Any", lazy("hub.graph.forum.types", "Thread")]
Post = Annotated["Any", lazy("hub.graph.posts.types", "Post")]
Club = Annotated["Any", lazy("hub.graph.clubs.types", "Club")]
Event = Annotated["Any", lazy("hub.graph.events.types", "Event")]

FollowTarget = Annotated[
    User | Category | Thread | Post | Club | Event,
    strawberry.union("FollowTarget", description="What can be followed."),
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
