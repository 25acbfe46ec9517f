"""Page cursors: the order values of a row, opaque outside, checked on the way back in."""

import base64
import binascii
from datetime import datetime
from typing import Any

import orjson

from hub.refusals import ErrorCode, FieldRefusal
from hub.store.instants import from_text, to_text
from hub.store.sql import Kind

# A name of 120 characters, four bytes each, and an id take 690.
_LONGEST = 1_024


def to_cursor(values: tuple[Any, ...]) -> str:
    parts = [to_text(value) if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def from_cursor(cursor: str, kinds: tuple[Kind, ...], argument: str) -> tuple[Any, ...]:
    """Order values of the given kinds; anything else is refused without saying what is inside."""
    try:
        if len(cursor) > _LONGEST:
            raise ValueError
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        parts = orjson.loads(raw)
        if not isinstance(parts, list) or len(parts) != len(kinds):  # pyright: ignore[reportUnknownArgumentType] - a cursor holds any JSON
            raise ValueError
        return tuple(_value(part, kind) for part, kind in zip(parts, kinds, strict=True))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - a cursor holds any JSON
    except (ValueError, binascii.Error):
        raise FieldRefusal(
            ErrorCode.INVALID,
            "This is no cursor of this list: give one that it showed in the same order, or none to begin anew.",
            argument,
        ) from None


def _value(part: Any, kind: Kind) -> Any:
    if kind == "instant" and isinstance(part, str):
        return from_text(part)
    if kind == "id" and isinstance(part, int) and not isinstance(part, bool) and -(2**63) <= part < 2**63:
        return part
    if kind == "int" and isinstance(part, int) and not isinstance(part, bool) and -(2**31) <= part < 2**31:
        return part
    if kind == "text" and isinstance(part, str) and "\0" not in part:
        part.encode()
        return part
    raise ValueError
