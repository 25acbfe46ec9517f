"""Where a mail server, or a program beside it, tells which mail came back."""

import hmac
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.live.backend import Backend
from hub.notifications.outside.bounces import record_bounce

_LONGEST = 4_096


class Bounces:
    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def answer(self, request: Request) -> Response:
        """`{"messageId": "<…>", "permanent": true, "reason": "…"}`; 404 where we sent no such mail."""
        secret = self._backend.settings.bounce_token
        given = request.headers.get("authorization", "")
        if not secret or not hmac.compare_digest(given.encode(), f"Bearer {secret}".encode()):
            return _answer(401, "UNAUTHENTICATED")
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _LONGEST:
                return _answer(413, "BODY_TOO_LARGE")
        try:
            told: Any = orjson.loads(body)
            message_id, permanent, reason = told["messageId"], told["permanent"], told.get("reason", "")
        except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError):
            return _answer(400, "BAD_REQUEST")
        if not (isinstance(message_id, str) and isinstance(permanent, bool) and isinstance(reason, str)):
            return _answer(400, "BAD_REQUEST")
        found = await record_bounce(self._backend, message_id, permanent=permanent, reason=reason)
        return Response(status_code=204) if found else _answer(404, "NOT_FOUND")


def _answer(status: int, code: str) -> Response:
    return JSONResponse({"errors": [{"message": code, "extensions": {"code": code}}]}, status)
