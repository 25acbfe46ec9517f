"""Single values of an export, judged: absent and null are the same, another type is a `Misfit`."""

import re
from datetime import UTC, datetime
from typing import Any, cast

Row = dict[str, Any]

ID_MOST = 2**63 - 1
COUNT_MOST = 2**31 - 1

_UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")


class Misfit(Exception):
    """What is wrong, in words for people."""


def row_of(value: object, what: str) -> Row:
    if not isinstance(value, dict):
        raise Misfit(f"{what} is not an object")
    return cast(Row, value)


def values_of(row: Row, key: str) -> list[Any]:
    value = row.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Misfit(f"“{key}” is not a list")
    return cast(list[Any], value)


def whole(row: Row, key: str, default: int | None = None, *, least: int = 0, most: int = COUNT_MOST) -> int:
    value = _given(row, key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Misfit(f"“{key}” is not a whole number from {least} to {most}")
    return value


def text(row: Row, key: str, default: str | None = None) -> str:
    """Without the characters that no database takes: NUL and halves of a surrogate pair."""
    value = _given(row, key, default)
    if not isinstance(value, str):
        raise Misfit(f"“{key}” is not text")
    return _UNSTORABLE.sub("", value)


def line(row: Row, key: str, default: str | None = None) -> str:
    return " ".join(text(row, key, default).split())


def flag(row: Row, key: str) -> bool:
    value = _given(row, key, default=False)
    if not isinstance(value, bool):
        raise Misfit(f"“{key}” is neither true nor false")
    return value


def moment(row: Row, key: str, default: datetime | None = None) -> datetime:
    if default is not None and row.get(key) is None:
        return default
    try:
        at = datetime.fromisoformat(text(row, key))
        # Without a zone it would be read as the time of this machine's place.
        at = at.astimezone(UTC) if at.utcoffset() is not None else None
    except (ValueError, OverflowError):
        at = None
    if at is None:
        raise Misfit(f"“{key}” is not a time")
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _given(row: Row, key: str, default: object) -> Any:
    value = row.get(key)
    if value is None:
        value = default
    if value is None:
        raise Misfit(f"“{key}” is missing")
    return value
