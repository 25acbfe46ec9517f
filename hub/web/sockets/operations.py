"""What runs on one socket, under the ids the client chose. A failed operation ends alone."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from hub.graph.callers import Caller, Callers
from hub.graph.documents import BadDocument, Operation
from hub.graph.operations import Engine
from hub.live.groups import Delivery, TooSlow
from hub.refusals import Refusal
from hub.web.errors import Malformed, TransportCode, error, internal_error, refused, stamped
from hub.web.limits import Limits
from hub.web.mutations import Mutations
from hub.web.requests import GraphQLRequest, from_json
from hub.web.sessions import Session, Sessions
from hub.web.sockets.codes import CloseCode, Ending
from hub.web.sockets.outbox import Outbox, too_slow
from hub.web.sockets.protocol import Subscribe, frame, head_of_next

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ground:
    """What all sockets of a process stand on."""

    engine: Engine
    callers: Callers
    sessions: Sessions
    limits: Limits
    mutations: Mutations
    viewer_of: Callable[[Caller], int | None]


class SocketSink:
    """Where one subscription's bodies go: each into a frame of this socket."""

    __slots__ = ("_head", "_outbox")

    def __init__(self, outbox: Outbox, operation_id: str) -> None:
        self._outbox = outbox
        self._head = head_of_next(operation_id)

    def offer(self, delivery: Delivery) -> bool:
        return self._outbox.offer(self._head + delivery.body + b"}")

    async def put(self, delivery: Delivery) -> None:
        await self._outbox.put(self._head + delivery.body + b"}")


class Operations:
    def __init__(
        self, ground: Ground, group: asyncio.TaskGroup, outbox: Outbox, session: Session, request_id: str
    ) -> None:
        self._ground = ground
        self._group = group
        self._outbox = outbox
        self._session = session
        self._request_id = request_id
        self._by_id: dict[str, asyncio.Task[None]] = {}
        # Also those that were stopped and still clean up: their work counts until it is over.
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, message: Subscribe) -> None:
        if message.id in self._by_id:
            raise Ending(CloseCode.DUPLICATE_ID, "An operation with this id is running.")
        limit = self._ground.limits.operations_per_socket
        if len(self._tasks) >= limit:
            problem = error(
                TransportCode.TOO_MANY_OPERATIONS, f"A socket may run {limit} operations at once: complete one first."
            )
            await self._outbox.put(frame("error", id=message.id, payload=[problem]))
            return
        task = self._group.create_task(self._run(message))
        self._by_id[message.id] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self, operation_id: str) -> None:
        task = self._by_id.pop(operation_id, None)
        if task is not None:
            task.cancel()

    async def _run(self, message: Subscribe) -> None:
        last = await self._to_the_end(message)
        # Before the last frame goes: who reads it may use the id again.
        if self._by_id.get(message.id) is asyncio.current_task():
            del self._by_id[message.id]
        await self._outbox.put(last)

    async def _to_the_end(self, message: Subscribe) -> bytes:
        """Sends all but the last frame, which it returns."""
        try:
            await self._session.ensure()
            return await self._perform(message.id, from_json(message.payload))
        except Ending:
            raise
        except Exception as problem:
            return frame("error", id=message.id, payload=self._errors(problem))

    async def _perform(self, operation_id: str, request: GraphQLRequest) -> bytes:
        caller = self._session.caller
        operation = await self._ground.engine.read(request.query, request.operation_name, request.named, caller)
        if operation.kind == "subscription":
            await self._follow(operation_id, operation, request)
        else:
            body = await self._execute(operation, request)
            if "data" not in body:
                return frame("error", id=operation_id, payload=body["errors"])
            await self._outbox.put(frame("next", id=operation_id, payload=stamped(body, self._request_id)))
        return frame("complete", id=operation_id)

    async def _follow(self, operation_id: str, operation: Operation, request: GraphQLRequest) -> None:
        sink = SocketSink(self._outbox, operation_id)
        try:
            await self._ground.engine.follow(operation, request.variables, self._session, self._request_id, sink)
        except TooSlow:
            raise too_slow() from None

    async def _execute(self, operation: Operation, request: GraphQLRequest) -> dict[str, Any]:
        work = self._ground.engine.execute(operation, request.variables, self._session.caller)
        if operation.kind == "mutation":
            work = self._ground.mutations.see_through(work)
        return (await work).body

    def _errors(self, problem: Exception) -> list[dict[str, Any]]:
        match problem:
            case BadDocument():
                return problem.errors
            case Malformed():
                self._ground.engine.unread(self._request_id, problem.code)
                return [error(problem.code, problem.message)]
            case Refusal():
                return [refused(problem)]
            case _:
                log.error("An operation broke.", request_id=self._request_id, exc_info=problem)
                return [internal_error(self._request_id)]
