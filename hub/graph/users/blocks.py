"""Folding away what a person writes, for oneself."""

from collections.abc import Awaitable, Callable
from typing import Any

import strawberry

from hub.graph.context import Info
from hub.graph.ids import row_id
from hub.graph.payloads import Payload, answer, mutation_id
from hub.graph.users.types import User
from hub.users.blocking import block, unblock
from hub.users.loaders import user_by_id


@strawberry.input(description="Whom to block, or to block no longer.")
class BlockUserInput:
    user_id: strawberry.ID = strawberry.field(description="The person; they are not told.")
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="Who is blocked now, or is no longer.")
class BlockPayload(Payload):
    user: User | None = strawberry.field(default=None, description="The person; null on errors.")


@strawberry.type
class BlockMutations:
    @strawberry.mutation(
        description="Want to read nothing of a person: their comments are shown `folded`, and nothing that they write"
        " notifies. `replayed` when they were blocked."
    )
    async def block_user(self, info: Info, input: BlockUserInput) -> BlockPayload:
        return await _changed(info, input, block)

    @strawberry.mutation(description="Read a person again; `replayed` when they were not blocked.")
    async def unblock_user(self, info: Info, input: BlockUserInput) -> BlockPayload:
        return await _changed(info, input, unblock)


async def _changed(info: Info, input: BlockUserInput, change: Callable[..., Awaitable[bool]]) -> BlockPayload:
    async def work() -> dict[str, Any]:
        person_id = row_id(input.user_id, "User", "userId")
        replayed = await change(info.context.backend, info.context.viewer, person_id=person_id)
        return {"user": await info.context.reader.one(user_by_id, person_id), "replayed": replayed}

    return await answer(info, BlockPayload, input.client_mutation_id, work)
