"""Who calls: looked up by the token for each request, and again while a socket is open."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from hub.live.backend import Backend
from hub.live.log import Position
from hub.partners.tokens import bearer_of
from hub.refusals import AccessRefusal, ErrorCode, ThrottleRefusal
from hub.store.audience import NOBODY, Viewer
from hub.users.tokens import Bearer

_RETRY_MS = 1_000


@dataclass(slots=True)
class Caller:
    """Who calls, as of the token's look-up; `token` stays in memory and goes into no log."""

    viewer: Viewer
    token: str | None
    expires_at: datetime | None
    request_id: str
    address: str
    plans: bool = True
    as_of: Position | None = None
    """Where the person's own stream stood at that look-up, or the app's where there is no person."""
    app_as_of: Position | None = None
    """Where the stream of the app stood that acts for the person."""
    persisted_only: bool = False
    """Whether the token is of an app that runs registered documents alone."""

    def __repr__(self) -> str:
        return f"Caller({self.request_id})"


class Callers:
    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def of_token(self, token: str | None, request_id: str, address: str, origin: str | None = None) -> Caller:
        """Raise Refusal UNAUTHENTICATED for a token that is not good, FORBIDDEN for an app's in a strange page,
        OVERLOADED when that cannot be known within `HUB_OPERATION_TIMEOUT`."""
        if token is None:
            return Caller(NOBODY, None, None, request_id, address)
        bearer = await self._bearer(token)
        if origin is not None and bearer.origins is not None and origin.lower() not in bearer.origins:
            raise AccessRefusal(
                ErrorCode.FORBIDDEN,
                "Pages of this origin may not use the tokens of this app: have it added to the app's `allowedOrigins`.",
            )
        viewer = replace(bearer.viewer, request_id=request_id)
        return Caller(
            viewer,
            token,
            bearer.expires_at,
            request_id,
            address,
            as_of=bearer.as_of,
            app_as_of=bearer.app_as_of,
            persisted_only=bearer.persisted_only,
        )

    async def renewed(self, caller: Caller) -> Caller:
        """The caller as of now: roles and clubs change while a socket is open. Raise Refusal as `of_token` does."""
        return await self.of_token(caller.token, caller.request_id, caller.address)

    async def _bearer(self, token: str) -> Bearer:
        try:
            until = asyncio.get_running_loop().time() + self._backend.settings.operation_timeout
            with self._backend.deadlines.timeout_at(until):
                return await bearer_of(self._backend.database, token)
        except TimeoutError:
            message = "Who asks could not be looked up in time: try again in a moment."
            raise ThrottleRefusal(ErrorCode.OVERLOADED, message, retry_after_ms=_RETRY_MS) from None
