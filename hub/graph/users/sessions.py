"""Joining, signing in, staying signed in, signing out."""

from datetime import datetime
from typing import Any

import strawberry

from hub.graph.context import Info
from hub.graph.ids import row_id
from hub.graph.limiting import Attempted
from hub.graph.payloads import IdInput, Payload, answer, idempotency_key, mutation_id
from hub.graph.users.types import User
from hub.users.loaders import user_by_id
from hub.users.registering import register
from hub.users.sessions import Session, end_session, refresh_session
from hub.users.signing_in import login


@strawberry.input(description="Who wants to become a member.")
class RegisterInput:
    handle: str = strawberry.field(
        description="2 to 30 letters and digits, with . _ - between them; unique without regard to case, and not to be"
        " taken for another one or for the house."
    )
    email: str = strawberry.field(description="Address, for signing in and for mail; shown to nobody.")
    password: str = strawberry.field(description="8 to 256 characters.")
    display_name: str | None = strawberry.field(default=None, description="Name to show; the handle if left out.")
    idempotency_key: strawberry.ID = idempotency_key()
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Signing in.")
class LoginInput:
    login: str = strawberry.field(description="Handle or address.")
    password: str = strawberry.field(description="The password.")
    device: str | None = strawberry.field(
        default=None, description="Name of the device for `Viewer.sessions`, 1 to 100 characters."
    )
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Fresh tokens for a session.")
class RefreshSessionInput:
    refresh_token: str = strawberry.field(description="The newest one of the session.")
    client_mutation_id: str | None = mutation_id()


@strawberry.type(
    description="A session. Tokens are shown once. The same answer whether or not an address was known: the mail tells."
)
class SessionPayload(Payload):
    user: User | None = strawberry.field(
        default=None, description="Whose session it is; null on errors, and from `register` and `logout`."
    )
    access_token: str | None = strawberry.field(
        default=None,
        description="Send it as `Authorization: Bearer TOKEN`; null on errors, and from `register` and `logout`.",
    )
    refresh_token: str | None = strawberry.field(
        default=None, description="For `refreshSession`, once; keep it where scripts cannot read it. Null as above."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="Until when the access token is good. Null as above."
    )


@strawberry.type
class SessionMutations:
    @strawberry.mutation(
        description="Ask to become a member. A mail with a link comes, or one that says that there is an account"
        " already; after `verifyEmail` one can log in. A handle that is taken is told.",
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
            replayed = await register(
                info.context.backend,
                info.context.passwords,
                handle=input.handle,
                email=input.email,
                password=input.password,
                name=input.display_name,
                key=input.idempotency_key,
            )
            return {"replayed": replayed}

        return await answer(info, SessionPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Sign in. A wrong password, an unknown person and one who has not verified the address answer"
        " alike. `BANNED` and `SUSPENDED`, with `until`, are told to those who know the password.",
        extensions=[
            Attempted("login", account="login", per_account="logins_per_account", per_address="logins_per_address")
        ],
    )
    async def login(self, info: Info, input: LoginInput) -> SessionPayload:
        async def work() -> dict[str, Any]:
            session = await login(
                info.context.backend,
                info.context.passwords,
                name=input.login,
                password=input.password,
                device=input.device,
            )
            return await _shown(info, session)

        return await answer(info, SessionPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Fresh tokens in place of the refresh token given, which works once. Who shows one that was used"
        " before ends the session: everybody is out. Only within `HUB_REFRESH_GRACE` after its use does it give the"
        " same successor again, for an answer that was lost, with `replayed`. `UNAUTHENTICATED` means to log in again."
    )
    async def refresh_session(self, info: Info, input: RefreshSessionInput) -> SessionPayload:
        async def work() -> dict[str, Any]:
            return await _shown(info, await refresh_session(info.context.backend, input.refresh_token))

        return await answer(info, SessionPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="End one of the viewer's sessions, without an input the one that asks. Its tokens are dead and its"
        " sockets closed. `replayed` when it had ended."
    )
    async def logout(self, info: Info, input: IdInput | None = None) -> SessionPayload:
        async def work() -> dict[str, Any]:
            session_id = row_id(input.id, "Session", "id") if input else None
            return {"replayed": not await end_session(info.context.backend, info.context.viewer, session_id)}

        return await answer(info, SessionPayload, input.client_mutation_id if input else None, work)


async def _shown(info: Info, session: Session) -> dict[str, Any]:
    return {
        "user": await info.context.reader.one(user_by_id, session.user_id),
        "access_token": session.access.text,
        "refresh_token": session.refresh.text,
        "expires_at": session.access.expires_at,
        "replayed": session.replayed,
    }
