from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.clubs.loaders import memberships_of_user
from hub.comments.loaders import comments_of_user
from hub.events.loaders import rsvps_of_user
from hub.forum.loaders import threads_of_user
from hub.graph.abilities import Ability, AbilityState, viewer_can
from hub.graph.connections import Connection
from hub.graph.context import Info
from hub.graph.fields import column, connection, global_id, part, shown_directives
from hub.graph.interfaces import Node, Permissioned
from hub.graph.lazy import lazy
from hub.graph.paging import DEFAULT, After, First, page_arguments, to_page
from hub.graph.scalars import URL, Locale, TimeZone
from hub.graph.values import Body, LegacyOrigin
from hub.users.loaders import people_blocked_by
from hub.users.rules import ensure_may_block

Membership = Annotated["Any", lazy("hub.graph.clubs.types", "Membership")]
Thread = Annotated["Any", lazy("hub.graph.forum.types", "Thread")]
Rsvp = Annotated["Any", lazy("hub.graph.events.types", "Rsvp")]
CommentConnection = Annotated["Any", lazy("hub.graph.comments.types", "CommentConnection")]


@strawberry.enum(description="A person's role on the whole hub.")
class PlatformRole(Enum):
    MEMBER = strawberry.enum_value("MEMBER", description="Takes part.")
    POLICY_TEAM = strawberry.enum_value("POLICY_TEAM", description="Writes engagement posts.")
    MODERATOR = strawberry.enum_value("MODERATOR", description="Keeps talk civil; sees what is hidden.")
    ADMIN = strawberry.enum_value("ADMIN", description="Runs the hub.")


@strawberry.enum(description="What became of an account.")
class AccountStatus(Enum):
    ACTIVE = strawberry.enum_value("ACTIVE", description="In use.")
    RESTRICTED = strawberry.enum_value("RESTRICTED", description="Reads, with limits on writing.")
    SUSPENDED = strawberry.enum_value("SUSPENDED", description="May not sign in for a time.")
    BANNED = strawberry.enum_value("BANNED", description="May not sign in.")
    LEGACY_STUB = strawberry.enum_value("LEGACY_STUB", description="Imported; nobody has claimed it yet.")


@strawberry.type(description="A person.")
class User(Node, Permissioned):
    id: strawberry.ID = global_id("User")
    handle: str = column(description="Unique name, without regard to case.")
    display_name: str = column(description="The name to show.")
    avatar_url: URL | None = column(description="Picture.")
    bio: Body | None = part(when="body_source", description="A word about themselves.")
    role: PlatformRole = column("role", description="Role on the whole hub.")
    status: AccountStatus = column("status", description="What became of the account.")
    joined_at: datetime = column(description="When they joined, the old forum included.")
    legacy: LegacyOrigin | None = part(
        when="legacy_id", description="Where the person was imported from; null for those who joined here."
    )
    clubs: Connection[Membership] = connection(
        memberships_of_user, arguments=page_arguments, description="Memberships that the viewer may see, oldest first."
    )
    threads: Connection[Thread] = connection(
        threads_of_user, arguments=page_arguments, description="Threads they began, newest first."
    )
    comments: CommentConnection = connection(
        comments_of_user, arguments=page_arguments, description="Their comments that are shown, newest first."
    )
    rsvps: Connection[Rsvp] = connection(
        rsvps_of_user, arguments=page_arguments, description="Their public answers to events, oldest first."
    )
    viewer_blocked: bool = column(description="Whether the viewer has blocked them: their comments are then `folded`.")
    viewer_can: list[AbilityState] = viewer_can(
        {Ability.BLOCK: lambda viewer, row, _: ensure_may_block(viewer, row)}, "id"
    )


@strawberry.type(description="Whoever asks, with what only they may see.")
class Viewer:
    user: User = strawberry.field(description="The person.")
    email: str | None = strawberry.field(description="Address for signing in; null where none is known.")
    locale: Locale = strawberry.field(description="Language of their choice.")
    time_zone: TimeZone = strawberry.field(description="Zone of their choice.")

    @strawberry.field(
        description="People whom the viewer has blocked, the latest first, 20 unless told.",
        directives=shown_directives(cost=2, multipliers=["first"]),
    )
    async def blocked_users(self, info: Info, first: First = DEFAULT, after: After = None) -> Connection[User]:
        page = to_page(people_blocked_by, {"first": first, "after": after}, info.context.settings.page_size)
        rows = await info.context.reader.many(people_blocked_by, info.context.viewer.user_id, page)
        shown: Any = {"rows": rows, "loader": people_blocked_by, "total": None, "of": {}}
        return shown
