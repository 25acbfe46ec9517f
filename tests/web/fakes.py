"""A graph floor that tests hold in their hands: graphql-core over a small schema, waits that are events."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    build_schema,
    execute,
    get_operation_ast,
    get_variable_values,
    parse,
    validate,
)

from hub.graph.documents import BadDocument
from hub.limits.buckets import Rate
from hub.limits.budgets import Budgets, Charge
from hub.live.groups import Delivery, Sink
from hub.live.log import Notice, Position
from hub.live.relay import Watch
from hub.refusals import ErrorCode, Refusal
from hub.store.instants import now

SCHEMA = build_schema("""
    type Query { greeting: String! echo(text: String): String half: String broken: String slow: String }
    type Mutation { write: String }
    type Subscription { ticks: Int }
""")


class BadRequest(BadDocument):
    def __init__(self, problems: list[GraphQLError], code: str, status: int = 400) -> None:
        Exception.__init__(self, problems)
        self.errors = [{**problem.formatted, "extensions": {"code": code}} for problem in problems]
        self.status = status


@dataclass(frozen=True)
class FakeOperation:
    kind: str
    document: DocumentNode
    name: str | None
    max_age: int = 0


@dataclass(frozen=True)
class FakeAnswer:
    body: dict[str, Any]
    retry_after_ms: int | None = None
    status: int = 200
    budget: Charge | None = None


@dataclass
class FakeCaller:
    token: str | None
    address: str
    request_id: str
    expires_at: datetime | None = None
    as_of: Position | None = None
    app_as_of: Position | None = None
    viewer: object = None


Stream = Callable[[], AsyncGenerator[Any, None]]


async def no_ticks() -> AsyncGenerator[Any, None]:
    for _ in ():
        yield


@dataclass
class FakeEngine:
    """`started` is set once an execution waits, `release` lets it go on, and `ended` tells how it ended."""

    ticks: Stream = no_ticks
    answer: FakeAnswer | None = None
    executed: list[dict[str, Any]] = field(default_factory=list)
    callers: list[FakeCaller] = field(default_factory=list)
    ended: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    bad_status: int = 400
    budgets: Budgets = field(default_factory=Budgets)
    advised: int = 0
    positions: list[str | None] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def prepare(self, document: str, operation_name: str | None, named: object = None) -> FakeOperation:
        try:
            tree = parse(document)
        except GraphQLError as problem:
            raise BadRequest([problem], "GRAPHQL_PARSE_FAILED") from None
        if problems := validate(SCHEMA, tree):
            raise BadRequest(problems, "GRAPHQL_VALIDATION_FAILED", self.bad_status)
        operation = get_operation_ast(tree, operation_name)
        if operation is None:
            raise BadRequest([GraphQLError("Unknown operation.")], "UNKNOWN_OPERATION", self.bad_status)
        return FakeOperation(operation.operation.value, tree, operation_name)

    async def read(
        self, document: str, operation_name: str | None, named: object = None, caller: object = None
    ) -> FakeOperation:
        return self.prepare(document, operation_name, named)

    def unread(self, request_id: str, code: str) -> None:
        self.refused.append((request_id, code))

    def deadline(self) -> float:
        return asyncio.get_running_loop().time() + 15

    async def execute(
        self, operation: FakeOperation, variables: dict[str, Any], caller: FakeCaller, until: float | None = None
    ) -> Any:
        self.executed.append(variables)
        self.callers.append(caller)
        self._check(operation, variables)
        if self.answer is not None:
            await self.ended.put("answered")
            return self.answer
        result = execute(SCHEMA, operation.document, self._root(), None, variables, operation.name)
        try:
            result = await result if asyncio.iscoroutine(result) else result
        except BaseException as problem:
            await self.ended.put(type(problem).__name__)
            raise
        await self.ended.put("answered")
        return FakeAnswer(result.formatted)

    async def follow(
        self,
        operation: FakeOperation,
        variables: dict[str, Any],
        following: Any,
        request_id: str,
        sink: Sink,
        position: str | None = None,
    ) -> None:
        self._check(operation, variables)
        self.positions.append(position)
        try:
            async for body in self.ticks():
                if isinstance(body, Delivery):
                    await sink.put(body)
                else:
                    await sink.put(Delivery(body if isinstance(body, bytes) else orjson.dumps(body)))
        finally:
            await self.ended.put("closed")

    def budget_of(self, caller: FakeCaller) -> Charge:
        return self.budgets.look(caller.address, Rate(100, 10))

    async def advise(self) -> None:
        self.advised += 1

    def _check(self, operation: FakeOperation, variables: dict[str, Any]) -> None:
        tree = get_operation_ast(operation.document, operation.name)
        assert tree is not None
        problems = get_variable_values(SCHEMA, tree.variable_definitions or [], variables)
        if isinstance(problems, list):
            raise BadRequest(problems, "BAD_VARIABLES", self.bad_status)

    def _root(self) -> dict[str, Any]:
        return {
            "greeting": "Hello",
            "echo": lambda _, text=None: text,
            "half": lambda _: 1 // 0,
            "slow": self._slow,
            "write": self._slow,
        }

    async def _slow(self, _: object) -> str:
        self.started.set()
        await self.release.wait()
        return "done"


class FakeRelay:
    """Watches that tests tell things."""

    def __init__(self) -> None:
        self.watches: dict[str, Watch] = {}

    @asynccontextmanager
    async def watch(self, stream: Any, since: Position) -> AsyncGenerator[Watch]:
        self.watches[stream] = Watch(1, since, 10)
        try:
            yield self.watches[stream]
        finally:
            del self.watches[stream]

    def tell(self, stream: str) -> None:
        watch = self.watches[stream]
        watch.take([Notice(1, watch.seq + 1, "access_changed", 1, now())])


@dataclass
class FakeCallers:
    """Knows no token but those it is given; `revoked` ones end sessions."""

    known: set[str] = field(default_factory=lambda: {"good", "other"})
    revoked: set[str] = field(default_factory=set)
    expires_at: datetime | None = None
    refusal: Refusal | None = None
    problem: Exception | None = None
    asked: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    seq: int = 0
    origins: list[str | None] = field(default_factory=list)

    async def of_token(self, token: str | None, request_id: str, address: str, origin: str | None = None) -> FakeCaller:
        self.origins.append(origin)
        if self.refusal is not None:
            raise self.refusal
        if token is not None and token not in self.known:
            raise Refusal(ErrorCode.UNAUTHENTICATED, "Log in again.")
        as_of = Position(1, self.seq, 1) if token is not None else None
        return FakeCaller(token, address, request_id, self.expires_at, as_of)

    async def renewed(self, caller: FakeCaller) -> FakeCaller:
        self.asked.put_nowait(None)
        if self.problem is not None:
            raise self.problem
        expired = caller.expires_at is not None and caller.expires_at <= datetime.now(UTC)
        if expired or caller.token in self.revoked:
            raise Refusal(ErrorCode.UNAUTHENTICATED, "Log in again.")
        return replace(caller, as_of=Position(1, self.seq, 1))


def viewer_of(caller: FakeCaller) -> str | None:
    return caller.token
