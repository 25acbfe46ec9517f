"""What an operation is answered: its data, and errors in the words of the client.

Expected refusals come coded; whatever else goes wrong is a bug: it is logged once, and the client gets INTERNAL
and the request id to find it by.
"""

from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError

from hub import metrics
from hub.graph.charging import used_by
from hub.graph.documents import Operation, shortened
from hub.limits.budgets import Charge
from hub.refusals import ErrorCode, FieldRefusal, FrozenRefusal, Refusal, ScopeRefusal, ThrottleRefusal
from hub.store.instants import to_text

_log: Any = structlog.get_logger()
_SHED = 503
_RETRY_MS = 1_000
# Tools that know no code of ours tell by it that nothing broke: in the words of Spring for GraphQL.
_OF_CLIENT = {"classification": "BAD_REQUEST"}


@dataclass(slots=True)
class Answer:
    """`data` in the body may be finished JSON, as `orjson.Fragment`: encode it with orjson.

    `budget` is how the caller's stands after it.
    """

    body: dict[str, Any]
    status: int = 200
    retry_after_ms: int | None = None
    budget: Charge | None = None


def answer_of(result: ExecutionResult, request_id: str, most: int) -> Answer:
    body: dict[str, Any] = {"data": result.data}
    retry: int | None = None
    if result.errors:
        body["errors"] = [formatted(error, request_id) for error in result.errors[:most]]
        for error in body["errors"]:
            metrics.REFUSALS.labels(error["extensions"]["code"]).inc()
        waits = [
            e.original_error.retry_after_ms for e in result.errors if isinstance(e.original_error, ThrottleRefusal)
        ]
        retry = max(waits, default=None)
    shed = retry is not None and not result.data
    return Answer(body, status=_SHED if shed else 200, retry_after_ms=retry)


def cost_used(operation: Operation, answer: Answer) -> int | None:
    """None for all that it costs. What was measured is encoded already."""
    if answer.status == _SHED:
        return 0
    if operation.kind == "mutation":
        return None
    if answer.body["data"] is None:
        return 1
    data = orjson.dumps(answer.body["data"])
    answer.body["data"] = orjson.Fragment(data)
    return used_by(data)


def too_slow() -> Answer:
    error = {
        "message": "This took too long: ask for less, or try again later.",
        "extensions": {"code": ErrorCode.OVERLOADED},
    }
    return Answer({"data": None, "errors": [error]}, status=_SHED, retry_after_ms=_RETRY_MS)


def formatted(error: GraphQLError, request_id: str) -> dict[str, Any]:
    original = error.original_error
    if isinstance(original, Refusal):
        return {**error.formatted, "message": original.message, "extensions": refusal_of(original)}
    if original is None or isinstance(original, GraphQLError):
        return client_error(error)
    _log.error("operation.bug", request_id=request_id, path=error.path, exc_info=original)
    extensions = {"code": "INTERNAL", "requestId": request_id}
    return {**error.formatted, "message": "Something went wrong on our side.", "extensions": extensions}


def refusal_of(refusal: Refusal) -> dict[str, Any]:
    shown: dict[str, Any] = {"code": refusal.code, **_OF_CLIENT}
    if refusal.path:
        shown["argument"] = ".".join(refusal.path)
    match refusal:
        case ThrottleRefusal():
            shown["retryAfterMs"] = refusal.retry_after_ms
        case FieldRefusal():
            shown |= {"min": refusal.least, "max": refusal.most}
        case ScopeRefusal():
            shown["neededScopes"] = list(refusal.needed)
        case FrozenRefusal() if refusal.since is not None:
            shown["since"] = to_text(refusal.since)
        case _:
            pass
    return shown


def client_error(error: GraphQLError) -> dict[str, Any]:
    extensions = {"code": ErrorCode.INVALID, **_OF_CLIENT, **(error.extensions or {})}
    return {**error.formatted, "message": shortened(error.message), "extensions": extensions}


def located(error: Exception) -> GraphQLError:
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
