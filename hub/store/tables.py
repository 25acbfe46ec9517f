"""Tables: what a row is and who may see it. The one place for both; every reader applies it.

A Table takes columns, kinds and null from its Tortoise model. `over` joins the row that shares its primary key
(a thread is a subject): its columns and its visibility come along. A row that lies `within` others, by a column that
holds the id, is seen by who sees these. `derived` adds columns made by an expression.

In templates `{t}` is the table's row and `{over}` the joined one; `:viewer`, `:app`, `:clubs` and `:within` are facts
of the viewer.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from tortoise import fields
from tortoise.fields.relational import ForeignKeyFieldInstance, RelationalField
from tortoise.models import Model

from hub.store.audience import Fact, Standing
from hub.store.instants import from_text
from hub.store.sql import Dialect, Kind

Predicate = Callable[[Standing], str]


class Row(dict[str, Any]):
    """A plain record of one table; `noun` is the GraphQL type that shows it."""

    noun = ""


@dataclass(frozen=True)
class Column:
    """`stored`: the database itself keeps NULL out where `null` is false; an expression only says so."""

    name: str
    kind: Kind
    null: bool
    sql: Callable[[Standing], str]
    stored: bool = True


@dataclass(frozen=True)
class Derived:
    """A column that is an expression over the row; a function when it depends on the viewer's standing."""

    sql: str | Callable[[Standing], str]
    kind: Kind
    null: bool = False

    def expression(self, standing: Standing) -> str:
        return self.sql if isinstance(self.sql, str) else self.sql(standing)


_ALL = "(true)"


def everyone(_standing: Standing) -> str:
    return "true"


_KINDS: tuple[tuple[type[Any], Kind], ...] = (
    (fields.BooleanField, "bool"),
    (fields.BigIntField, "id"),
    (fields.IntField, "int"),
    (fields.FloatField, "float"),
    (fields.DatetimeField, "instant"),
    (fields.JSONField, "json"),
    (fields.TextField, "text"),
    (fields.CharField, "text"),
)


class Table:
    def __init__(
        self,
        model: type[Model],
        noun: str,
        *,
        visible: Predicate = everyone,
        over: "Table | None" = None,
        within: "Mapping[str, Table] | None" = None,
        derived: Mapping[str, Derived] | None = None,
    ) -> None:
        self.name = table_of(model)
        self.noun = noun
        self.over = over
        self.within = dict(within or {})
        self.row_class = type(f"{noun or model.__name__}Record", (Row,), {"noun": noun, "__slots__": ()})
        self._visible = visible
        self.columns = self._columns_of(model, derived or {})

    def visible(self, standing: Standing, alias: str = "t", over_alias: str = "o", judged: Collection[str] = ()) -> str:
        """The predicate that says which rows a viewer of this standing may see.

        `judged` are the columns of `within` whose rows the statement has judged already.
        """
        parts = [f"({fill(self._visible(standing), alias, over_alias)})"]
        for column, table in self.within.items():
            w = f"{alias}w"
            seen = table.visible(standing, w)
            if column not in judged and seen != _ALL:
                parts.append(f"exists (select 1 from {table.name} {w} where {w}.id = {alias}.{column} and {seen})")
        if self.over is not None:
            parts.append(self.over.visible(standing, over_alias))
        return " and ".join(parts)

    def source(self, alias: str = "t", over_alias: str = "o") -> str:
        """The `FROM` item: the table, with the joined one where there is one."""
        if self.over is None:
            return f"{self.name} {alias}"
        return f"{self.over.name} {over_alias} join {self.name} {alias} on {alias}.id = {over_alias}.id"

    def expression(self, column: str, standing: Standing, alias: str = "t", over_alias: str = "o") -> str:
        return fill(self.columns[column].sql(standing), alias, over_alias)

    def select(self, columns: tuple[str, ...], standing: Standing) -> str:
        return ", ".join(f"{self.expression(name, standing)} as {name}" for name in columns)

    def facts(self, standing: Standing, columns: tuple[str, ...] = ()) -> set[Fact]:
        """The facts of the viewer that reading these columns depends on."""
        texts = [self.visible(standing), *(self.expression(name, standing) for name in columns)]
        return facts_in(" ".join(texts)) | {Fact.STANDING}

    def to_row(self, record: Mapping[str, Any], dialect: Dialect) -> Row:
        """A record as the driver gave it, with values of the declared kinds."""
        row = self.row_class(record)
        for name in self._converted[dialect]:
            if row.get(name) is not None:
                row[name] = _CONVERT[self.columns[name].kind](row[name])
        return row

    def _columns_of(self, model: type[Model], derived: Mapping[str, Derived]) -> dict[str, Column]:
        columns: dict[str, Column] = {}
        self.own: dict[str, Kind] = {}
        if self.over is not None:
            for name, column in self.over.columns.items():
                columns[name] = Column(name, column.kind, column.null, _from_over(column), column.stored)
        for name, field in _stored_fields(model):
            self.own[name] = _kind(field)
            columns[name] = Column(name, _kind(field), field.null, _constant(f"{{t}}.{name}"))
        for name, extra in derived.items():
            columns[name] = Column(name, extra.kind, extra.null, extra.expression, stored=False)
        self._converted: dict[Dialect, tuple[str, ...]] = {
            "postgres": tuple(name for name, column in columns.items() if column.kind == "json"),
            "sqlite": tuple(name for name, c in columns.items() if c.kind in {"json", "bool", "instant"}),
        }
        return columns


def fill(template: str, alias: str, over_alias: str = "o") -> str:
    return template.replace("{t}", alias).replace("{over}", over_alias)


def facts_in(sql: str) -> set[Fact]:
    """The facts of the viewer that an SQL text names."""
    names = {":viewer": Fact.SELF, ":app": Fact.SELF, "{in clubs}": Fact.CLUBS}
    return {fact for name, fact in names.items() if name in sql}


def _constant(sql: str) -> Callable[[Standing], str]:
    return lambda _standing: sql


def _from_over(column: Column) -> Callable[[Standing], str]:
    return lambda standing: re.sub(r"\{t\}", "{over}", column.sql(standing))


def table_of(model: type[Model]) -> str:
    return _meta(model).db_table


def _meta(model: type[Model]) -> Any:
    return model._meta  # pyright: ignore[reportPrivateUsage] - Tortoise's documented place


def _stored_fields(model: type[Model]) -> list[tuple[str, fields.Field[Any]]]:
    """Column names and fields; Tortoise makes the columns of foreign keys only when it is initialised."""
    found: dict[str, fields.Field[Any]] = {}
    for name, field in _meta(model).fields_map.items():
        if isinstance(field, ForeignKeyFieldInstance):
            found[f"{name}_id"] = fields.BigIntField(null=field.null)
        elif not isinstance(field, RelationalField):
            found.setdefault(name, field)
    return list(found.items())


def _kind(field: fields.Field[Any]) -> Kind:
    for field_class, kind in _KINDS:
        if isinstance(field, field_class):
            return kind
    raise TypeError(f"no column kind for {type(field).__name__}")


def _parse_json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, (str, bytes)) else value


_CONVERT: dict[Kind, Callable[[Any], Any]] = {"json": _parse_json, "bool": bool, "instant": from_text}
