from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import strawberry

from hub.graph.context import Info
from hub.graph.ids import row_id
from hub.graph.payloads import Payload, answer, idempotency_key, mutation_id
from hub.graph.users.types import User
from hub.users.blocking import block, unblock
from hub.users.commands import Session, login, register
from hub.users.loaders import user_by_id


@strawberry.input(description="A new person.")
class RegisterInput:
    handle: str = strawberry.field(description="2 to 30 letters and digits, with . _ - between them; unique.")
    email: str = strawberry.field(description="Address, for signing in and for mail; shown to nobody.")
    password: str = strawberry.field(description="8 to 256 characters.")
    display_name: str | None = strawberry.field(default=None, description="Name to show; the handle if left out.")
    idempotency_key: strawberry.ID = idempotency_key()
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Signing in.")
class LoginInput:
    login: str = strawberry.field(description="Handle or address.")
    password: str = strawberry.field(description="The password.")
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="A session. The token is shown once.")
class SessionPayload(Payload):
    user: User | None = strawberry.field(default=None, description="Who signed in; null on errors.")
    access_token: str | None = strawberry.field(
        default=None, description="Send it as `Authorization: Bearer TOKEN`; null on errors."
    )
    expires_at: datetime | None = strawberry.field(default=None, description="Until when the token is good.")


@strawberry.input(description="Whom to block, or to block no longer.")
class BlockUserInput:
    user_id: strawberry.ID = strawberry.field(description="The person; they are not told.")
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="Who is blocked now, or is no longer.")
class BlockPayload(Payload):
    user: User | None = strawberry.field(default=None, description="The person; null on errors.")


@strawberry.type
class UserMutations:
    @strawberry.mutation(description="Become a member and sign in.")
    async def register(self, info: Info, input: RegisterInput) -> SessionPayload:
        async def work() -> dict[str, Any]:
            session = await register(
                info.context.backend,
                info.context.passwords,
                handle=input.handle,
                email=input.email,
                password=input.password,
                name=input.display_name,
                key=input.idempotency_key,
            )
            return await _shown(info, session)

        return await answer(info, SessionPayload, input.client_mutation_id, work)

    @strawberry.mutation(description="Sign in. A wrong password and an unknown person answer alike.")
    async def login(self, info: Info, input: LoginInput) -> SessionPayload:
        async def work() -> dict[str, Any]:
            session = await login(
                info.context.backend, info.context.passwords, name=input.login, password=input.password
            )
            return await _shown(info, session)

        return await answer(info, SessionPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Want to read nothing of a person: their comments are shown `folded`, and nothing that they write"
        " notifies. `replayed` when they were blocked."
    )
    async def block_user(self, info: Info, input: BlockUserInput) -> BlockPayload:
        return await _changed(info, input, block)

    @strawberry.mutation(description="Read a person again; `replayed` when they were not blocked.")
    async def unblock_user(self, info: Info, input: BlockUserInput) -> BlockPayload:
        return await _changed(info, input, unblock)


async def _shown(info: Info, session: Session) -> dict[str, Any]:
    return {
        "user": await info.context.reader.one(user_by_id, session.user_id),
        "access_token": session.token,
        "expires_at": session.expires_at,
        "replayed": session.replayed,
    }


async def _changed(info: Info, input: BlockUserInput, change: Callable[..., Awaitable[bool]]) -> BlockPayload:
    async def work() -> dict[str, Any]:
        person_id = row_id(input.user_id, "User", "userId")
        replayed = await change(info.context.backend, info.context.viewer, person_id=person_id)
        return {"user": await info.context.reader.one(user_by_id, person_id), "replayed": replayed}

    return await answer(info, BlockPayload, input.client_mutation_id, work)
