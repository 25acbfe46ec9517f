"""GraphQL over HTTP: one query or mutation in a POST, or one query in a GET; a subscription as an event stream."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog
from starlette.types import Receive, Scope, Send

from hub import traces
from hub.graph.answers import Answer
from hub.graph.callers import Caller, Callers
from hub.graph.documents import BadDocument, Operation
from hub.graph.operations import Engine
from hub.refusals import Refusal
from hub.web.addresses import Addresses
from hub.web.bodies import ClientGone, read_body, until_gone
from hub.web.caching import cacheable
from hub.web.errors import HttpRefusal, Malformed, TransportCode, http_refusal
from hub.web.headers import RequestHeaders
from hub.web.limits import Limits
from hub.web.media import EVENTS, RESPONSE, Media, is_json, negotiated, takes_events
from hub.web.mutations import Mutations
from hub.web.replies import Replies, Reply
from hub.web.request_ids import request_id_of
from hub.web.requests import GraphQLRequest, from_address, from_body
from hub.web.streams.endpoint import Streams
from hub.web.tokens import token_of

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class GraphQLEndpoint:
    """An ASGI app. Bare, because Starlette's request and response cost as much as a small query."""

    engine: Engine
    callers: Callers
    limits: Limits
    addresses: Addresses
    mutations: Mutations
    streams: Streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = RequestHeaders(scope)
        with traces.request(scope["method"], headers) as span:
            reply = await self._reply(scope, headers, receive, send)
            if span is not None and reply is not None:
                span.set_attribute("http.response.status_code", reply.status)
        if reply is not None:
            await reply.send(send)

    async def _reply(self, scope: Scope, headers: RequestHeaders, receive: Receive, send: Send) -> Reply | None:
        """None where nobody waits for one, or it was an event stream."""
        accept = headers.get("accept")
        events = takes_events(accept)
        # Events last: urql names them with each request, and is to get JSON for all but subscriptions.
        media = negotiated(accept) or (EVENTS if events else None)
        caller: Caller | None = None
        replies = Replies(media or RESPONSE, request_id_of(headers), draft=self.limits.draft_statuses)
        try:
            ensure_acceptable(media)
            request = await self._request(scope, headers, receive)
            until = self.engine.deadline()
            caller = await self._caller(scope, headers, replies.request_id)
            operation = await self.engine.read(request.query, request.operation_name, request.named, caller)
            if events and operation.kind == "subscription":
                await self.streams.follow(operation, request, caller, (scope, receive, send))
                return None
            ensure_fits(operation, scope["method"])
            answer = await self._execute(operation, request, caller, until, (scope, receive))
            reply = replies.answer(answer)
            if scope["method"] == "GET":
                reply = cacheable(reply, answer, operation, caller, headers)
        except ClientGone:
            return None
        except Exception as problem:
            self._note(problem, replies.request_id, known=caller is not None)
            reply = reply_to(problem, replies)
            if caller is not None:
                reply = reply.within(self.engine.budget_of(caller))
        return reply

    def _note(self, problem: Exception, request_id: str, *, known: bool) -> None:
        """What the engine never heard of: no request, no token that is good."""
        if isinstance(problem, (HttpRefusal, Malformed)) or (isinstance(problem, Refusal) and not known):
            self.engine.unread(request_id, problem.code)

    async def _request(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> GraphQLRequest:
        match scope["method"]:
            case "POST":
                ensure_plain_json(headers)
                is_whole = transport_of(scope).get("whole")
                whole = is_whole is not None and is_whole()
                return from_body(await read_body(headers, receive, self.limits, whole=whole))
            case "GET":
                ensure_short(scope["query_string"], self.limits)
                return from_address(scope["query_string"])
            case _:
                raise method_not_allowed()

    async def _caller(self, scope: Scope, headers: Mapping[str, str], request_id: str) -> Caller:
        token = token_of([headers["authorization"]] if "authorization" in headers else ())
        caller = await self.callers.of_token(token, request_id, self.addresses.of(scope), headers.get("origin"))
        if headers.get("x-hub-plan") == "off" and caller.viewer.standing.staff:
            return replace(caller, plans=False)
        return caller

    async def _execute(
        self,
        operation: Operation,
        request: GraphQLRequest,
        caller: Caller,
        until: float,
        exchange: tuple[Scope, Receive],
    ) -> Answer:
        work = self.engine.execute(operation, request.variables, caller, until)
        if operation.kind == "mutation":
            work = self.mutations.see_through(work)
        return await unless_gone(work, *exchange)


async def unless_gone(work: Coroutine[Any, Any, Answer], scope: Scope, receive: Receive) -> Answer:
    """The answer, or `ClientGone` as soon as nobody waits for it any more; the work is cancelled then."""
    task, gone = asyncio.current_task(), False
    assert task is not None

    def hang_up() -> None:
        nonlocal gone
        gone = True
        task.cancel()

    stop = watch(scope, receive, hang_up)
    try:
        return await work
    except asyncio.CancelledError:
        if gone and not task.uncancel():
            raise ClientGone from None
        raise
    finally:
        stop()


def watch(scope: Scope, receive: Receive, hung_up: Callable[[], None]) -> Callable[[], object]:
    """Have `hung_up` called when the peer is gone; call what comes back to stop that.

    Our own server tells by itself; of another one a task has to ask.
    """
    when_gone = transport_of(scope).get("when_gone")
    if when_gone is None:
        return asyncio.create_task(call_when_gone(hung_up, receive)).cancel
    when_gone(hung_up)
    return partial(when_gone, None)


async def call_when_gone(call: Callable[[], None], receive: Receive) -> None:
    await until_gone(receive)
    call()


def transport_of(scope: Scope) -> Mapping[str, Callable[..., Any]]:
    """What `hub.web.server` hands over beyond ASGI; nothing under another server."""
    return scope.get("extensions", {}).get("hub.transport", {})


def reply_to(problem: Exception, replies: Replies) -> Reply:
    match problem:
        case BadDocument():
            return replies.bad_document(problem)
        case Malformed():
            return replies.refusal(HttpRefusal(400, problem.code, problem.message))
        case HttpRefusal():
            return replies.refusal(problem)
        case Refusal():
            return replies.refusal(http_refusal(problem))
        case _:
            log.error("A request broke.", request_id=replies.request_id, exc_info=problem)
            return replies.internal_error()


def ensure_acceptable(media: Media | None) -> None:
    if media is None:
        message = "Accept application/graphql-response+json, application/json or text/event-stream, in UTF-8."
        raise HttpRefusal(406, TransportCode.NOT_ACCEPTABLE, message)


def ensure_plain_json(headers: Mapping[str, str]) -> None:
    if not is_json(headers.get("content-type")):
        raise unsupported_media_type("Send the body as application/json in UTF-8.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise unsupported_media_type("Send the body uncompressed.")


def ensure_short(query_string: bytes, limits: Limits) -> None:
    if len(query_string) > limits.body_limit:
        raise HttpRefusal(414, TransportCode.ADDRESS_TOO_LONG, "Send long documents by POST.")


def ensure_fits(operation: Operation, method: str) -> None:
    if operation.kind == "subscription":
        message = "Accept text/event-stream, or subscribe over a WebSocket here, speaking graphql-transport-ws."
        raise HttpRefusal(406, TransportCode.SUBSCRIPTION_NEEDS_SOCKET, message)
    if operation.kind == "mutation" and method == "GET":
        message = "Send mutations by POST."
        raise HttpRefusal(405, TransportCode.MUTATION_NEEDS_POST, message, {"Allow": "POST"})


def unsupported_media_type(message: str) -> HttpRefusal:
    return HttpRefusal(415, TransportCode.UNSUPPORTED_MEDIA_TYPE, message)


def method_not_allowed() -> HttpRefusal:
    message = "Send a POST, or a GET for a query."
    return HttpRefusal(405, TransportCode.METHOD_NOT_ALLOWED, message, {"Allow": "GET, POST"})
