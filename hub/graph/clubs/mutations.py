from typing import Any

import strawberry

from hub.clubs.commands import join_club, leave_club, remove_member, set_club_role
from hub.clubs.deciding import decide_membership
from hub.clubs.loaders import membership_by_id, viewer_membership_of_club
from hub.graph.clubs.types import ClubRole, Membership
from hub.graph.context import Info
from hub.graph.directives import ApiScope
from hub.graph.fields import shown_directives
from hub.graph.ids import row_id
from hub.graph.payloads import Payload, answer, audited_reason, mutation_id


@strawberry.input(description="Which club to join.")
class JoinClubInput:
    club_id: strawberry.ID = strawberry.field(description="The club.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Which club to leave.")
class LeaveClubInput:
    club_id: strawberry.ID = strawberry.field(description="The club.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="What becomes of a request to join.")
class DecideMembershipInput:
    membership_id: strawberry.ID = strawberry.field(description="The membership that is asked for.")
    accept: bool = strawberry.field(description="Whether the person becomes a member.")
    note: str | None = audited_reason()
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="A member's new role.")
class SetClubRoleInput:
    membership_id: strawberry.ID = strawberry.field(description="The membership.")
    role: ClubRole = strawberry.field(description="The role from now on.")
    title: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="What the club calls them, 1 to 120 characters; null takes it away, left out keeps it.",
    )
    reason: str | None = audited_reason()
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Which member to remove.")
class RemoveMemberInput:
    membership_id: strawberry.ID = strawberry.field(description="The membership.")
    reason: str | None = audited_reason()
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="A membership.")
class MembershipPayload(Payload):
    membership: Membership | None = strawberry.field(
        default=None, description="The membership; null on errors, and once it is over."
    )


@strawberry.type
class ClubMutations:
    @strawberry.mutation(
        description="Become a member of an open club. Where the policy is `REQUEST` this asks its owners, who decide;"
        " `leaveClub` takes it back. `replayed` for those who are members or have asked."
    )
    async def join_club(self, info: Info, input: JoinClubInput) -> MembershipPayload:
        async def work() -> dict[str, Any]:
            club_id = row_id(input.club_id, "Club", "clubId")
            replayed = await join_club(info.context.backend, info.context.viewer, club_id=club_id)
            membership = await info.context.reader.one(viewer_membership_of_club, club_id)
            return {"membership": membership, "replayed": replayed}

        return await answer(info, MembershipPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Belong to a club no longer; what only members see ends on open subscriptions too. `replayed` for"
        " those who do not belong to it. A club's last owner has to make another one first."
    )
    async def leave_club(self, info: Info, input: LeaveClubInput) -> MembershipPayload:
        async def work() -> dict[str, Any]:
            club_id = row_id(input.club_id, "Club", "clubId")
            replayed = await leave_club(info.context.backend, info.context.viewer, club_id=club_id)
            return {"membership": None, "replayed": replayed}

        return await answer(info, MembershipPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Take a person who asked into the club, or not, as an owner of the club or an admin. Who was not"
        " taken may ask again.",
        directives=shown_directives(scope=ApiScope.CLUBS_MANAGE),
    )
    async def decide_membership(self, info: Info, input: DecideMembershipInput) -> MembershipPayload:
        async def work() -> dict[str, Any]:
            membership_id = row_id(input.membership_id, "Membership", "membershipId")
            backend, viewer = info.context.backend, info.context.viewer
            await decide_membership(
                backend, viewer, membership_id=membership_id, accepted=input.accept, note=input.note
            )
            return {"membership": await info.context.reader.one(membership_by_id, membership_id)}

        return await answer(info, MembershipPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Give a member another role, as an owner of the club or an admin; a club keeps an owner. What the"
        " role allows changes on open sockets too. `replayed` when that changed nothing.",
        directives=shown_directives(scope=ApiScope.CLUBS_MANAGE),
    )
    async def set_club_role(self, info: Info, input: SetClubRoleInput) -> MembershipPayload:
        async def work() -> dict[str, Any]:
            membership_id = row_id(input.membership_id, "Membership", "membershipId")
            replayed = await set_club_role(
                info.context.backend,
                info.context.viewer,
                membership_id=membership_id,
                role=input.role.name,
                title=None if input.title is strawberry.UNSET else input.title,
                keep_title=input.title is strawberry.UNSET,
                reason=input.reason,
            )
            return {"membership": await info.context.reader.one(membership_by_id, membership_id), "replayed": replayed}

        return await answer(info, MembershipPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="End somebody's membership, as an owner of the club or an admin; they cannot join again. A club"
        " keeps an owner. What only members see ends on the person's open subscriptions too.",
        directives=shown_directives(scope=ApiScope.CLUBS_MANAGE),
    )
    async def remove_member(self, info: Info, input: RemoveMemberInput) -> MembershipPayload:
        async def work() -> dict[str, Any]:
            membership_id = row_id(input.membership_id, "Membership", "membershipId")
            backend, viewer = info.context.backend, info.context.viewer
            await remove_member(backend, viewer, membership_id=membership_id, reason=input.reason)
            return {"membership": None}

        return await answer(info, MembershipPayload, input.client_mutation_id, work)
