"""Running operations: what the transports call. Queries and mutations give one answer, subscriptions many."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from sys import maxsize
from time import perf_counter
from typing import Any

import graphql
import orjson
import structlog
from graphql import ExecutionResult, GraphQLError, MiddlewareManager
from graphql.execution.values import VariableValues

from hub import traces
from hub.graph.answers import Answer, answer_of, cost_used, formatted, located, refusal_of, too_slow
from hub.graph.callers import Caller, Callers
from hub.graph.charging import Charging, Payer, shown, used_by
from hub.graph.context import Context
from hub.graph.documents import BadDocument, Documents, Operation
from hub.graph.following import Following, Subscription, Subscriptions
from hub.graph.introspecting import Introspection
from hub.graph.judging import cost_of
from hub.graph.pacing import Pace, PacedExecutor, TooWide
from hub.graph.persisted import Named, Persisted
from hub.graph.plans.mutating import Given, Mutating
from hub.graph.plans.payloads import PayloadExecutor
from hub.graph.plans.planner import Planner
from hub.graph.plans.shadows import Shadows
from hub.graph.reading import Reading, is_small
from hub.graph.schema import build, core
from hub.graph.shelf import Shelf
from hub.graph.variables import Variables
from hub.graph.watching import Watching
from hub.limits.budgets import Charge
from hub.live.backend import Backend
from hub.live.groups import Sink
from hub.refusals import ErrorCode, Refusal, ThrottleRefusal
from hub.store.audience import Viewer
from hub.store.ids import new_id
from hub.store.instants import now
from hub.users.passwords import Passwords

_log: Any = structlog.get_logger()
_WIDE = 1_000
"""A cost beyond which a plan is made at the first sight: executed, so many rows would take longer than that."""
_execute: Callable[..., Any] = graphql.execute  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - graphql-core and JSON are partly typed


class _Unplanned(Exception):
    """A plan failed in a way that execution would, too."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class Engine:
    def __init__(self, backend: Backend, callers: Callers) -> None:
        settings = backend.settings
        self._backend = backend
        self._callers = callers
        self._settings = settings
        schema = build()
        self.schema = core(schema)
        self.planner = Planner(schema, self.schema, settings)
        self._mutating = Mutating(self.schema, self.planner, settings)
        self._costs: Shelf[int] = Shelf(settings.documents_cached)
        self._charging = Charging(backend, self.schema)
        self._shadows = Shadows(settings.plans_shadowed, self.planner.counters)
        self._documents = Documents(self.schema, settings)
        self._variables = Variables(self.schema, settings)
        self._pace = Pace()
        self._introspection = Introspection(self.schema)
        self._reading = Reading(settings.document_wait)
        self._watching = Watching(backend.database, settings)
        self._passwords = Passwords(
            workers=settings.password_hashers, queue=settings.password_queue, wait=settings.password_wait
        )
        self._persisted = Persisted(settings)
        self._hold_persisted()
        # No caller's request id is in an answer that many get.
        self._subscriptions = Subscriptions(
            self.schema,
            backend,
            self._live_context,
            self._execute_change,
            lambda error: {"data": None, "errors": [formatted(error, f"live-{new_id()}")]},
        )

    def prepare(self, document: str, operation_name: str | None, named: Named | None = None) -> Operation:
        """Raise BadDocument for what cannot be run, whatever its variables. `document` may be empty if it is named."""
        return self._prepare(self._persisted.text_of(document, named), operation_name, named)

    async def read(self, document: str, operation_name: str | None, named: Named | None, caller: Caller) -> Operation:
        """`prepare` for a caller, who is one of many: raise Refusal RATE_LIMITED too, for too many new documents at
        once."""
        try:
            text = self._persisted.text_of(document, named, only=caller.persisted_only)
            if is_small(text) or self._documents.knows(text):
                return self._prepare(text, operation_name, named)
            async with self._reading.turn(caller.address):
                await self._documents.read(text)
            return self._prepare(text, operation_name, named)
        except BadDocument as bad:
            self.unread(caller.request_id, bad.code)
            raise
        except Refusal as refusal:
            self.unread(caller.request_id, refusal.code)
            raise

    def unread(self, request_id: str, code: str) -> None:
        """Note in the log that a request was refused before there was an operation."""
        self._watching.refused(None, request_id, code)

    def _prepare(self, text: str, operation_name: str | None, named: Named | None) -> Operation:
        operation = self._documents.prepare(text, operation_name)
        self._persisted.keep(text, named)
        return operation

    def _hold_persisted(self) -> None:
        """A document that does not fit any more is left to be refused when it is asked for."""
        for text in self._persisted.texts:
            try:
                operations = self._documents.hold(text)
            except BadDocument as bad:
                _log.warning("document.unfit", problem=str(bad))
                continue
            for operation in operations:
                if self._settings.plans:
                    self.planner.prepare(operation, self._backend.database)

    def deadline(self) -> float:
        """When, by the loop's clock, an operation must be answered whose request is here now."""
        return asyncio.get_running_loop().time() + self._settings.operation_timeout

    async def execute(
        self, operation: Operation, variables: dict[str, Any], caller: Caller, until: float | None = None
    ) -> Answer:
        """Run a query or mutation; raise BadDocument for wrong variables and for too much at once, Refusal for too
        much for now. `until` is the deadline where the look-up of the token took its part of it."""
        begun = perf_counter()
        with traces.operation(operation.kind, operation.name):
            return await self._watched(operation, variables, caller, until or self.deadline(), begun)

    async def _watched(
        self, operation: Operation, variables: dict[str, Any], caller: Caller, until: float, begun: float
    ) -> Answer:
        async with self._backend.database.watching() as statements:
            try:
                answer = await self._run(operation, variables, caller, until)
            except BadDocument as bad:
                self._watching.refused(operation, caller.request_id, bad.code)
                raise
            except Refusal as refusal:
                self._watching.refused(operation, caller.request_id, refusal.code)
                raise
        self._watching.done(operation, caller.request_id, answer.body, begun, statements)
        return answer

    async def _run(self, operation: Operation, variables: dict[str, Any], caller: Caller, until: float) -> Answer:
        values, cost = self._ensure_runnable(operation, variables)
        charge = self._charging.charge(caller, cost) or await self._charging.ask(caller, cost)
        asked_at = now()
        try:
            with self._backend.deadlines.timeout_at(until):
                if operation.kind == "query" and self._settings.plans and caller.plans and not operation.introspects:
                    data = await self._planned(operation, values, caller.viewer, asked_at, at_once=cost > _WIDE)
                    if data is not None:
                        if self._shadows.is_due():
                            self._shadows.begin(self._compare(operation, variables, values, caller, asked_at, data))
                        self._charging.settle(caller, operation, charge, used_by(data))
                        extensions = {"cost": shown(charge, cost)}
                        return Answer({"data": orjson.Fragment(data), "extensions": extensions}, budget=charge)
                context = self._context_of(caller)
                context.operation, context.values, context.now = operation, values, asked_at
                if operation.introspects:
                    result = await self._introspection.answer(operation.document, variables, operation.name)
                elif operation.kind == "query":
                    result = await self._within_width(operation, variables, context)
                else:
                    result = await self._mutated(operation, variables, values, context)
        except TooWide as wide:
            self._charging.settle(caller, operation, charge, errors=1)
            raise BadDocument([{"message": wide.message, "extensions": refusal_of(wide)}]) from None
        except TimeoutError:
            self._charging.settle(caller, operation, charge, errors=1)
            return self._charged(too_slow(), charge, cost)
        except _Unplanned as failure:
            result = ExecutionResult(data=None, errors=[located(failure.error)])
        answer = answer_of(result, caller.request_id, self._settings.errors_shown)
        self._charging.settle(
            caller, operation, charge, cost_used(operation, answer), errors=len(answer.body.get("errors", ()))
        )
        return self._charged(answer, charge, cost)

    def budget_of(self, caller: Caller) -> Charge:
        """How the caller's budget stands."""
        return self._charging.look(caller)

    @staticmethod
    def _charged(answer: Answer, charge: Charge, cost: int) -> Answer:
        return replace(answer, body={**answer.body, "extensions": {"cost": shown(charge, cost)}}, budget=charge)

    async def _within_width(self, operation: Operation, variables: dict[str, Any], context: Context) -> ExecutionResult:
        """Raise TooWide as soon as there are too many values, whatever would still come."""
        patience, result = asyncio.timeout(None), None

        def give_up() -> None:
            with suppress(RuntimeError):  # what was begun may come to its end after all is over
                patience.reschedule(asyncio.get_running_loop().time())

        context.give_up = give_up
        try:
            async with patience:
                result = await self._executed(operation, variables, context)
        except TimeoutError:
            if not patience.expired():
                raise
        if result is None or patience.when() is not None:
            raise TooWide(context.most_values)
        return result

    async def _mutated(
        self, operation: Operation, variables: dict[str, Any], values: VariableValues, context: Context
    ) -> ExecutionResult:
        way = self._mutating.way(operation, values) if context.planner is not None else None
        given = await self._mutating.run(way, operation, values, context) if way is not None else None
        if isinstance(given, ExecutionResult):
            return given
        return await self._executed(operation, variables, context, given)

    async def _executed(
        self, operation: Operation, variables: dict[str, Any], context: Context, given: Given | None = None
    ) -> ExecutionResult:
        """`given`: what the root's resolver gave already."""
        result: Any = _execute(
            self.schema,
            operation.document,
            context_value=context,
            variable_values=variables,
            operation_name=operation.name,
            executor_class=PayloadExecutor if operation.kind == "mutation" else PacedExecutor,
            middleware=MiddlewareManager(given) if given is not None else None,
            hide_suggestions=True,
        )
        return result if isinstance(result, ExecutionResult) else await result

    async def _planned(
        self,
        operation: Operation,
        values: VariableValues,
        viewer: Viewer,
        asked_at: datetime,
        *,
        at_once: bool = False,
    ) -> str | None:
        """What fails for want of time or of the database is not tried again by execution."""
        try:
            return await self.planner.answer(
                operation, values, viewer, self._backend.database, asked_at, at_once=at_once
            )
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
        asked_at: datetime,
        data: str,
    ) -> bool:
        """Whether execution answers the same; where somebody wrote in between, whether the plan does so again."""
        other = self._context_of(caller)
        other.now, other.most_values = asked_at, maxsize
        result = await self._executed(operation, variables, other)
        executed = answer_of(result, caller.request_id, self._settings.errors_shown).body
        shown = orjson.dumps(executed)
        if shown == orjson.dumps({"data": orjson.loads(data)}):
            return True
        again = await self._planned(operation, values, caller.viewer, asked_at)
        return again is not None and shown == orjson.dumps({"data": orjson.loads(again)})

    async def follow(
        self,
        operation: Operation,
        variables: dict[str, Any],
        following: Following,
        request_id: str,
        sink: Sink,
        position: str | None = None,
    ) -> None:
        """Run a subscription to its end; raise BadDocument where it cannot begin, or where the viewer lost access,
        Refusal where its cost is too much for now.

        `position` is a live cursor in place of the operation's own `after`.
        """
        begun = perf_counter()
        subscription, cost = await self._subscribed(operation, variables, following.caller, request_id)
        code: str | None = None
        try:
            await self._subscriptions.follow(subscription, following, sink, position)
        except GraphQLError as error:
            bad = BadDocument([formatted(error, request_id)])
            code = bad.code
            raise bad from error.original_error
        finally:
            self._watching.followed(operation, request_id, cost, begun, code)

    async def _subscribed(
        self, operation: Operation, variables: dict[str, Any], payer: Payer, request_id: str
    ) -> tuple[Subscription, int]:
        """What is to be followed, and what it cost."""
        try:
            coerced, cost = self._ensure_runnable(operation, variables)
            charge = self._charging.charge(payer, cost) or await self._charging.ask(payer, cost)
        except BadDocument as bad:
            self._watching.refused(operation, request_id, bad.code)
            raise
        except Refusal as refusal:
            self._watching.refused(operation, request_id, refusal.code)
            raise
        self._charging.settle(payer, operation, charge)
        self._watching.begun(operation)
        return self._subscriptions.subscription(operation, variables, coerced), cost

    async def advise(self) -> None:
        """Tell followers who want to know that this process goes away."""
        await self._subscriptions.advise()

    @property
    def groups(self) -> int:
        return self._subscriptions.groups

    async def _execute_change(self, subscription: Subscription, change: Any, context: Context) -> dict[str, Any]:
        context.operation, context.values = subscription.operation, subscription.coerced
        result: Any = _execute(
            self.schema,
            subscription.operation.document,
            root_value=change,
            context_value=context,
            variable_values=subscription.variables,
            operation_name=subscription.operation.name,
            executor_class=PayloadExecutor,
            hide_suggestions=True,
        )
        if not isinstance(result, ExecutionResult):
            result = await result
        for error in result.errors or ():
            if isinstance(error.original_error, ThrottleRefusal):
                raise error.original_error
        return answer_of(result, context.request_id, self._settings.errors_shown).body

    def _live_context(self, viewer: Viewer) -> Context:
        context = self._context(viewer, f"live-{new_id()}")
        context.planner = self.planner if self._settings.plans else None
        return context

    def _context_of(self, caller: Caller) -> Context:
        context = self._context(caller.viewer, caller.request_id, caller.address)
        context.planner = self.planner if self._settings.plans and caller.plans else None
        return context

    def _context(self, viewer: Viewer, request_id: str, address: str = "") -> Context:
        return Context(self._backend, self._passwords, self._pace, viewer, request_id, address)

    def _ensure_runnable(self, operation: Operation, variables: dict[str, Any]) -> tuple[VariableValues, int]:
        """The coerced variables, and the cost."""
        values = self._variables.of(operation, variables)
        cost, most = self._cost(operation, values.coerced), self._settings.document_cost
        if cost > most:
            message = f"The operation costs {cost}, the limit is {most}: ask for fewer rows or less depth."
            raise BadDocument([{"message": message, "extensions": {"code": ErrorCode.QUERY_TOO_COSTLY, "cost": cost}}])
        return values, cost

    def _cost(self, operation: Operation, variables: dict[str, Any]) -> int:
        """Of the coerced variables only sizes count: numbers, and the lengths of lists. As sent, 100.0 is no number
        yet, and there may be thousands that the operation does not have."""
        sizes = {
            name: len(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType] - graphql-core and JSON are partly typed
            for name, value in variables.items()
            if isinstance(value, (int, list))
        }
        key = (operation, tuple(sizes.items()))
        known = self._costs.get(key)
        if known is None:
            known = cost_of(self.schema, operation.document, operation.definition, variables)
            self._costs.put(key, known, operation.weight)
        return known
