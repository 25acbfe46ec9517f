from enum import Enum
from typing import Any

import strawberry

from hub.events.commands.answering import rsvp
from hub.events.loaders import viewer_rsvp_of_event
from hub.graph.context import Info
from hub.graph.directives import ApiScope
from hub.graph.events.planning import PlanningMutations
from hub.graph.events.types import Rsvp
from hub.graph.fields import shown_directives
from hub.graph.ids import row_id
from hub.graph.payloads import Payload, answer, idempotency_key, mutation_id


@strawberry.enum(description="What a person may answer; other states are set by the system.")
class RsvpChoice(Enum):
    GOING = strawberry.enum_value("GOING", description="Comes; takes a seat.")
    MAYBE = strawberry.enum_value("MAYBE", description="May come; takes no seat.")
    DECLINED = strawberry.enum_value("DECLINED", description="Does not come.")
    CANCELLED = strawberry.enum_value("CANCELLED", description="Takes the answer back.")


@strawberry.input(description="An answer to an event.")
class RsvpInput:
    event_id: strawberry.ID = strawberry.field(description="The event.")
    choice: RsvpChoice = strawberry.field(description="The answer.")
    guests: int = strawberry.field(default=0, description="Guests whom you bring, at most the event's `maxGuests`.")
    join_waitlist_if_full: bool = strawberry.field(
        default=True,
        description="Whether to wait for a seat when there is none, if the event lets people wait: the answer is then"
        " `WAITLISTED`, and `GOING` by itself once there are seats for all of you.",
    )
    public_attendance: bool | None = strawberry.field(
        default=None, description="Whether others see it; null keeps what it was, at first true."
    )
    idempotency_key: strawberry.ID = idempotency_key()
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="An answer to an event.")
class RsvpPayload(Payload):
    rsvp: Rsvp | None = strawberry.field(default=None, description="The answer; null on errors.")


@strawberry.type
class EventMutations(PlanningMutations):
    @strawberry.mutation(
        description="Answer an event; one answer a person, the last one counts.",
        directives=shown_directives(scope=ApiScope.RSVPS_WRITE),
    )
    async def rsvp(self, info: Info, input: RsvpInput) -> RsvpPayload:
        async def work() -> dict[str, Any]:
            event_id = row_id(input.event_id, "Event", "eventId")
            answered = await rsvp(
                info.context.backend,
                info.context.viewer,
                event_id=event_id,
                choice=input.choice.name,
                guests=input.guests,
                wait=input.join_waitlist_if_full,
                public=input.public_attendance,
                key=input.idempotency_key,
            )
            row = await info.context.reader.one(viewer_rsvp_of_event, event_id)
            return {"rsvp": row, "replayed": answered.replayed}

        return await answer(info, RsvpPayload, input.client_mutation_id, work)
