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
import orjson
import structlog
from graphql import ExecutionResult, GraphQLError, get_variable_values
from graphql.execution.values import VariableValues
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from hub.graph.context import Context
from hub.graph.documents import BadDocument, Documents, Operation, not_text
from hub.graph.judging import cost_of
from hub.graph.plans.payloads import PayloadExecutor
from hub.graph.plans.planner import Planner
from hub.graph.plans.shadows import Shadows
from hub.graph.plans.shelf import Shelf
from hub.graph.schema import build, core
from hub.graph.texts import is_storable
from hub.live.backend import Backend
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
    plans: bool = True

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
        return Caller(bearer.viewer, token, bearer.expires_at, request_id, address)

    async def renewed(self, caller: Caller) -> Caller:
        """The caller as of now: roles and clubs change while a socket is open. Raise Refusal as `of_token` does."""
        return await self.of_token(caller.token, caller.request_id, caller.address)


class _Unplanned(Exception):
    """A plan failed in a way that execution would, too."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True)
class Answer:
    """`data` in the body may be finished JSON, as `orjson.Fragment`: encode it with orjson."""

    body: dict[str, Any]
    status: int = 200
    retry_after_ms: int | None = None


class Engine:
    def __init__(self, backend: Backend, callers: Callers) -> None:
        settings = backend.settings
        self._backend = backend
        self._callers = callers
        self._settings = settings
        schema = build()
        self.schema = core(schema)
        self.planner = Planner(schema, self.schema, settings)
        self._costs: Shelf[int] = Shelf(settings.documents_cached)
        self._shadows = Shadows(settings.plans_shadowed, self.planner.counters)
        self._documents = Documents(self.schema, settings)
        self._passwords = Passwords(workers=settings.password_hashers, queue=settings.password_queue)

    def prepare(self, document: str, operation_name: str | None) -> Operation:
        """Raise BadDocument for what cannot be run, whatever its variables."""
        return self._documents.prepare(document, operation_name)

    async def execute(self, operation: Operation, variables: dict[str, Any], caller: Caller) -> Answer:
        """Run a query or mutation; raise BadDocument for wrong variables and for too much at once."""
        values = self._ensure_runnable(operation, variables)
        context = self._context(caller)
        context.operation, context.values = operation, values
        try:
            async with asyncio.timeout(self._settings.operation_timeout):
                if operation.kind == "query" and self._settings.plans and caller.plans:
                    data = await self._planned(operation, values, context)
                    if data is not None:
                        if self._shadows.is_due():
                            self._shadows.begin(self._compare(operation, variables, values, caller, context, data))
                        return Answer({"data": orjson.Fragment(data)})
                result = await self._executed(operation, variables, context)
        except TimeoutError:
            return _too_slow()
        except _Unplanned as failure:
            result = ExecutionResult(data=None, errors=[_located(failure.error)])
        return _answer(result, caller)

    async def _executed(self, operation: Operation, variables: dict[str, Any], context: Context) -> ExecutionResult:
        result: Any = _execute(
            self.schema,
            operation.document,
            context_value=context,
            variable_values=variables,
            operation_name=operation.name,
            executor_class=PayloadExecutor if operation.kind == "mutation" else StrawberryGraphQLCoreExecutionContext,
            hide_suggestions=True,
        )
        return result if isinstance(result, ExecutionResult) else await result

    async def _planned(self, operation: Operation, values: VariableValues, context: Context) -> str | None:
        """What fails for want of time or of the database is not tried again by execution."""
        try:
            return await self.planner.answer(operation, values, context.viewer, self._backend.database, context.now)
        except (TimeoutError, asyncio.CancelledError):
            raise
        except Exception as error:
            raise _Unplanned(error) from error

    async def _compare(
        self,
        operation: Operation,
        variables: dict[str, Any],
        values: VariableValues,
        caller: Caller,
        context: Context,
        data: str,
    ) -> bool:
        """Whether execution answers the same; where somebody wrote in between, whether the plan does so again."""
        other = self._context(caller)
        other.now = context.now
        executed = _answer(await self._executed(operation, variables, other), caller).body
        shown = orjson.dumps(executed)
        if shown == orjson.dumps({"data": orjson.loads(data)}):
            return True
        again = await self._planned(operation, values, context)
        return again is not None and shown == orjson.dumps({"data": orjson.loads(again)})

    async def subscribe(
        self, operation: Operation, variables: dict[str, Any], caller: Caller
    ) -> AsyncGenerator[dict[str, Any]]:
        """One answer body after the other; closing it ends all that it holds."""
        self._ensure_runnable(operation, variables)
        opened: Any = _subscribe(
            self.schema,
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

        context = Context(self._backend, self._passwords, caller.viewer, caller.request_id, look_again)
        context.planner = self.planner if self._settings.plans and caller.plans else None
        return context

    def _ensure_runnable(self, operation: Operation, variables: dict[str, Any]) -> VariableValues:
        if not is_storable(variables):
            raise BadDocument([not_text()])
        definitions = operation.definition.variable_definitions or ()
        values: Any = get_variable_values(
            self.schema, definitions, variables, max_errors=_MOST_ERRORS, hide_suggestions=True
        )
        if isinstance(values, list):
            raise BadDocument([_client_error(error) for error in values])  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        cost, most = self._cost(operation, variables), self._settings.document_cost
        if cost > most:
            message = f"The operation costs {cost}, the limit is {most}: ask for fewer rows or less depth."
            raise BadDocument([{"message": message, "extensions": {"code": ErrorCode.QUERY_TOO_COSTLY, "cost": cost}}])
        return values

    def _cost(self, operation: Operation, variables: dict[str, Any]) -> int:
        """Of the variables only sizes count: numbers, and the lengths of lists."""
        sizes = {
            name: len(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType]
            for name, value in variables.items()
            if isinstance(value, (int, list))
        }
        key = (operation, tuple(sizes.items()))
        known = self._costs.get(key)
        if known is None:
            known = cost_of(self.schema, operation.document, operation.definition, variables)
            self._costs.put(key, known)
        return known


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
