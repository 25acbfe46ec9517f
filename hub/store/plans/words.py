"""How each database says a value, a list, a cursor as JSON text.

NULL in one part would make NULL of the whole text: each expression is coalesced, to `null` where the schema allows it,
else to one that raises. Both are evaluated only when they are needed.
"""

import base64
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, Protocol

import orjson

from hub.store.formulas import Formula
from hub.store.instants import from_text, to_text
from hub.store.keyset import to_cursor
from hub.store.sql import Kind

# SQLite takes an expression 1,000 deep, and its parser has a stack of 100: no parentheses without need.
_MOST_PARTS = 90
_INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'

Values = Sequence[tuple[str, Kind]]


class Unsayable(Exception):
    """Not in these words."""


class Json(NamedTuple):
    """SQL of a value's JSON text, NULL for NULL. `bare`: without the quotes that belong around it."""

    sql: str
    bare: bool = False


class Words(Protocol):
    """Each gives an SQL expression. `functions` are those that the statement wants of SQLite beside its own;
    `escapes`: the texts in its answer are escaped, else that is left to who gets it."""

    functions: dict[str, Callable[..., Any]]
    escapes: bool

    def literal(self, text: str) -> str:
        """Finished JSON, or a name."""
        ...

    def json(self, sql: str, kind: Kind) -> Json: ...

    def all_among(self, sql: str, names: Sequence[str]) -> str:
        """Whether a JSON list holds nothing but these names, which are plain words."""
        ...

    def joined(self, sql: str) -> str:
        """The texts of all rows in their order, commas between them; NULL ones are left out."""
        ...

    def nth(self, sql: str, place: str) -> str:
        """The value in the row at this place, from 1."""
        ...

    def least(self, left: str, right: str) -> str: ...

    def refused(self) -> str:
        """Raises when it is evaluated."""
        ...

    def global_id(self, noun: str, sql: str) -> str: ...

    def cursor(self, values: Values) -> str: ...

    def formula(self, formula: Formula, function: Callable[..., Any], values: Values) -> str: ...


def concat(parts: Sequence[str]) -> str:
    """The texts one after the other. PostgreSQL's function of that name does it as well, at one and a half the cost."""
    if len(parts) <= _MOST_PARTS:
        return " || ".join(parts)
    return concat([f"({concat(some)})" for some in _split(parts)])


class PostgresWords:
    escapes = True

    def __init__(self) -> None:
        self.functions: dict[str, Callable[..., Any]] = {}

    def literal(self, text: str) -> str:
        return _literal(text)

    def json(self, sql: str, kind: Kind) -> Json:
        match kind:
            case "text":
                return Json(f"to_json({sql})::text")
            case "bool":
                return Json(f"case {sql} when true then 'true' when false then 'false' end")
            case "instant":
                return Json(f"to_char({sql}, '{_INSTANT}')", bare=True)
            case _:
                return Json(f"({sql})::text")

    def all_among(self, sql: str, names: Sequence[str]) -> str:
        return f"{sql} <@ '{orjson.dumps(names).decode()}'::jsonb"

    def joined(self, sql: str) -> str:
        return f"string_agg(({sql})::text, ',')"

    def nth(self, sql: str, place: str) -> str:
        return f"(array_agg({sql}))[{place}]"

    def least(self, left: str, right: str) -> str:
        return f"least({left}, {right})"

    def refused(self) -> str:
        # Not `'!'::json`: a constant would be evaluated while planning, and `concat` is not immutable.
        return "(concat('!')::json)::text"

    def global_id(self, noun: str, sql: str) -> str:
        return f"encode(('{noun}:' || {sql})::bytea, 'base64')"

    def cursor(self, values: Values) -> str:
        parts = " || ',' || ".join(_quoted(PostgresWords.json(self, sql, kind)) for sql, kind in values)
        return f"translate(encode(convert_to('[' || {parts} || ']', 'UTF8'), 'base64'), '+/=' || chr(10), '-_')"

    def formula(self, formula: Formula, function: Callable[..., Any], values: Values) -> str:
        sql = formula.sql
        for place, (value, _) in enumerate(values):
            sql = sql.replace(f"{{{place}}}", value)
        return f"({sql})"


class SqliteWords:
    """Runs in process, so what a formula says is said by the Python function itself."""

    escapes = True

    def __init__(self) -> None:
        self.functions: dict[str, Callable[..., Any]] = {}

    def literal(self, text: str) -> str:
        return _literal(text)

    def json(self, sql: str, kind: Kind) -> Json:
        match kind:
            case "text":
                return Json(f"nullif(json_quote({sql}), 'null')")
            case "bool":
                return Json(f"case {sql} when 1 then 'true' when 0 then 'false' end")
            case "instant":
                return Json(sql, bare=True)
            case _:
                return Json(f"cast({sql} as text)")

    def all_among(self, sql: str, names: Sequence[str]) -> str:
        known = ", ".join(f"'{name}'" for name in names)
        return f"not exists (select 1 from json_each({sql}) where value not in ({known}))"

    def joined(self, sql: str) -> str:
        return f"group_concat({sql}, ',')"

    def nth(self, sql: str, place: str) -> str:
        return f"json_extract(json_group_array({sql}), '$[' || ({place} - 1) || ']')"

    def least(self, left: str, right: str) -> str:
        return f"min({left}, {right})"

    def refused(self) -> str:
        return self._call(_refuse, [])

    def global_id(self, noun: str, sql: str) -> str:
        return self._call(_global_id, [f"'{noun}'", sql])

    def cursor(self, values: Values) -> str:
        return self._call(_cursor, [sql for sql, _ in values])

    def formula(self, formula: Formula, function: Callable[..., Any], values: Values) -> str:
        kinds = tuple(kind for _, kind in values)
        return self._call(function, [sql for sql, _ in values], _converting(function, kinds))

    def _call(
        self, function: Callable[..., Any], values: Sequence[str], wrapped: Callable[..., Any] | None = None
    ) -> str:
        name = "hub_" + re.sub(r"\W", "_", f"{function.__module__}_{function.__qualname__}").lower()
        self.functions[name] = wrapped or function
        return f"{name}({', '.join(values)})"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(json: Json) -> str:
    return f"'\"' || {json.sql} || '\"'" if json.bare else json.sql


def _split(parts: Sequence[str]) -> list[Sequence[str]]:
    return [parts[start : start + _MOST_PARTS] for start in range(0, len(parts), _MOST_PARTS)]


def _refuse() -> None:
    raise ValueError


def _global_id(noun: str, row_id: int) -> str:
    return base64.b64encode(f"{noun}:{row_id}".encode()).decode()


def _cursor(*values: Any) -> str:
    return to_cursor(values)


@cache
def _converting(function: Callable[..., Any], kinds: tuple[Kind, ...]) -> Callable[..., Any]:
    """The function with values as SQLite holds them."""
    places = [place for place, kind in enumerate(kinds) if kind == "instant"]

    def converted(*values: Any) -> Any:
        given = list(values)
        for place in places:
            given[place] = from_text(given[place])
        found = function(*given)
        return to_text(found) if isinstance(found, datetime) else found

    return converted
