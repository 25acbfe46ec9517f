from typing import Any

import strawberry

from hub.clubs.commands import join_club, leave_club
from hub.clubs.loaders import viewer_membership_of_club
from hub.graph.clubs.types import Membership
from hub.graph.context import Info
from hub.graph.ids import row_id
from hub.graph.payloads import Payload, answer, mutation_id


@strawberry.input(description="Which club to join.")
class JoinClubInput:
    club_id: strawberry.ID = strawberry.field(description="The club.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Which club to leave.")
class LeaveClubInput:
    club_id: strawberry.ID = strawberry.field(description="The club.")
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="A membership.")
class MembershipPayload(Payload):
    membership: Membership | None = strawberry.field(
        default=None, description="The membership; null on errors, and once it is over."
    )


@strawberry.type
class ClubMutations:
    @strawberry.mutation(description="Become a member of an open club; `replayed` for those who are.")
    async def join_club(self, info: Info, input: JoinClubInput) -> MembershipPayload:
        async def work() -> dict[str, Any]:
            club_id = row_id(input.club_id, "Club", "clubId")
            replayed = await join_club(info.context.backend, info.context.viewer, club_id=club_id)
            membership = await info.context.reader.one(viewer_membership_of_club, club_id)
            return {"membership": membership, "replayed": replayed}

        return await answer(info, MembershipPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Belong to a club no longer; what only members see ends on open subscriptions too. `replayed` for"
        " those who do not belong to it."
    )
    async def leave_club(self, info: Info, input: LeaveClubInput) -> MembershipPayload:
        async def work() -> dict[str, Any]:
            club_id = row_id(input.club_id, "Club", "clubId")
            replayed = await leave_club(info.context.backend, info.context.viewer, club_id=club_id)
            return {"membership": None, "replayed": replayed}

        return await answer(info, MembershipPayload, input.client_mutation_id, work)
