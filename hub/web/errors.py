"""What the transports refuse before, or in place of, executing anything; as GraphQL errors with a code."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import ceil
from typing import Any

from hub import metrics
from hub.refusals import AccessRefusal, ErrorCode, Refusal, ThrottleRefusal
from hub.store.instants import to_text


class TransportCode(StrEnum):
    BAD_REQUEST = "BAD_REQUEST"
    BATCHING_NOT_SUPPORTED = "BATCHING_NOT_SUPPORTED"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    MUTATION_NEEDS_POST = "MUTATION_NEEDS_POST"
    SUBSCRIPTION_NEEDS_SOCKET = "SUBSCRIPTION_NEEDS_SOCKET"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    BODY_TOO_SLOW = "BODY_TOO_SLOW"
    BODY_TOO_LARGE = "BODY_TOO_LARGE"
    ADDRESS_TOO_LONG = "ADDRESS_TOO_LONG"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    TOO_MANY_CONNECTIONS = "TOO_MANY_CONNECTIONS"
    TOO_MANY_STREAMS = "TOO_MANY_STREAMS"
    TOO_MANY_OPERATIONS = "TOO_MANY_OPERATIONS"
    INTERNAL = "INTERNAL"


class Malformed(Exception):
    """Not a GraphQL request at all: a bug of the client, never of its user."""

    def __init__(self, message: str, code: TransportCode = TransportCode.BAD_REQUEST) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class HttpRefusal(Exception):
    """`more` stands beside the code in the error's extensions."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}
        self.more = more
        metrics.REFUSALS.labels(code).inc()


STATUS = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.OVERLOADED: 503,
}


def http_refusal(refusal: Refusal) -> HttpRefusal:
    """A refusal of the caller; one about input never comes this far, the graph answers it with 200."""
    headers: dict[str, str] = {}
    if refusal.code is ErrorCode.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(refusal, ThrottleRefusal):
        headers["Retry-After"] = retry_after(refusal.retry_after_ms)
    return HttpRefusal(STATUS.get(refusal.code, 403), refusal.code, refusal.message, headers, **_helpful(refusal))


def refused(refusal: Refusal) -> dict[str, Any]:
    """As a GraphQL error, on lines that have no status."""
    metrics.REFUSALS.labels(refusal.code).inc()
    return error(refusal.code, refusal.message, **_helpful(refusal))


def _helpful(refusal: Refusal) -> dict[str, Any]:
    match refusal:
        case ThrottleRefusal():
            return {"retryAfterMs": refusal.retry_after_ms}
        case AccessRefusal() if refusal.until is not None:
            return {"until": to_text(refusal.until)}
        case _:
            return {}


def retry_after(milliseconds: int) -> str:
    return str(max(1, ceil(milliseconds / 1000)))


def error(code: str, message: str, **more: Any) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code, **more}}


def internal_error(request_id: str) -> dict[str, Any]:
    message = "Something broke on our side. Tell us the request id and we can look it up."
    return error(TransportCode.INTERNAL, message, requestId=request_id)


def errors_body(errors: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"errors": errors}


def stamped(body: Mapping[str, Any], request_id: str) -> dict[str, Any]:
    """A copy, because a body may be shared by all who asked for the same at the same time."""
    return {**body, "extensions": {**(body.get("extensions") or {}), "requestId": request_id}}
