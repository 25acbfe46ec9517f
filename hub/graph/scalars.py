"""Scalars: a Python type for the checker, and how its value is read and written."""

from datetime import datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError

from hub.store.instants import from_text, to_text

URL = NewType("URL", str)
TimeZone = NewType("TimeZone", str)
Locale = NewType("Locale", str)
Markdown = NewType("Markdown", str)
SafeHTML = NewType("SafeHTML", str)
LiveCursor = NewType("LiveCursor", str)
JSON = NewType("JSON", object)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError("A text is expected here.")
    return value


def _instant(value: Any) -> datetime:
    try:
        return from_text(_text(value))
    except (ValueError, OverflowError):
        raise GraphQLError("An RFC 3339 time with its offset is expected here.") from None


def _written(value: Any) -> str:
    return to_text(value) if isinstance(value, datetime) else str(value)


def _same(value: Any) -> Any:
    return value


SCALARS: dict[object, Any] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="UTC instant with milliseconds, RFC 3339: `2026-11-22T16:20:00.000Z`.",
        serialize=_written,
        parse_value=_instant,
    ),
    URL: strawberry.scalar(name="URL", description="Absolute address.", serialize=str, parse_value=_text),
    TimeZone: strawberry.scalar(
        name="TimeZone", description="IANA zone name, e.g. `America/Chicago`.", serialize=str, parse_value=_text
    ),
    Locale: strawberry.scalar(name="Locale", description="BCP 47 tag, e.g. `en`.", serialize=str, parse_value=_text),
    Markdown: strawberry.scalar(
        name="Markdown",
        description="Markdown source as typed by the author; never trusted as HTML.",
        serialize=str,
        parse_value=_text,
    ),
    SafeHTML: strawberry.scalar(
        name="SafeHTML", description="Sanitised HTML, safe to insert.", serialize=str, parse_value=_text
    ),
    JSON: strawberry.scalar(name="JSON", description="Any JSON value.", serialize=_same, parse_value=_same),
    LiveCursor: strawberry.scalar(
        name="LiveCursor",
        description="Opaque position in one live stream, for `after` of its subscription or of `changes`.",
        serialize=str,
        parse_value=_text,
    ),
}
