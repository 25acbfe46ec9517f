from datetime import datetime
from typing import Any

import strawberry

from hub.graph.context import Info
from hub.graph.limiting import Attempted
from hub.graph.payloads import Payload, answer, idempotency_key, mutation_id
from hub.graph.users.types import User
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


@strawberry.type
class UserMutations:
    @strawberry.mutation(
        description="Become a member and sign in.",
        extensions=[
            Attempted(
                "register",
                account="email",
                per_account="registrations_per_account",
                per_address="registrations_per_address",
            )
        ],
    )
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

    @strawberry.mutation(
        description="Sign in. A wrong password and an unknown person answer alike.",
        extensions=[
            Attempted("login", account="login", per_account="logins_per_account", per_address="logins_per_address")
        ],
    )
    async def login(self, info: Info, input: LoginInput) -> SessionPayload:
        async def work() -> dict[str, Any]:
            session = await login(
                info.context.backend, info.context.passwords, name=input.login, password=input.password
            )
            return await _shown(info, session)

        return await answer(info, SessionPayload, input.client_mutation_id, work)


async def _shown(info: Info, session: Session) -> dict[str, Any]:
    return {
        "user": await info.context.reader.one(user_by_id, session.user_id),
        "access_token": session.token,
        "expires_at": session.expires_at,
        "replayed": session.replayed,
    }
