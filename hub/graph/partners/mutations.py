from datetime import datetime
from typing import Any

import strawberry

from hub.graph.context import Info
from hub.graph.directives import ApiScope
from hub.graph.fields import shown_directives
from hub.graph.ids import row_id
from hub.graph.partners.types import AppGrant, AppStatus, AppToken, PartnerApp
from hub.graph.payloads import Payload, answer, audited_reason, mutation_id
from hub.graph.scalars import URL
from hub.partners.commands.apps import AppText, change_app, create_app, set_app_status
from hub.partners.commands.grants import grant_app, revoke_grant
from hub.partners.commands.tokens import (
    issue_app_token,
    issue_personal_token,
    revoke_app_token,
    revoke_personal_token,
)
from hub.partners.loaders import app_by_id, grant_of_app, token_by_id

_ADMIN = shown_directives(scope=ApiScope.ADMIN)


def _expires_at() -> Any:
    return strawberry.field(
        default=None, description="When it is to end, within `HUB_API_TOKEN_DAYS`; null takes that limit."
    )


@strawberry.input(description="A new app without `id`, else what is to be said of one.")
class SaveAppInput:
    id: strawberry.ID | None = strawberry.field(default=None, description="The app to change.")
    name: str = strawberry.field(description="Unique name, 2 to 80 characters.")
    club_id: strawberry.ID | None = strawberry.field(default=None, description="Its club, which stays.")
    homepage: URL | None = strawberry.field(default=None, description="Where people read about it.")
    scopes: list[ApiScope] = strawberry.field(description="The most that its tokens may be used for.")
    allowed_origins: list[URL] | None = strawberry.field(
        default=None, description="Browser origins that may use its tokens, at most 10; without any no page may."
    )
    persisted_only: bool = strawberry.field(
        default=False, description="Whether its tokens run registered documents only, by their ids or as they are."
    )
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Whether an app is to work.")
class SetAppStatusInput:
    id: strawberry.ID = strawberry.field(description="The app.")
    status: AppStatus = strawberry.field(description="What it is to be; `REVOKED` is for good.")
    reason: str | None = audited_reason()
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="A token to make for an app.")
class IssueAppTokenInput:
    app_id: strawberry.ID = strawberry.field(description="The app.")
    scopes: list[ApiScope] = strawberry.field(description="What it may be used for, of what the app may.")
    expires_at: datetime | None = _expires_at()
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Which token of an app to end.")
class RevokeAppTokenInput:
    id: strawberry.ID = strawberry.field(description="The token.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="What an app may do for whoever asks.")
class GrantAppInput:
    app_id: strawberry.ID = strawberry.field(description="The app.")
    scopes: list[ApiScope] = strawberry.field(description="What it may do, of what the app may at all.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Which app is to act for whoever asks no longer.")
class RevokeGrantInput:
    app_id: strawberry.ID = strawberry.field(description="The app.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="A token to make for a script of one's own.")
class IssuePersonalTokenInput:
    name: str = strawberry.field(description="What you call it, 1 to 80 characters.")
    scopes: list[ApiScope] = strawberry.field(description="What it may be used for.")
    expires_at: datetime | None = _expires_at()
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Which of one's own tokens to end.")
class RevokePersonalTokenInput:
    id: strawberry.ID = strawberry.field(description="The token.")
    client_mutation_id: str | None = mutation_id()


def _token_once() -> Any:
    return strawberry.field(default=None, description="The token's text, shown this once; null where none was made.")


@strawberry.type(description="An app.")
class AppPayload(Payload):
    app: PartnerApp | None = strawberry.field(default=None, description="The app; null on errors.")
    token_once: str | None = _token_once()


@strawberry.type(description="What an app may do for whoever asks.")
class GrantPayload(Payload):
    grant: AppGrant | None = strawberry.field(default=None, description="The grant; null on errors and once it ended.")
    token_once: str | None = _token_once()


@strawberry.type(description="A token of a person's script.")
class PersonalTokenPayload(Payload):
    token: AppToken | None = strawberry.field(default=None, description="The token; null on errors and once it ended.")
    token_once: str | None = _token_once()


@strawberry.type
class PartnerMutations:
    @strawberry.mutation(
        description="Make an app, or say other things of one. Admins make apps, and owners of a club for that club.",
        directives=_ADMIN,
    )
    async def save_app(self, info: Info, input: SaveAppInput) -> AppPayload:
        async def work() -> dict[str, Any]:
            backend, viewer = info.context.backend, info.context.viewer
            club_id = row_id(input.club_id, "Club", "clubId") if input.club_id is not None else None
            text = AppText(
                name=input.name,
                homepage=input.homepage,
                scopes=_names(input.scopes),
                origins=list(input.allowed_origins or ()),
                persisted_only=input.persisted_only,
            )
            if input.id is None:
                app_id = await create_app(backend, viewer, text, club_id=club_id)
            else:
                app_id = row_id(input.id, "PartnerApp", "id")
                await change_app(backend, viewer, text, app_id=app_id, club_id=club_id)
            return await _app(info, app_id)

        return await answer(info, AppPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Suspend an app, let it work again, or end it; `replayed` when it was so. Its tokens stop at once,"
        " on open sockets too. Others than admins may only end their own.",
        directives=_ADMIN,
    )
    async def set_app_status(self, info: Info, input: SetAppStatusInput) -> AppPayload:
        async def work() -> dict[str, Any]:
            app_id = row_id(input.id, "PartnerApp", "id")
            replayed = await set_app_status(
                info.context.backend,
                info.context.viewer,
                app_id=app_id,
                status=input.status.name,  # pyright: ignore[reportArgumentType] - the enum has no other names
                reason=input.reason,
            )
            return {**await _app(info, app_id), "replayed": replayed}

        return await answer(info, AppPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="A token by which an app reads as itself. Repeated, it makes another one.", directives=_ADMIN
    )
    async def issue_app_token(self, info: Info, input: IssueAppTokenInput) -> AppPayload:
        async def work() -> dict[str, Any]:
            app_id = row_id(input.app_id, "PartnerApp", "appId")
            token = await issue_app_token(
                info.context.backend,
                info.context.viewer,
                app_id=app_id,
                scopes=_names(input.scopes),
                expires_at=input.expires_at,
            )
            return {**await _app(info, app_id), "token_once": token.text}

        return await answer(info, AppPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="End a token of an app, and what is open under it. One that has ended is NOT_FOUND.",
        directives=_ADMIN,
    )
    async def revoke_app_token(self, info: Info, input: RevokeAppTokenInput) -> AppPayload:
        async def work() -> dict[str, Any]:
            token_id = row_id(input.id, "AppToken", "id")
            app_id = await revoke_app_token(info.context.backend, info.context.viewer, token_id=token_id)
            return await _app(info, app_id)

        return await answer(info, AppPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Let an app act for you. `tokenOnce` is for the app; the token of an earlier grant ends. From a"
        " person's own session only."
    )
    async def grant_app(self, info: Info, input: GrantAppInput) -> GrantPayload:
        async def work() -> dict[str, Any]:
            app_id = row_id(input.app_id, "PartnerApp", "appId")
            token = await grant_app(
                info.context.backend, info.context.viewer, app_id=app_id, scopes=_names(input.scopes)
            )
            return {"grant": await info.context.reader.one(grant_of_app, app_id), "token_once": token.text}

        return await answer(info, GrantPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Let an app act for you no longer, on open sockets too; `replayed` when it did not. From a person's"
        " own session only."
    )
    async def revoke_grant(self, info: Info, input: RevokeGrantInput) -> GrantPayload:
        async def work() -> dict[str, Any]:
            app_id = row_id(input.app_id, "PartnerApp", "appId")
            return {"replayed": await revoke_grant(info.context.backend, info.context.viewer, app_id=app_id)}

        return await answer(info, GrantPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="A token for a script of yours: it may what its scopes say, as far as you may. Repeated, it makes"
        " another one. From a person's own session only."
    )
    async def issue_personal_token(self, info: Info, input: IssuePersonalTokenInput) -> PersonalTokenPayload:
        async def work() -> dict[str, Any]:
            token = await issue_personal_token(
                info.context.backend,
                info.context.viewer,
                name=input.name,
                scopes=_names(input.scopes),
                expires_at=input.expires_at,
            )
            return {"token": await info.context.reader.one(token_by_id, token.id), "token_once": token.text}

        return await answer(info, PersonalTokenPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="End a token of a script of yours, and what is open under it. One that has ended is NOT_FOUND. From"
        " a person's own session only."
    )
    async def revoke_personal_token(self, info: Info, input: RevokePersonalTokenInput) -> PersonalTokenPayload:
        async def work() -> dict[str, Any]:
            token_id = row_id(input.id, "AppToken", "id")
            await revoke_personal_token(info.context.backend, info.context.viewer, token_id=token_id)
            return {}

        return await answer(info, PersonalTokenPayload, input.client_mutation_id, work)


async def _app(info: Info, app_id: int) -> dict[str, Any]:
    return {"app": await info.context.reader.one(app_by_id, app_id)}


def _names(scopes: list[ApiScope]) -> list[str]:
    return [scope.name for scope in scopes]
