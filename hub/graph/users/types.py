from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.actions.loaders import participations_of_user
from hub.clubs.loaders import memberships_of_user
from hub.comments.loaders import comments_of_user
from hub.events.loaders import rsvps_of_user
from hub.forum.loaders import threads_of_user
from hub.graph.abilities import Ability, AbilityState, viewer_can
from hub.graph.connections import Connection
from hub.graph.context import Info
from hub.graph.declarations import LISTING_LIMIT
from hub.graph.directives import ApiScope
from hub.graph.fields import column, connection, global_id, one, part, shown_directives
from hub.graph.ids import to_global
from hub.graph.interfaces import Followable, Node, Permissioned, viewer_follow
from hub.graph.lazy import lazy
from hub.graph.paging import DEFAULT, After, First, page_arguments, to_page
from hub.graph.scalars import URL, LiveCursor, Locale, TimeZone
from hub.graph.values import Body, LegacyOrigin
from hub.notifications.inbox import unread_count
from hub.notifications.loaders import devices_of_user, follows_of_user, notifications_of_user, unread_of_user
from hub.notifications.settings import chosen_by
from hub.partners.loaders import grants_of_user, tokens_of_scripts
from hub.store.loaders import Loader, Page
from hub.users.loaders import people_blocked_by, sanctions_of_user, user_by_id
from hub.users.personal import cursor_of
from hub.users.rules import ensure_may_block, ensure_signed_in
from hub.users.sessions import sessions_of

UnreadOnly = Annotated[bool, strawberry.argument(description="Only what is not read.")]
_LISTED = 100
Membership = Annotated["Any", lazy("hub.graph.clubs.types", "Membership")]
Follow = Annotated["Any", lazy("hub.graph.notifications.types", "Follow")]
NotificationSettings = Annotated["Any", lazy("hub.graph.notifications.settings", "NotificationSettings")]
Notification = Annotated["Any", lazy("hub.graph.notifications.types", "Notification")]
UnreadCounts = Annotated["Any", lazy("hub.graph.notifications.types", "UnreadCounts")]
Thread = Annotated["Any", lazy("hub.graph.forum.types", "Thread")]
Rsvp = Annotated["Any", lazy("hub.graph.events.types", "Rsvp")]
Participation = Annotated["Any", lazy("hub.graph.actions.types", "Participation")]
PushDevice = Annotated["Any", lazy("hub.graph.notifications.devices", "PushDevice")]
AppGrant = Annotated["Any", lazy("hub.graph.partners.types", "AppGrant")]
AppToken = Annotated["Any", lazy("hub.graph.partners.types", "AppToken")]
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
    RESTRICTED = strawberry.enum_value("RESTRICTED", description="Muted: reads, and may not talk.")
    SUSPENDED = strawberry.enum_value("SUSPENDED", description="May not sign in for a time.")
    BANNED = strawberry.enum_value("BANNED", description="May not sign in.")
    LEGACY_STUB = strawberry.enum_value("LEGACY_STUB", description="Imported; nobody has claimed it yet.")


@strawberry.type(description="A person.")
class User(Node, Followable, Permissioned):
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
    viewer_follow: Follow | None = viewer_follow("USER")
    viewer_can: list[AbilityState] = viewer_can(
        {Ability.BLOCK: lambda viewer, row, _: ensure_may_block(viewer, row)}, "id"
    )


@strawberry.enum(description="What staff can lay on a person.")
class SanctionKind(Enum):
    WARNING = strawberry.enum_value("WARNING", description="A word to remember; forbids nothing.")
    MUTE = strawberry.enum_value("MUTE", description="May read, and not write comments or threads.")
    SUSPENSION = strawberry.enum_value("SUSPENSION", description="May not sign in until its end.")
    BAN = strawberry.enum_value("BAN", description="May not sign in.")


@strawberry.type(description="What staff laid on a person; seen by that person and by staff.")
class Sanction(Node):
    id: strawberry.ID = global_id("Sanction")
    user: User = one(user_by_id, "user_id", description="On whom.")
    kind: SanctionKind = column("kind", description="What it forbids.")
    reason: str = column("reason", description="Why, in words for that person.")
    by: User | None = one(
        user_by_id, "shown_by_id", description="Who laid it on; null for all but staff, and for the house."
    )
    at: datetime = column("at", description="Since when.")
    expires_at: datetime | None = column("expires_at", description="When it ends by itself; null for never.")
    lifted_at: datetime | None = column(
        "lifted_at",
        description="When staff ended it, or put another of its kind in its place; null while they did not.",
    )


@strawberry.type(description="One sign-in, on one device.")
class Session:
    id: strawberry.ID = strawberry.field(description="For `logout`.")
    started_at: datetime = strawberry.field(description="When it began.")
    last_seen_at: datetime = strawberry.field(
        description="When its tokens were last refreshed; so at most `HUB_ACCESS_MINUTES` behind."
    )
    device: str | None = strawberry.field(description="Name that the client gave at `login`; null without one.")
    current: bool = strawberry.field(description="Whether it is the one that asks.")


@strawberry.type(description="Whoever asks, with what only they may see.")
class Viewer:
    user: User = strawberry.field(description="The person.")
    email: str | None = strawberry.field(
        description="Address for signing in; null where none is known.",
        directives=shown_directives(scope=ApiScope.USER_READ_PRIVATE),
    )
    email_verified: bool = strawberry.field(
        description="Whether a link sent to that address was opened.",
        directives=shown_directives(scope=ApiScope.USER_READ_PRIVATE),
    )
    locale: Locale = strawberry.field(description="Language of their choice.")
    time_zone: TimeZone = strawberry.field(description="Zone of their choice.")

    @strawberry.field(
        description="Their open sessions, at most 100, the one seen last first.",
        directives=shown_directives(cost=2, scope=ApiScope.USER_READ_PRIVATE),
    )
    async def sessions(self, info: Info) -> list[Session]:
        found = await sessions_of(info.context.backend.database, info.context.viewer)
        return [
            Session(
                id=strawberry.ID(to_global("Session", one.id)),
                started_at=one.started_at,
                last_seen_at=one.last_seen_at,
                device=one.device,
                current=one.current,
            )
            for one in found
        ]

    @strawberry.field(
        description="What was laid on them, over or not; the 100 newest, newest first.",
        directives=shown_directives(cost=2, scope=ApiScope.USER_READ_PRIVATE),
    )
    async def sanctions(self, info: Info) -> list[Sanction]:
        return await sanctions_on(info, info.context.viewer.user_id)

    @strawberry.field(
        description="Apps that may act for them, at most 100, the longest ones first.",
        directives=shown_directives(scope=ApiScope.USER_READ_PRIVATE),
    )
    async def authorized_apps(self, info: Info) -> list[AppGrant]:
        return await _own(info, grants_of_user)

    @strawberry.field(
        description="Good tokens of their scripts, at most 100, oldest first.",
        directives=shown_directives(scope=ApiScope.USER_READ_PRIVATE),
    )
    async def personal_tokens(self, info: Info) -> list[AppToken]:
        return await _own(info, tokens_of_scripts)

    @strawberry.field(
        description="People whom the viewer has blocked, the latest first, 20 unless told.",
        directives=shown_directives(cost=2, multipliers=["first"], scope=ApiScope.USER_READ_PRIVATE),
    )
    async def blocked_users(self, info: Info, first: First = DEFAULT, after: After = None) -> Connection[User]:
        return await _page(info, people_blocked_by, first, after)

    @strawberry.field(
        description="What the viewer follows, the latest first, 20 unless told.",
        directives=shown_directives(cost=2, multipliers=["first"], scope=ApiScope.USER_READ_PRIVATE),
    )
    async def follows(self, info: Info, first: First = DEFAULT, after: After = None) -> Connection[Follow]:
        return await _page(info, follows_of_user, first, after)

    @strawberry.field(
        description="Where they take part or did, the latest first, 20 unless told.",
        directives=shown_directives(cost=2, multipliers=["first"], scope=ApiScope.USER_READ_PRIVATE),
    )
    async def participations(
        self, info: Info, first: First = DEFAULT, after: After = None
    ) -> Connection[Participation]:
        return await _page(info, participations_of_user, first, after)

    @strawberry.field(
        description="Their inbox, what happened last first, 20 unless told.",
        directives=shown_directives(cost=2, multipliers=["first"], scope=ApiScope.USER_READ_PRIVATE),
    )
    async def notifications(
        self, info: Info, first: First = DEFAULT, after: After = None, unread_only: UnreadOnly = False
    ) -> Connection[Notification]:
        return await _page(info, unread_of_user if unread_only else notifications_of_user, first, after)

    @strawberry.field(
        description="How much they have not read.",
        directives=shown_directives(cost=1, scope=ApiScope.USER_READ_PRIVATE),
    )
    async def unread(self, info: Info) -> UnreadCounts:
        count = await unread_count(info.context.backend.database, ensure_signed_in(info.context.viewer))
        return {"notifications": count}

    @strawberry.field(
        description="How they are told of what happens.",
        directives=shown_directives(cost=2, scope=ApiScope.USER_READ_PRIVATE),
    )
    async def notification_settings(self, info: Info) -> NotificationSettings:
        found: Any = await chosen_by(info.context.backend.database, ensure_signed_in(info.context.viewer))
        return found

    @strawberry.field(
        description="Browsers that take push messages for them, at most `HUB_PUSH_DEVICES`, the newest first.",
        directives=shown_directives(scope=ApiScope.USER_READ_PRIVATE),
    )
    async def push_devices(self, info: Info) -> list[PushDevice]:
        return await _own(info, devices_of_user)

    @strawberry.field(
        description="Position to hand to `viewerStream`, so that nothing is lost between this read and the"
        " subscription.",
        directives=shown_directives(cost=1, scope=ApiScope.USER_READ_PRIVATE),
    )
    async def live_cursor(self, info: Info) -> LiveCursor:
        found = await cursor_of(info.context.backend.database, ensure_signed_in(info.context.viewer))
        return LiveCursor(str(found))


async def sanctions_on(info: Info, user_id: int | None) -> Any:
    """Those that the viewer may see."""
    return (await info.context.reader.many(sanctions_of_user, user_id, Page(_LISTED))).rows


async def _page(info: Info, loader: Loader, first: int | None, after: str | None) -> Any:
    page = to_page(loader, {"first": first, "after": after}, info.context.settings.page_size)
    rows = await info.context.reader.many(loader, info.context.viewer.user_id, page)
    return {"rows": rows, "loader": loader, "total": None, "of": {}}


async def _own(info: Info, loader: Loader) -> Any:
    return (await info.context.reader.many(loader, info.context.viewer.user_id, Page(LISTING_LIMIT))).rows
