"""What every answer must be, whatever was asked."""

from typing import Any

import httpx2

from hub.refusals import ErrorCode
from hub.web.errors import TransportCode

_OF_DOCUMENTS = {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "OPERATION_UNKNOWN"}
CODES = ({*ErrorCode, *TransportCode} | _OF_DOCUMENTS) - {TransportCode.INTERNAL}
_INSIDE = (
    "Traceback",
    'File "',
    "asyncpg",
    "sqlite",
    "psycopg",
    "tortoise",
    "object at 0x",
    "NoneType",
    "hub.",
    "Did you",
)


def ensure_sound(answer: httpx2.Response, asked: object) -> dict[str, Any]:
    """JSON with a request id and coded errors; no word of the inside; no fault of ours."""
    said = f"{asked}\n{answer.status_code} {answer.text[:3000]}"
    assert answer.status_code < 500, said
    body = answer.json()
    assert body["extensions"]["requestId"] == answer.headers["x-request-id"], said
    ensure_coded(body, said)
    return body


def ensure_coded(body: dict[str, Any], said: str) -> None:
    errors = body.get("errors", [])
    assert errors or body.get("data") is not None, said
    assert len(errors) <= 10, said
    for error in errors:
        assert error["extensions"]["code"] in CODES, said
        assert error["message"], said
        assert not any(word in error["message"] for word in _INSIDE), said
