"""What goes back over HTTP: status, headers and one encoded body, always with the request's id."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.types import Send

from hub.graph.operations import Answer, BadDocument
from hub.web.errors import HttpRefusal, error, errors_body, internal_error, retry_after, stamped
from hub.web.media import ANYTHING, EVENTS, Media
from hub.web.streams.frames import single

OK = 200
PARTIAL = 294
DOCUMENT_STATUSES = {400, 422}
EVENT_STATUSES = {200, 401, 403}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    async def send(self, send: Send) -> None:
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


@dataclass(frozen=True, slots=True)
class Replies:
    """In the negotiated media type. `draft`: the status codes of the 2026-08 draft of GraphQL over HTTP.

    As an event stream comes what clients of it are to read: `graphql-sse` takes each other status than 200 for a
    broken network and tries again. What is better tried again, or is no GraphQL request at all, comes as JSON.
    """

    media: Media
    request_id: str
    draft: bool = False

    def answer(self, answer: Answer) -> Reply:
        headers = {} if answer.retry_after_ms is None else {"Retry-After": retry_after(answer.retry_after_ms)}
        return self._reply(self._answer_status(answer), answer.body, headers)

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
            media = ANYTHING
        return Reply(
            status,
            {
                "Content-Type": media.header,
                "X-Request-Id": self.request_id,
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
                **(headers or {}),
            },
            encoded,
        )
