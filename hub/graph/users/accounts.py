"""What people change of their own accounts: address and password."""

from typing import Any

import strawberry

from hub.graph.context import Info
from hub.graph.limiting import Attempted, Guessed
from hub.graph.payloads import Payload, answer, mutation_id
from hub.graph.users.types import User
from hub.users.addresses import change_email, verify_email
from hub.users.loaders import user_by_id
from hub.users.recovering import change_password, request_password_reset, reset_password

_GUESSED = Guessed("password", per_account="logins_per_account")


@strawberry.input(description="The link of a mail, opened.")
class VerifyEmailInput:
    token: str = strawberry.field(description="What stands behind `#token=` in the link.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Who lost the password.")
class RequestPasswordResetInput:
    login: str = strawberry.field(description="Handle or address.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="A new password by the link of a mail.")
class ResetPasswordInput:
    token: str = strawberry.field(description="What stands behind `#token=` in the link; works once.")
    new_password: str = strawberry.field(description="8 to 256 characters.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Another password.")
class ChangePasswordInput:
    password: str = strawberry.field(description="The present one.")
    new_password: str = strawberry.field(description="8 to 256 characters.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Another address.")
class ChangeEmailInput:
    email: str = strawberry.field(description="The new one; the present one to confirm that.")
    password: str = strawberry.field(description="The password.")
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="An account that was changed.")
class AccountPayload(Payload):
    user: User | None = strawberry.field(
        default=None, description="Whose it is; null on errors, and from `requestPasswordReset`, which tells nothing."
    )


@strawberry.type
class AccountMutations:
    @strawberry.mutation(
        description="Confirm an address by the link that was sent there: who asked to join is a member from now on and"
        " can log in, and a changed address counts. Gives no session, since a link may be opened by others."
    )
    async def verify_email(self, info: Info, input: VerifyEmailInput) -> AccountPayload:
        async def work() -> dict[str, Any]:
            return await _shown(info, await verify_email(info.context.backend, input.token))

        return await answer(info, AccountPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Have a link sent to the account's address, good for `HUB_RESET_MINUTES`. The same answer whether"
        " or not there is such an account.",
        extensions=[
            Attempted("reset", account="login", per_account="resets_per_account", per_address="resets_per_address")
        ],
    )
    async def request_password_reset(self, info: Info, input: RequestPasswordResetInput) -> AccountPayload:
        async def work() -> dict[str, Any]:
            request_password_reset(info.context.backend, input.login)
            return {}

        return await answer(info, AccountPayload, input.client_mutation_id, work)

    @strawberry.mutation(description="Set a new password by a link, and end all sessions of the person.")
    async def reset_password(self, info: Info, input: ResetPasswordInput) -> AccountPayload:
        async def work() -> dict[str, Any]:
            user_id = await reset_password(
                info.context.backend, info.context.passwords, token=input.token, password=input.new_password
            )
            return await _shown(info, user_id)

        return await answer(info, AccountPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Set a new password, and end all sessions of the viewer but this one.", extensions=[_GUESSED]
    )
    async def change_password(self, info: Info, input: ChangePasswordInput) -> AccountPayload:
        async def work() -> dict[str, Any]:
            context = info.context
            user_id = await change_password(
                context.backend, context.passwords, context.viewer, present=input.password, new=input.new_password
            )
            return await _shown(info, user_id)

        return await answer(info, AccountPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Ask for another address: a link is sent there, and once `verifyEmail` has it, the address counts"
        " and the old one is told. The same answer whether or not the address is in use.",
        extensions=[_GUESSED],
    )
    async def change_email(self, info: Info, input: ChangeEmailInput) -> AccountPayload:
        async def work() -> dict[str, Any]:
            context = info.context
            user_id = await change_email(
                context.backend, context.passwords, context.viewer, email=input.email, password=input.password
            )
            return await _shown(info, user_id)

        return await answer(info, AccountPayload, input.client_mutation_id, work)


async def _shown(info: Info, user_id: int) -> dict[str, Any]:
    return {"user": await info.context.reader.one(user_by_id, user_id)}
