from datetime import datetime
from typing import Annotated, Any

import strawberry

from hub.clubs.loaders import club_by_id
from hub.comments.loaders import comment_by_id
from hub.events.loaders import event_by_id
from hub.forum.loaders import category_by_id, thread_by_id
from hub.graph.fields import column, either, global_id, one
from hub.graph.interfaces import Node
from hub.graph.lazy import lazy
from hub.graph.scalars import JSON
from hub.partners.loaders import app_by_id
from hub.posts.loaders import post_by_id, topic_by_id
from hub.users.loaders import user_by_id

User = Annotated["Any", lazy("hub.graph.users.types", "User")]
Club = Annotated["Any", lazy("hub.graph.clubs.types", "Club")]
PartnerApp = Annotated["Any", lazy("hub.graph.partners.types", "PartnerApp")]

_TARGETS = {
    "User": user_by_id,
    "PartnerApp": app_by_id,
    "Club": club_by_id,
    "Category": category_by_id,
    "Thread": thread_by_id,
    "Post": post_by_id,
    "Topic": topic_by_id,
    "Event": event_by_id,
    "Comment": comment_by_id,
}


@strawberry.type(description="An act of staff, or a change of roles, apps or tokens, as it was. Only admins see it.")
class AuditLogEntry(Node):
    id: strawberry.ID = global_id("AuditLogEntry")
    at: datetime = column(description="When it was done.")
    actor: User | None = one(user_by_id, "actor_id", description="Who did it; null for the `hub` command.")
    app: PartnerApp | None = one(app_by_id, "app_id", description="The app that did it for them; null without one.")
    action: str = column(description="What was done, e.g. `user.role_set`.")
    target: Node | None = either(
        _TARGETS, tag="target_kind", key="target_id", description="To what; null when it is gone."
    )
    club: Club | None = one(club_by_id, "club_id", description="The club that it concerns; null for the whole hub.")
    reason: str | None = column(description="Why, in the actor's words.")
    before: JSON | None = column("before", description="What changed, as it was before. Never a secret or an address.")
    after: JSON | None = column("after", description="What changed, as it was after. Never a secret or an address.")
    request_id: str = column(description="The request that did it, as in the log; `shell` for the `hub` command.")
