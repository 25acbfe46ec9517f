"""Laying sanctions on people, and lifting them."""

from datetime import datetime
from typing import Any

import strawberry

from hub.graph.context import Info
from hub.graph.directives import ApiScope
from hub.graph.fields import shown_directives
from hub.graph.ids import row_id
from hub.graph.payloads import Payload, answer, audited_reason, mutation_id
from hub.graph.users.types import Sanction, SanctionKind
from hub.users.loaders import sanction_by_id
from hub.users.sanctioning import lift_sanction, sanction_user


@strawberry.input(description="A sanction.")
class SanctionInput:
    kind: SanctionKind = strawberry.field(description="What it forbids.")
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it ends by itself, in the future: a suspension must end, a warning has no end."
    )


@strawberry.input(description="A sanction for a person.")
class SanctionUserInput:
    user_id: strawberry.ID = strawberry.field(description="On whom.")
    sanction: SanctionInput = strawberry.field(description="Which.")
    reason: str = strawberry.field(description="Why, 1 to 1,000 characters; the person reads it.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Which sanction to end.")
class LiftSanctionInput:
    id: strawberry.ID = strawberry.field(description="The sanction.")
    reason: str | None = audited_reason()
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="A sanction.")
class SanctionPayload(Payload):
    sanction: Sanction | None = strawberry.field(default=None, description="The sanction; null on errors.")


@strawberry.type
class SanctionMutations:
    @strawberry.mutation(
        description="Lay a sanction on a person, in place of one of the same kind that is in force (warnings add up)."
        " Moderators reach those who are no staff, admins everybody else. It holds at once, on open sockets too.",
        directives=shown_directives(scope=ApiScope.MODERATE),
    )
    async def sanction_user(self, info: Info, input: SanctionUserInput) -> SanctionPayload:
        async def work() -> dict[str, Any]:
            sanction_id = await sanction_user(
                info.context.backend,
                info.context.viewer,
                user_id=row_id(input.user_id, "User", "userId"),
                kind=input.sanction.kind.name,
                reason=input.reason,
                until=input.sanction.expires_at,
            )
            return {"sanction": await info.context.reader.one(sanction_by_id, sanction_id)}

        return await answer(info, SanctionPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="End a sanction before its time; `replayed` when it was over.",
        directives=shown_directives(scope=ApiScope.MODERATE),
    )
    async def lift_sanction(self, info: Info, input: LiftSanctionInput) -> SanctionPayload:
        async def work() -> dict[str, Any]:
            sanction_id = row_id(input.id, "Sanction", "id")
            backend, viewer = info.context.backend, info.context.viewer
            lifted = await lift_sanction(backend, viewer, sanction_id=sanction_id, reason=input.reason)
            shown = await info.context.reader.one(sanction_by_id, sanction_id)
            return {"sanction": shown, "replayed": not lifted}

        return await answer(info, SanctionPayload, input.client_mutation_id, work)
