"""What goes back over HTTP: status, headers and one encoded body, always with the request's id."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Any, TypeAlias

import orjson
from starlette.types import Send

from hub.graph.answers import Answer
from hub.graph.documents import BadDocument
from hub.limits.budgets import Charge
from hub.web.errors import HttpRefusal, error, errors_body, internal_error, retry_after, stamped
from hub.web.media import EVENTS, LEGACY, Media
from hub.web.streams.frames import single

OK = 200
NOT_MODIFIED = 304
PARTIAL = 294
DOCUMENT_STATUSES = {400, 422}
EVENT_STATUSES = {200, 401, 403}


Header: TypeAlias = tuple[bytes, bytes]


@dataclass(slots=True)
class Reply:
    status: int
    headers: list[Header]
    body: bytes

    def within(self, budget: Charge) -> "Reply":
        """Tell as well how the caller's budget stands."""
        self.headers.extend(rate_limit(budget))
        return self

    async def send(self, send: Send) -> None:
        headers = (
            self.headers
            if self.status == NOT_MODIFIED
            else [*self.headers, (b"content-length", b"%d" % len(self.body))]
        )
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


@cache
def same_for_all(media: Media, status: int) -> tuple[Header, ...]:
    return (
        (b"content-type", media.header(status).encode()),
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept, Authorization"),
        (b"x-content-type-options", b"nosniff"),
    )


def rate_limit(budget: Charge) -> list[Header]:
    """The headers that a draft of the IETF (draft-ietf-httpapi-ratelimit-headers-07) names; in cost, and seconds."""
    return [
        (b"ratelimit-limit", b"%d" % budget.limit),
        (b"ratelimit-remaining", b"%d" % budget.remaining),
        (b"ratelimit-reset", b"%d" % ceil(budget.full_in)),
    ]


@dataclass(slots=True)
class Replies:
    """In the negotiated media type. `draft`: the status codes of the 2026-08 draft of GraphQL over HTTP.

    As an event stream comes what clients of it are to read: `graphql-sse` takes each other status than 200 for a
    broken network and tries again. What is better tried again, or is no GraphQL request at all, comes as JSON.
    """

    media: Media
    request_id: str
    draft: bool = False

    def answer(self, answer: Answer) -> Reply:
        headers: dict[str, str] = {}
        if answer.retry_after_ms is not None:
            headers["Retry-After"] = retry_after(answer.retry_after_ms)
        reply = self._reply(self._answer_status(answer), answer.body, headers)
        return reply if answer.budget is None else reply.within(answer.budget)

    def bad_document(self, bad: BadDocument) -> Reply:
        return self._reply(self._document_status(bad.status), errors_body(bad.errors))

    def refusal(self, refusal: HttpRefusal) -> Reply:
        body = errors_body([error(refusal.code, refusal.message, **refusal.more)])
        return self._reply(refusal.status, body, refusal.headers)

    def internal_error(self) -> Reply:
        return self._reply(500, errors_body([internal_error(self.request_id)]))

    def _answer_status(self, answer: Answer) -> int:
        partial = answer.status == OK and answer.body.get("data") is not None and "errors" in answer.body
        return PARTIAL if partial and self.draft and self.media.honest else answer.status

    def _document_status(self, status: int) -> int:
        if status not in DOCUMENT_STATUSES or (self.media.honest and self.draft):
            return status
        return 400 if self.media.honest else OK

    def _reply(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
        encoded, media = orjson.dumps(stamped(body, self.request_id)), self.media
        if media is EVENTS and status in EVENT_STATUSES:
            status, encoded = OK, single(encoded)
        elif media is EVENTS:
            media = LEGACY
        own = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        request_id = (b"x-request-id", self.request_id.encode())
        return Reply(status, [*same_for_all(media, status), request_id, *own], encoded)
