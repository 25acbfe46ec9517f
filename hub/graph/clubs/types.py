from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.clubs.loaders import club_by_id, members_of_club, pending_members_of_club, viewer_membership_of_club
from hub.clubs.rules import ensure_may_join, ensure_may_manage_members
from hub.events.loaders import events_of_club
from hub.forum.loaders import threads_of_club
from hub.graph.abilities import Ability, AbilityState, viewer_can
from hub.graph.connections import Connection
from hub.graph.directives import ApiScope
from hub.graph.fields import column, connection, global_id, listing, one, part
from hub.graph.interfaces import Followable, Node, Permissioned, viewer_follow
from hub.graph.lazy import lazy
from hub.graph.paging import DEFAULT, After, First, filters, page_arguments
from hub.graph.subjects.types import Visibility
from hub.graph.values import Body, Count, count
from hub.graph.windows import Window, window_filters
from hub.partners.loaders import apps_of_club
from hub.posts.loaders import posts_of_club
from hub.users.loaders import user_by_id

User = Annotated["Any", lazy("hub.graph.users.types", "User")]
Follow = Annotated["Any", lazy("hub.graph.notifications.types", "Follow")]
Thread = Annotated["Any", lazy("hub.graph.forum.types", "Thread")]
Post = Annotated["Any", lazy("hub.graph.posts.types", "Post")]
Event = Annotated["Any", lazy("hub.graph.events.types", "Event")]

PartnerApp = Annotated["Any", lazy("hub.graph.partners.types", "PartnerApp")]


@strawberry.enum(description="How one becomes a member of a club.")
class JoinPolicy(Enum):
    OPEN = strawberry.enum_value("OPEN", description="By joining.")
    REQUEST = strawberry.enum_value("REQUEST", description="By asking.")
    INVITE = strawberry.enum_value("INVITE", description="By being asked.")


@strawberry.enum(description="A person's role in one club.")
class ClubRole(Enum):
    MEMBER = strawberry.enum_value("MEMBER", description="Takes part.")
    ORGANIZER = strawberry.enum_value("ORGANIZER", description="Makes events.")
    MODERATOR = strawberry.enum_value("MODERATOR", description="Keeps talk civil.")
    OWNER = strawberry.enum_value("OWNER", description="Runs the club.")


@strawberry.enum(description="State of a membership.")
class MembershipStatus(Enum):
    ACTIVE = strawberry.enum_value("ACTIVE", description="A member.")
    REQUESTED = strawberry.enum_value("REQUESTED", description="Asks to join; the club's owners decide.")
    LEFT = strawberry.enum_value("LEFT", description="Left on their own.")
    REMOVED = strawberry.enum_value("REMOVED", description="Removed by the club.")


def _member_arguments(
    first: First = DEFAULT,
    after: After = None,
    role: Annotated[ClubRole | None, strawberry.argument(description="Only members in this role.")] = None,
) -> Any: ...


def _pick_members(arguments: Any) -> Any:
    role = arguments.get("role")
    return members_of_club, filters(role=role.name if role else None)


def _event_arguments(first: First = DEFAULT, after: After = None, window: Window = None) -> Any: ...


@strawberry.type(description="An owner club.")
class Club(Node, Followable, Permissioned):
    id: strawberry.ID = global_id("Club")
    slug: str = column(description="Unique name for addresses.")
    name: str = column(description="Name to show.")
    about: Body | None = part(when="body_source", description="What the club is about.")
    region: str | None = column(description="State or region, e.g. `TX`.")
    join_policy: JoinPolicy = column("join_policy", description="How one becomes a member.")
    visibility: Visibility = column("visibility", description="Who may see the club.")
    version: int = column(description="Rises with each edit; hand it back as `expectedVersion`.")
    created_at: datetime = column(description="When it was founded here.")
    member_count: Count = count("member_count", description="Active members.")
    members: Connection["Membership"] = connection(
        _pick_members,
        arguments=_member_arguments,
        total="member_count",
        loaders=[members_of_club],
        description="Active members, the longest ones first.",
    )
    pending_members: Connection["Membership"] = connection(
        pending_members_of_club,
        arguments=page_arguments,
        scope=ApiScope.CLUBS_MANAGE,
        description="Who asks to join, the longest waiting first; all for the club's owners and admins, one's own for"
        " others.",
    )
    threads: Connection[Thread] = connection(
        threads_of_club, arguments=page_arguments, description="Threads of the club, the latest active ones first."
    )
    posts: Connection[Post] = connection(
        posts_of_club, arguments=page_arguments, description="Published posts that address the club, newest first."
    )
    events: Connection[Event] = connection(
        lambda arguments: (events_of_club, window_filters(arguments.get("window"))),
        arguments=_event_arguments,
        loaders=[events_of_club],
        description="Events by start, past ones included unless a window is given.",
    )
    partner_apps: list[PartnerApp] = listing(
        apps_of_club, "id", description="Apps that are bound to the club, by name; for its owners, empty for others."
    )
    viewer_membership: "Membership | None" = one(
        viewer_membership_of_club, "id", description="The viewer's own membership; null without one."
    )
    viewer_follow: Follow | None = viewer_follow("CLUB")
    viewer_can: list[AbilityState] = viewer_can(
        {
            Ability.JOIN: lambda viewer, row, _: ensure_may_join(viewer, row),
            Ability.MANAGE_MEMBERS: lambda viewer, row, _: ensure_may_manage_members(viewer, row),
        },
        *("id", "join_policy"),
    )


@strawberry.type(description="That a person belongs to a club.")
class Membership(Node):
    id: strawberry.ID = global_id("Membership")
    club: Club = one(club_by_id, "club_id", description="The club.")
    user: User = one(user_by_id, "user_id", description="The member.")
    role: ClubRole = column("role", description="Role in the club.")
    title: str | None = column(description="What the club calls them.")
    status: MembershipStatus = column(
        "status",
        description="State. Requests to join are seen by who made them, the club's owners and admins; all others see"
        " active ones only.",
    )
    since: datetime = column(description="Member since; of a request, when it was made.")
