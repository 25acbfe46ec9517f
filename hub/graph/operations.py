"""Running operations: what the transports call. Queries and mutations give one answer, subscriptions many.

Expected refusals come coded; whatever else goes wrong is a bug: it is logged once, and the client gets INTERNAL
and the request id to find it by.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import graphql
import structlog
from graphql import ExecutionResult, GraphQLError, get_variable_values
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from hub.graph.context import Context
from hub.graph.documents import BadDocument, Documents, Operation, not_text
from hub.graph.judging import cost_of
from hub.graph.schema import build, core
from hub.graph.texts import is_storable
from hub.live.backend import Backend
from hub.live.log import Position
from hub.refusals import ErrorCode, FieldRefusal, FrozenRefusal, Refusal, ThrottleRefusal
from hub.store.audience import NOBODY, Viewer
from hub.store.instants import to_text
from hub.users.passwords import Passwords
from hub.users.tokens import bearer_of

_log: Any = structlog.get_logger()
_MOST_ERRORS = 10
_execute: Callable[..., Any] = graphql.execute  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
_subscribe: Callable[..., Any] = graphql.subscribe  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


@dataclass(frozen=True)
class Caller:
    """Who calls, as of the token's look-up; `token` stays in memory and goes into no log."""

    viewer: Viewer
    token: str | None
    expires_at: datetime | None
    request_id: str
    address: str
    as_of: Position | None = None
    """Where the person's own stream stood at that look-up."""

    def __repr__(self) -> str:
        return f"Caller({self.request_id})"


class Callers:
    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def of_token(self, token: str | None, request_id: str, address: str) -> Caller:
        """Raise Refusal UNAUTHENTICATED for a token that is not good."""
        if token is None:
            return Caller(NOBODY, None, None, request_id, address)
        bearer = await bearer_of(self._backend.database, token)
        return Caller(bearer.viewer, token, bearer.expires_at, request_id, address, bearer.as_of)

    async def renewed(self, caller: Caller) -> Caller:
        """The caller as of now: roles and clubs change while a socket is open. Raise Refusal as `of_token` does."""
        return await self.of_token(caller.token, caller.request_id, caller.address)


@dataclass(frozen=True)
class Answer:
    body: dict[str, Any]
    status: int = 200
    retry_after_ms: int | None = None


class Engine:
    def __init__(self, backend: Backend, callers: Callers) -> None:
        settings = backend.settings
        self._backend = backend
        self._callers = callers
        self._settings = settings
        self._schema = core(build())
        self._documents = Documents(self._schema, settings)
        self._passwords = Passwords(workers=settings.password_hashers, queue=settings.password_queue)

    def prepare(self, document: str, operation_name: str | None) -> Operation:
        """Raise BadDocument for what cannot be run, whatever its variables."""
        return self._documents.prepare(document, operation_name)

    async def execute(self, operation: Operation, variables: dict[str, Any], caller: Caller) -> Answer:
        """Run a query or mutation; raise BadDocument for wrong variables and for too much at once."""
        self._ensure_runnable(operation, variables)
        try:
            async with asyncio.timeout(self._settings.operation_timeout):
                result: Any = _execute(
                    self._schema,
                    operation.document,
                    context_value=self._context(caller),
                    variable_values=variables,
                    operation_name=operation.name,
                    executor_class=StrawberryGraphQLCoreExecutionContext,
                    hide_suggestions=True,
                )
                if not isinstance(result, ExecutionResult):
                    result = await result
        except TimeoutError:
            return _too_slow()
        return _answer(result, caller)

    async def subscribe(
        self, operation: Operation, variables: dict[str, Any], caller: Caller
    ) -> AsyncGenerator[dict[str, Any]]:
        """One answer body after the other; closing it ends all that it holds."""
        self._ensure_runnable(operation, variables)
        opened: Any = _subscribe(
            self._schema,
            operation.document,
            context_value=self._context(caller),
            variable_values=variables,
            operation_name=operation.name,
            executor_class=StrawberryGraphQLCoreExecutionContext,
            hide_suggestions=True,
        )
        if not isinstance(opened, ExecutionResult) and not hasattr(opened, "__aiter__"):
            opened = await opened
        if isinstance(opened, ExecutionResult):
            raise BadDocument(_answer(opened, caller).body["errors"])
        async with aclosing(opened) as results:
            try:
                async for result in results:
                    yield _answer(result, caller).body
            except Exception as error:
                yield _answer(ExecutionResult(data=None, errors=[_located(error)]), caller).body

    def _context(self, caller: Caller) -> Context:
        async def look_again() -> Viewer:
            return (await self._callers.renewed(caller)).viewer

        return Context(self._backend, self._passwords, caller.viewer, caller.request_id, look_again)

    def _ensure_runnable(self, operation: Operation, variables: dict[str, Any]) -> None:
        if not is_storable(variables):
            raise BadDocument([not_text()])
        definitions = operation.definition.variable_definitions or ()
        values: Any = get_variable_values(
            self._schema, definitions, variables, max_errors=_MOST_ERRORS, hide_suggestions=True
        )
        if isinstance(values, list):
            raise BadDocument([_client_error(error) for error in values])  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        cost, most = (
            cost_of(self._schema, operation.document, operation.definition, variables),
            self._settings.document_cost,
        )
        if cost > most:
            message = f"The operation costs {cost}, the limit is {most}: ask for fewer rows or less depth."
            raise BadDocument([{"message": message, "extensions": {"code": ErrorCode.QUERY_TOO_COSTLY, "cost": cost}}])


def _answer(result: ExecutionResult, caller: Caller) -> Answer:
    body: dict[str, Any] = {"data": result.data}
    retry: int | None = None
    if result.errors:
        body["errors"] = [_formatted(error, caller) for error in result.errors[:_MOST_ERRORS]]
        waits = [
            e.original_error.retry_after_ms for e in result.errors if isinstance(e.original_error, ThrottleRefusal)
        ]
        retry = max(waits, default=None)
    shed = retry is not None and not result.data
    return Answer(body, status=503 if shed else 200, retry_after_ms=retry)


def _too_slow() -> Answer:
    error = {"message": "This took too long; ask for less.", "extensions": {"code": ErrorCode.OVERLOADED}}
    return Answer({"data": None, "errors": [error]}, status=503, retry_after_ms=1_000)


def _formatted(error: GraphQLError, caller: Caller) -> dict[str, Any]:
    original = error.original_error
    if isinstance(original, Refusal):
        return {**error.formatted, "message": original.message, "extensions": _refusal(original)}
    if original is None or isinstance(original, GraphQLError):
        return _client_error(error)
    _log.error("operation.bug", request_id=caller.request_id, path=error.path, exc_info=original)
    extensions = {"code": "INTERNAL", "requestId": caller.request_id}
    return {**error.formatted, "message": "Something went wrong on our side.", "extensions": extensions}


def _refusal(refusal: Refusal) -> dict[str, Any]:
    shown: dict[str, Any] = {"code": refusal.code}
    if refusal.path:
        shown["argument"] = ".".join(refusal.path)
    match refusal:
        case ThrottleRefusal():
            shown["retryAfterMs"] = refusal.retry_after_ms
        case FieldRefusal():
            shown |= {"min": refusal.least, "max": refusal.most}
        case FrozenRefusal() if refusal.since is not None:
            shown["since"] = to_text(refusal.since)
        case _:
            pass
    return shown


def _client_error(error: GraphQLError) -> dict[str, Any]:
    return {**error.formatted, "extensions": {"code": ErrorCode.INVALID, **(error.extensions or {})}}


def _located(error: Exception) -> GraphQLError:
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
