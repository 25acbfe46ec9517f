"""One SQL text for both databases: `:name` parameters and a few macros, prepared once per text.

`{now}` the database's clock, whole milliseconds · `x {in ids}` membership in a list of ids, `{in_text names}` of
texts · `{any ids}` a `FROM` item of rows (value, place), in order · `{as_KIND name}` a parameter whose type
PostgreSQL cannot guess · `{later seconds}` that many seconds from now · `select {texts_of}(column)` the texts in a
column that holds a list · `{key_share t}` keeps the rows of `t` from those who take them `{for_update}`, and from
nobody else. Names are lower case, so that `HH24:MI` in a literal is left alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import orjson

from hub.store.instants import to_text

Dialect = Literal["postgres", "sqlite"]
Kind = Literal["id", "int", "float", "text", "bool", "instant", "json"]

_NAME = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_MACRO = re.compile(r"\{(\w+)(?: (\w+))?\}")
_TYPES: dict[Kind, str] = {
    "id": "bigint",
    "int": "integer",
    "float": "double precision",
    "text": "text",
    "bool": "boolean",
    "instant": "timestamptz",
    "json": "jsonb",
}
_MACROS: dict[Dialect, dict[str, str]] = {
    "postgres": {
        "now": "date_trunc('milliseconds', clock_timestamp())",
        "in": "= any(cast(:{0} as bigint[]))",
        "in_text": "= any(cast(:{0} as text[]))",
        "any": "unnest(cast(:{0} as bigint[])) with ordinality as {0}(value, place)",
        "any_text": "unnest(cast(:{0} as text[])) with ordinality as {0}(value, place)",
        "texts_of": "jsonb_array_elements_text",
        "later": "date_trunc('milliseconds', clock_timestamp() + cast(:{0} as double precision) * interval '1 second')",
        "for_update": "for update",
        "key_share": "for key share of {0}",
        "skip_locked": "for update skip locked",
        "cascade": "cascade",
    },
    "sqlite": {
        "now": "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        "in": "in (select value from json_each(:{0}))",
        "in_text": "in (select value from json_each(:{0}))",
        "any": "(select value, key as place from json_each(:{0})) as {0}",
        "any_text": "(select value, key as place from json_each(:{0})) as {0}",
        "texts_of": "value from json_each",
        "later": "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', printf('%+.3f seconds', :{0}))",
        "for_update": "",
        "key_share": "",
        "skip_locked": "",
        "cascade": "",
    },
}


for _kind, _type in _TYPES.items():
    _MACROS["postgres"][f"as_{_kind}"] = f"cast(:{{0}} as {_type})"
    _MACROS["sqlite"][f"as_{_kind}"] = ":{0}"


@dataclass(frozen=True)
class Prepared:
    text: str
    names: tuple[str, ...]


@lru_cache(maxsize=4_096)
def prepare(sql: str, dialect: Dialect) -> Prepared:
    """As `number`, remembered."""
    return number(sql, dialect)


def number(sql: str, dialect: Dialect) -> Prepared:
    """Number the parameters in the order of their first use; raise KeyError for an unknown macro."""
    expanded = _MACRO.sub(lambda m: _MACROS[dialect][m[1]].format(m[2]), sql)
    names = tuple(dict.fromkeys(_NAME.findall(expanded)))
    mark = "$" if dialect == "postgres" else "?"
    text = _NAME.sub(lambda m: f"{mark}{names.index(m[1]) + 1}", expanded)
    return Prepared(text, names)


def records(name: str, columns: Mapping[str, Kind], dialect: Dialect) -> str:
    """A `FROM` item that reads the JSON list in parameter `name` as rows of the given columns."""
    if dialect == "postgres":
        shape = ", ".join(f"{column} {_TYPES[kind]}" for column, kind in columns.items())
        return f"jsonb_to_recordset(cast(:{name} as jsonb)) as {name}({shape})"
    parts = ", ".join(f"json_extract(value, '$.{column}') as {column}" for column in columns)
    return f"(select {parts} from json_each(:{name})) as {name}"


def adapt(value: Any, dialect: Dialect) -> Any:
    if isinstance(value, datetime):
        return to_text(value) if dialect == "sqlite" else value
    if isinstance(value, dict):
        return to_json(value)
    if dialect == "sqlite" and isinstance(value, (list, tuple, set, frozenset)):
        return to_json(list(value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - a parameter may be any list
    if isinstance(value, (tuple, set, frozenset)):
        return list(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - a parameter may be any list
    return value


def to_json(value: Any) -> str:
    return orjson.dumps(value, default=_json_default, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


def _json_default(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, (set, frozenset)):
        return list(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - a parameter may be any list
    raise TypeError(type(value).__name__)
