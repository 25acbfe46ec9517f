"""Instants: aware UTC datetimes of whole milliseconds in Python, one text `YYYY-MM-DDTHH:MM:SS.mmmZ` outside.

PostgreSQL keeps `timestamptz(3)`; SQLite keeps that text, whose fixed width sorts like the time.
"""

from datetime import UTC, datetime
from typing import Any

from tortoise.fields import DatetimeField


def now() -> datetime:
    return whole(datetime.now(UTC))


def whole(value: datetime) -> datetime:
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def to_text(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def from_text(value: str) -> datetime:
    """Raise ValueError for what is no RFC 3339 instant with an offset."""
    parsed = datetime.fromisoformat(value)
    if parsed.tzinfo is None:
        raise ValueError("an instant needs an offset")
    try:
        return whole(parsed.astimezone(UTC))
    except OverflowError:
        raise ValueError("an instant lies in the years 1 to 9999") from None


def from_driver(value: Any) -> datetime:
    """An instant as a raw statement gives it: a text on SQLite."""
    return from_text(value) if isinstance(value, str) else value


class InstantField(DatetimeField[Any]):
    """A column of instants, the same on both databases."""

    class _db_postgres(DatetimeField._db_postgres):  # pyright: ignore[reportPrivateUsage] - Tortoise looks for this name
        SQL_TYPE = "TIMESTAMPTZ(3)"

    class _db_sqlite:
        SQL_TYPE = "TEXT"

    def to_db_value(self, value: Any, instance: Any) -> Any:
        if isinstance(value, datetime) and _is_sqlite(instance):
            return to_text(value)
        return value if value is None else whole(value)

    def to_python_value(self, value: Any) -> datetime | None:
        return from_text(value) if isinstance(value, str) else value


def _is_sqlite(instance: Any) -> bool:
    return instance._meta.db.capabilities.dialect == "sqlite"  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportUnknownVariableType] - Tortoise's documented place
