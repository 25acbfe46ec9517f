"""Loaders: one declared join each. From it come the batched statement and, later, the subquery of a plan.

`Loader(users, "id")` finds one row a key; `Loader(comments, "subject_id", many=True, order=("number", ))` finds
a page of rows a key. The order ends in a unique column and runs one way, so that a keyset is one comparison;
each needs the index (key, order…). `via` reaches rows over a link table: its key and order are the link's.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from hub.store.audience import Fact, Standing, Viewer
from hub.store.database import Database
from hub.store.keyset import from_cursor, to_cursor
from hub.store.sql import Dialect, Kind
from hub.store.tables import Row, Table, facts_in, fill


@dataclass(frozen=True)
class Page:
    """`first` rows after a cursor, or `last` rows before one, in either case in the loader's order."""

    size: int
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    backward: bool = False


@dataclass
class Rows:
    """One key's page: visible rows in order, and whether more lie on either side."""

    rows: list[Row]
    has_next: bool = False
    has_previous: bool = False


@dataclass(frozen=True)
class Shape:
    """What of a page and its filters the text of a statement depends on."""

    after: int
    before: int
    backward: bool
    args: frozenset[str]


@dataclass(frozen=True)
class Via:
    """A link table: `key` is searched for, `target` points at the wanted rows."""

    table: Table
    key: str
    target: str


@dataclass(frozen=True, eq=False)
class Loader:
    table: Table
    key: str | None
    many: bool = False
    where: str = "true"
    order: tuple[str, ...] = ()
    args: Mapping[str, str] = field(default_factory=dict[str, str])
    via: Via | None = None

    def __post_init__(self) -> None:
        if self.many and len({name.startswith("-") for name in self.order}) != 1:
            raise ValueError(f"{self.table.name}: the order of a list runs one way and is never empty")

    @property
    def is_plain(self) -> bool:
        """Whether it finds a row of one table by its id, and nothing more."""
        return self.key == "id" and not self.many and self.where == "true" and self.table.over is None

    @property
    def descending(self) -> bool:
        return self.order[0].startswith("-")

    @property
    def order_columns(self) -> tuple[str, ...]:
        return tuple(name.lstrip("-") for name in self.order)

    @property
    def order_kinds(self) -> tuple[Kind, ...]:
        return tuple(self._owner(name).columns[name].kind for name in self.order_columns)

    def cursor(self, row: Row) -> str:
        return to_cursor(tuple(row[f"order_{name}"] for name in self.order_columns))

    def position(self, cursor: str, argument: str) -> tuple[Any, ...]:
        """The order values in a cursor of this list; raise FieldRefusal for anything else."""
        return from_cursor(cursor, self.order_kinds, argument)

    def facts(self, standing: Standing) -> set[Fact]:
        return self.table.facts(standing) | facts_in(self.where + " ".join(self.args.values()))

    async def row(self, database: Database, viewer: Viewer, key: Any) -> Row | None:
        """The visible row of this key, or None when it is hidden or absent."""
        rows = await self.load_one(database, viewer, [key])
        return rows.get(key)

    async def load_one(
        self, database: Database, viewer: Viewer, keys: list[Any], columns: tuple[str, ...] = ()
    ) -> dict[Any, Row]:
        """The visible row of each key, in one statement; what is hidden or absent is missing alike."""
        sql = _one_statement(self, viewer.standing, columns or tuple(self.table.columns))
        fetch = database.fetch_small if len(keys) == 1 else database.fetch
        records = await fetch(sql, {"keys": keys, **facts_of(viewer)})
        rows = (self.table.to_row(record, database.dialect) for record in records)
        return {row.pop("loader_key"): row for row in rows}

    async def load_many(
        self,
        database: Database,
        viewer: Viewer,
        keys: list[Any],
        page: Page,
        args: Mapping[str, Any] | None = None,
        columns: tuple[str, ...] = (),
    ) -> dict[Any, Rows]:
        """A page of visible rows for each key, in one statement; each key has an entry."""
        given = args or {}
        sql = _many_statement(
            self,
            viewer.standing,
            columns or tuple(self.table.columns),
            Shape(len(page.after or ()), len(page.before or ()), page.backward, frozenset(given)),
            database.dialect,
        )
        records = await database.fetch(
            sql,
            {
                "keys": keys,
                "size": page.size + 1,
                **facts_of(viewer),
                **{f"arg_{name}": value for name, value in given.items()},
                **{f"after_{i}": value for i, value in enumerate(page.after or ())},
                **{f"before_{i}": value for i, value in enumerate(page.before or ())},
            },
        )
        found: dict[Any, list[Row]] = {key: [] for key in keys} if self.key else {None: []}
        for record in records:
            row = self.table.to_row(record, database.dialect)
            found[row.pop("loader_key")].append(row)
        return {key: _trim(rows, page) for key, rows in found.items()}

    def _owner(self, column: str) -> Table:
        """The table that a key or order column belongs to: the link where there is one."""
        return self.via.table if self.via and column in self.via.table.columns else self.table

    def column(self, name: str, standing: Standing, suffix: str = "") -> str:
        alias = "v" if self._owner(name) is not self.table else "t"
        return self._owner(name).expression(name, standing, f"{alias}{suffix}", f"o{suffix}")

    def conditions(
        self, standing: Standing, shape: Shape, suffix: str = "", call: str = "", judged: Collection[str] = ()
    ) -> list[str]:
        """What a row must fulfil besides its key; `call` begins the parameters' names, `judged` is as in `visible`."""
        t, o = f"t{suffix}", f"o{suffix}"
        parts = [fill(self.where, t, o), self.table.visible(standing, t, o, judged)]
        parts += [re.sub(r"\barg_", f"{call}arg_", fill(self.args[name], t, o)) for name in sorted(shape.args)]
        for side, count in (("after", shape.after), ("before", shape.before)):
            if count:
                left = ", ".join(self.column(name, standing, suffix) for name in self.order_columns)
                right = ", ".join(f"{{as_{kind} {call}{side}_{i}}}" for i, kind in enumerate(self.order_kinds))
                parts.append(f"({left}) {'<' if self.descending == (side == 'after') else '>'} ({right})")
        return parts

    def source(self, suffix: str = "") -> str:
        t, o, v = (f"{alias}{suffix}" for alias in "tov")
        if self.via is None:
            return self.table.source(t, o)
        if (over := self.table.over) is None:
            return f"{self.via.table.name} {v} join {self.table.name} {t} on {t}.id = {v}.{self.via.target}"
        return (
            f"{self.via.table.name} {v} join {over.name} {o} on {o}.id = {v}.{self.via.target}"
            f" join {self.table.name} {t} on {t}.id = {o}.id"
        )


def facts_of(viewer: Viewer) -> dict[str, Any]:
    """The parameters of visibility and filters."""
    return {"viewer": viewer.user_id, "clubs": viewer.clubs, "within": viewer.within, "app": viewer.app_id}


def _trim(rows: list[Row], page: Page) -> Rows:
    more = len(rows) > page.size
    kept = rows[: page.size]
    if page.backward:
        return Rows(kept[::-1], has_next=page.before is not None, has_previous=more)
    return Rows(kept, has_next=more, has_previous=page.after is not None)


@lru_cache(maxsize=1_024)
def _one_statement(loader: Loader, standing: Standing, columns: tuple[str, ...]) -> str:
    key = loader.column(loader.key or "id", standing)
    member = "in_text" if loader.table.columns[loader.key or "id"].kind == "text" else "in"
    return (
        f"select {key} as loader_key, {loader.table.select(columns, standing)} from {loader.source()}"
        f" where {key} {{{member} keys}} and {fill(loader.where, 't')} and {loader.table.visible(standing)}"
    )


@lru_cache(maxsize=1_024)
def _many_statement(
    loader: Loader, standing: Standing, columns: tuple[str, ...], shape: Shape, dialect: Dialect
) -> str:
    down = loader.descending != shape.backward
    order = [(f"order_{name}", loader.column(name, standing)) for name in loader.order_columns]
    select = ", ".join([loader.table.select(columns, standing), *(f"{sql} as {name}" for name, sql in order)])
    direction = " desc" if down else ""
    sorting = ", ".join(f"{sql}{direction}" for _, sql in order)
    where = " and ".join(loader.conditions(standing, shape))
    if loader.key is None:
        return (
            f"select null as loader_key, {select} from {loader.source()} where {where} order by {sorting} limit :size"
        )
    key = loader.column(loader.key, standing)
    if dialect == "postgres":
        return (
            f"select keys.value as loader_key, x.* from {{any keys}} cross join lateral"
            f" (select {select} from {loader.source()} where {key} = keys.value and {where}"
            f" order by {sorting} limit :size) x order by keys.place, {_outer_order(loader, direction)}"
        )
    # SQLite has no LATERAL, and a window function would read all rows of a busy key: pick the ids first.
    inner = loader.column("id", standing) if loader.via is None else "v.id"
    outer = "t.id" if loader.via is None else "v.id"
    return (
        f"select keys.value as loader_key, {select} from {{any keys}} cross join {loader.source()}"
        f" where {outer} in (select {_again(inner)} from {loader.source('2')} where"
        f" {_again(key)} = keys.value and {_again(where)} order by {_again(sorting)} limit :size)"
        f" order by keys.place, {sorting}"
    )


def _outer_order(loader: Loader, direction: str) -> str:
    return ", ".join(f"x.order_{name}{direction}" for name in loader.order_columns)


def _again(sql: str) -> str:
    """The same expression over a second set of aliases, for a subquery inside its own statement."""
    return re.sub(r"\b([tov])\.", r"\g<1>2.", sql)
