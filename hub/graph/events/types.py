from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.clubs.loaders import club_by_id
from hub.comments.rules import ensure_may_comment
from hub.events.loaders import event_by_id, hosts_of_event, rsvps_of_event, viewer_rsvp_of_event
from hub.events.rules import ensure_may_change, ensure_may_rsvp
from hub.graph.abilities import Ability, AbilityState, viewer_can
from hub.graph.connections import Connection
from hub.graph.fields import column, computed, connection, global_id, listing, one, part
from hub.graph.interfaces import Followable, Node, Permissioned, viewer_follow
from hub.graph.lazy import lazy
from hub.graph.paging import DEFAULT, After, First, filters
from hub.graph.scalars import URL, TimeZone
from hub.graph.subjects.commentable import Commentable
from hub.graph.subjects.types import ArchiveInfo, Visibility
from hub.graph.values import Body, Place
from hub.store.formulas import address
from hub.users.loaders import user_by_id

User = Annotated["Any", lazy("hub.graph.users.types", "User")]
Follow = Annotated["Any", lazy("hub.graph.notifications.types", "Follow")]
Club = Annotated["Any", lazy("hub.graph.clubs.types", "Club")]


@strawberry.enum(description="Where an event stands.")
class EventStatus(Enum):
    TENTATIVE = strawberry.enum_value("TENTATIVE", description="Not certain yet.")
    CONFIRMED = strawberry.enum_value("CONFIRMED", description="Takes place.")
    POSTPONED = strawberry.enum_value("POSTPONED", description="Later, at a time still open.")
    CANCELLED = strawberry.enum_value("CANCELLED", description="Does not take place.")
    ENDED = strawberry.enum_value("ENDED", description="Over.")


@strawberry.enum(description="How people take part.")
class Attendance(Enum):
    IN_PERSON = strawberry.enum_value("IN_PERSON", description="At the place.")
    ONLINE = strawberry.enum_value("ONLINE", description="From anywhere.")
    HYBRID = strawberry.enum_value("HYBRID", description="Either way.")


@strawberry.enum(description="A person's answer to an event.")
class RsvpStatus(Enum):
    GOING = strawberry.enum_value("GOING", description="Comes; has a seat.")
    MAYBE = strawberry.enum_value("MAYBE", description="May come; has no seat.")
    DECLINED = strawberry.enum_value("DECLINED", description="Does not come.")
    WAITLISTED = strawberry.enum_value("WAITLISTED", description="Waits for a seat.")
    CANCELLED = strawberry.enum_value("CANCELLED", description="Took the answer back.")


def _rsvp_arguments(
    first: First = DEFAULT,
    after: After = None,
    status: Annotated[RsvpStatus | None, strawberry.argument(description="Only answers of this kind.")] = None,
) -> Any: ...


def _pick_rsvps(arguments: Any) -> Any:
    status = arguments.get("status")
    return rsvps_of_event, filters(status=status.name if status else None)


@strawberry.type(description="How many answered what.")
class RsvpCounts:
    going: int = column("going_count", description="People who come, without their guests.")
    guests: int = column("guest_count", description="Guests whom they bring.")
    maybe: int = column("maybe_count", description="People who may come.")
    waitlisted: int = column("waitlisted_count", description="People who wait for a seat.")
    declined: int = column("declined_count", description="People who do not come.")


def _url(site_url: str, slug: str) -> str:
    return f"{site_url}/events/{slug}"


@strawberry.type(description="A club event.")
class Event(Node, Commentable, Followable, Permissioned):
    id: strawberry.ID = global_id("Event")
    slug: str = column(description="Unique name for addresses.")
    url: URL = computed(
        _url, "slug", setting="site_url", formula=address("/events/"), description="Address for people."
    )
    club: Club | None = one(club_by_id, "club_id", description="The club that holds it, if the viewer may see it.")
    hosts: list[User] = listing(hosts_of_event, "id", description="Who hosts it; at most 100.")
    title: str = column(description="What it is called, in one line.")
    body: Body = part(description="What it is about.")
    starts_at: datetime = column(description="Start.")
    ends_at: datetime | None = column(description="End; null if open.")
    time_zone: TimeZone = column(description="Zone of the place: show its times in it.")
    all_day: bool = column(description="Whether only the days count.")
    status: EventStatus = column("status", description="Where it stands.")
    visibility: Visibility = column("visibility", description="Who may see it.")
    attendance: Attendance = column("attendance", description="How people take part.")
    place: Place | None = part(when="place_name", description="Where it takes place; null for online events.")
    online_url: URL | None = column(description="Where to take part from afar.")
    rsvp_closes_at: datetime | None = column(description="Until when answers are taken; null: until its end.")
    max_guests: int = column(description="Guests that one person may bring.")
    capacity: int | None = column(description="Seats; null without a limit.")
    seats_left: int | None = column(description="Seats still free; null without a limit.")
    waitlist_enabled: bool = column(description="Whether people may wait for a seat when it is full.")
    waitlist_limit: int | None = column(description="How many may wait; null means 1,000.")
    counts: RsvpCounts = part(description="How many answered what.")
    rsvps: Connection["Rsvp"] = connection(
        _pick_rsvps,
        arguments=_rsvp_arguments,
        loaders=[rsvps_of_event],
        description="Answers that the viewer may see, oldest first.",
    )
    viewer_rsvp: "Rsvp | None" = one(
        viewer_rsvp_of_event, "id", description="The viewer's own answer; null without one."
    )
    archive: ArchiveInfo | None = part(when="frozen_at", description="That and why it is frozen, or will be.")
    version: int = column(description="Rises with each edit; hand it back as `expectedVersion`.")
    viewer_follow: Follow | None = viewer_follow("EVENT")
    viewer_can: list[AbilityState] = viewer_can(
        {
            Ability.COMMENT: lambda viewer, row, _: ensure_may_comment(viewer, row),
            Ability.RSVP: lambda viewer, row, _: ensure_may_rsvp(viewer, row),
            Ability.EDIT: lambda viewer, row, _: ensure_may_change(viewer, row),
        },
        *("talk", "is_frozen", "is_over", "club_id", "status"),
    )


@strawberry.type(description="One person's answer to an event.")
class Rsvp(Node):
    id: strawberry.ID = global_id("Rsvp")
    event: Event = one(event_by_id, "event_id", description="The event.")
    user: User | None = one(user_by_id, "user_id", description="Who answered.")
    status: RsvpStatus = column("status", description="The answer.")
    guests: int = column(description="Guests whom they bring.")
    waitlist_position: int | None = column(
        description="Place on the waiting list, 1 is next; null for those who do not wait."
    )
    note: str | None = column(description="A word to the hosts.")
    public_attendance: bool = column(description="Whether others see this answer.")
    at: datetime = column(description="When they first answered.")
    updated_at: datetime = column(description="When they last answered.")
