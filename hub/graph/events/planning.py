"""Events as those who organize them write them."""

from datetime import datetime
from typing import Any

import strawberry

from hub.events.commands.cancelling import cancel_event
from hub.events.commands.planning import PLACE_CHARS, Plan, Saved, change_event, create_event
from hub.events.loaders import event_by_id
from hub.graph.context import Info
from hub.graph.directives import ApiScope
from hub.graph.events.types import Attendance, Event
from hub.graph.fields import shown_directives
from hub.graph.ids import row_id
from hub.graph.payloads import Payload, Reference, answer, audited_reason, idempotency_key, mutation_id
from hub.graph.scalars import URL, Markdown, TimeZone
from hub.graph.subjects.types import Visibility

_GUESTS = 5


@strawberry.input(description="Where an event takes place.")
class PlaceInput:
    name: str = strawberry.field(description="What people call it, 1 to 200 characters.")
    address: str | None = strawberry.field(default=None, description="Street and number, at most 300 characters.")
    locality: str | None = strawberry.field(default=None, description="Town, at most 120 characters.")
    region: str | None = strawberry.field(default=None, description="State or region, at most 60 characters.")
    country: str | None = strawberry.field(default=None, description="Country, ISO 3166 code, at most 60 characters.")


@strawberry.input(description="An event, new or changed. A change says all of it: what is left out is taken away.")
class SaveEventInput:
    id: strawberry.ID | None = strawberry.field(default=None, description="The event to change; null for a new one.")
    club_id: strawberry.ID | None = strawberry.field(
        default=None, description="The club that holds it, null for the hub itself; kept from the first save."
    )
    title: str = strawberry.field(description="1 to 200 characters (`HUB_TITLE_LENGTH`).")
    body: Markdown = strawberry.field(description="1 to 50,000 characters (`HUB_BODY_LENGTH`).")
    starts_at: datetime = strawberry.field(description="Start, in the years 1900 to 9990.")
    ends_at: datetime | None = strawberry.field(
        default=None, description="End, after the start and at most 366 days later; null if open."
    )
    time_zone: TimeZone = strawberry.field(description="Zone of the place.")
    attendance: Attendance = strawberry.field(description="How people take part.")
    place: PlaceInput | None = strawberry.field(
        default=None, description="Where it takes place; not for events that are online only."
    )
    online_url: URL | None = strawberry.field(
        default=None,
        description="Where to take part from afar: an `https` address, at most 500 characters; not for events in person"
        " only.",
    )
    capacity: int | None = strawberry.field(
        default=None,
        description="Seats, 1 to 1,000,000; null without a limit. Fewer than are taken send nobody away.",
    )
    waitlist_enabled: bool = strawberry.field(
        default=False, description="Whether people may wait for a seat when it is full. Those who wait already go on."
    )
    waitlist_limit: int | None = strawberry.field(
        default=None, description="How many may wait, 1 to 1,000; null means 1,000."
    )
    max_guests: int = strawberry.field(default=_GUESTS, description="Guests that one person may bring, 0 to 50.")
    visibility: Visibility = strawberry.field(
        default=Visibility.PUBLIC, description="Who may see it; kept from the first save."
    )
    rsvp_closes_at: datetime | None = strawberry.field(
        default=None, description="Until when answers are taken, not after its end; null: until its end."
    )
    notify: bool = strawberry.field(
        default=True, description="Whether a change is told to those who answered or follow; a new event is not."
    )
    expected_version: int | None = strawberry.field(
        default=None, description="The version you changed; needed with id."
    )
    idempotency_key: strawberry.ID = idempotency_key()
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Which event to cancel.")
class CancelEventInput:
    id: strawberry.ID = strawberry.field(description="The event.")
    reason: str | None = audited_reason()
    notify: bool = strawberry.field(default=True, description="Whether those who answered or follow are told.")
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="An event.")
class EventPayload(Payload):
    event: Event | None = strawberry.field(default=None, description="The event; null on errors.")


@strawberry.type
class PlanningMutations:
    @strawberry.mutation(
        description="Plan an event or change one: for owners and organizers of its club, for the policy team if it is"
        " the hub's own, and for admins. A new one is there at once for all who may see it.",
        directives=shown_directives(scope=ApiScope.EVENTS_WRITE),
    )
    async def save_event(self, info: Info, input: SaveEventInput) -> EventPayload:
        return await answer(info, EventPayload, input.client_mutation_id, lambda: _save(info, input))

    @strawberry.mutation(
        description="Say that an event does not take place; it takes no more answers. For those who may change it."
        " `replayed` when it was cancelled before.",
        directives=shown_directives(scope=ApiScope.EVENTS_WRITE),
    )
    async def cancel_event(self, info: Info, input: CancelEventInput) -> EventPayload:
        async def work() -> dict[str, Any]:
            event_id = row_id(input.id, "Event", "id")
            backend, viewer = info.context.backend, info.context.viewer
            return _shown(
                await cancel_event(backend, viewer, event_id=event_id, reason=input.reason, notify=input.notify)
            )

        return await answer(info, EventPayload, input.client_mutation_id, work)


async def _save(info: Info, given: SaveEventInput) -> dict[str, Any]:
    backend, viewer = info.context.backend, info.context.viewer
    plan, key = _plan(given), given.idempotency_key
    if given.id is None:
        club_id = row_id(given.club_id, "Club", "clubId") if given.club_id is not None else None
        visibility = given.visibility.name
        return _shown(await create_event(backend, viewer, plan, club_id=club_id, visibility=visibility, key=key))
    event_id, version = row_id(given.id, "Event", "id"), given.expected_version
    changed = await change_event(
        backend, viewer, plan, event_id=event_id, expected_version=version, notify=given.notify, key=key
    )
    return _shown(changed)


def _plan(given: SaveEventInput) -> Plan:
    return Plan(
        title=given.title,
        body=given.body,
        starts_at=given.starts_at,
        ends_at=given.ends_at,
        time_zone=given.time_zone,
        attendance=given.attendance.name,
        place={name: getattr(given.place, name) for name in PLACE_CHARS} if given.place else None,
        online_url=given.online_url,
        capacity=given.capacity,
        max_guests=given.max_guests,
        waitlist_enabled=given.waitlist_enabled,
        waitlist_limit=given.waitlist_limit,
        rsvp_closes_at=given.rsvp_closes_at,
    )


def _shown(saved: Saved) -> dict[str, Any]:
    return {"event": Reference(event_by_id, saved.id), "replayed": saved.replayed}
