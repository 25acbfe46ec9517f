"""What is answered: bytes that are the same for everybody, which clients and caches need not fetch twice."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cached_property, wraps
from hashlib import sha256
from typing import Concatenate, ParamSpec, TypeVar

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hub.refusals import ErrorCode, Refusal
from hub.web.errors import http_refusal

P = ParamSpec("P")
S = TypeVar("S")
_STATUS = {ErrorCode.NOT_FOUND: 404, ErrorCode.INVALID: 400}
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    # Pages of all hosts may read what all the world may.
    "Access-Control-Allow-Origin": "*",
}


@dataclass(frozen=True)
class Shared:
    """`changed_at` is when the newest thing in it changed, None where nobody can tell."""

    body: bytes
    media: str
    changed_at: datetime | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @cached_property
    def tag(self) -> str:
        return f'"{sha256(self.body).hexdigest()[:32]}"'


def answer(request: Request, shared: Shared, seconds: int) -> Response:
    """The bytes, or 304 where the client has them already; both may be kept for so many seconds by anybody."""
    headers = {**_SAFE, **shared.headers, "ETag": shared.tag, "Cache-Control": f"public, max-age={seconds}"}
    if shared.changed_at is not None:
        headers["Last-Modified"] = format_datetime(shared.changed_at.astimezone(UTC), usegmt=True)
    if _is_known(request, shared):
        return Response(status_code=304, headers=headers)
    return Response(shared.body, media_type=shared.media, headers=headers)


def _is_known(request: Request, shared: Shared) -> bool:
    """By its tag, or by time where no tag is given (RFC 9110, section 13.2.2)."""
    if (tags := request.headers.get("if-none-match")) is not None:
        given = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return shared.tag in given or "*" in given
    since = request.headers.get("if-modified-since")
    if since is None or shared.changed_at is None:
        return False
    try:
        at = parsedate_to_datetime(since)
    except ValueError:
        return False
    return shared.changed_at.replace(microsecond=0) <= (at if at.tzinfo is not None else at.replace(tzinfo=UTC))


def refusing(
    endpoint: Callable[Concatenate[S, Request, P], Awaitable[Response]],
) -> Callable[Concatenate[S, Request, P], Awaitable[Response]]:
    """The same, with refusals as a status and one line of text."""

    @wraps(endpoint)
    async def run(self: S, request: Request, *args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            return await endpoint(self, request, *args, **kwargs)
        except Refusal as refusal:
            told = http_refusal(refusal)
            status = _STATUS.get(refusal.code, told.status)
            headers = {**_SAFE, **told.headers, "Cache-Control": "no-store"}
            return PlainTextResponse(f"{refusal.message}\n", status, headers=headers)

    return run


def absent() -> Refusal:
    return Refusal(ErrorCode.NOT_FOUND, "There is nothing here: check the address.")
