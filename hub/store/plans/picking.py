"""Picks the rows and columns that a statement writes out: its `FROM` items, with the loaders' own conditions, order and
visibility. Nothing here knows JSON.

    (select t2.id as id, t2.name as name from clubs t2 where t2.id = x1.club_id and <visible>) x2
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store.audience import Standing
from hub.store.loaders import Loader, Shape
from hub.store.plans.tree import Constant, Object, One, columns_of
from hub.store.tables import Table

JOINED = "__"
"""Between the column of an edge and the columns of the row that is joined for it."""
NO_SHAPE = Shape(0, 0, backward=False, args=frozenset())


@dataclass
class PageRows:
    """Where the rows of a page come from, what they are called, and how many there may be; `more`: whether one beyond
    is read to tell that there is."""

    loader: Loader
    shape: Shape
    size: str
    row: str
    above: str
    more: bool


class Picking:
    """For one statement: `joined` are the edges whose rows come with those that have them."""

    def __init__(self, standing: Standing) -> None:
        self.joined: set[One] = set()
        self._standing = standing
        # Of the rows, each of which is judged where it is found.
        self._tables: dict[str, Table] = {}
        self._aliases = 0

    def alias(self) -> str:
        self._aliases += 1
        return f"x{self._aliases}"

    def one(self, loader: Loader, columns: tuple[str, ...], key: str) -> tuple[str, str]:
        """What the one row of a key is called, and the `FROM` item."""
        row = self.alias()
        self._tables[row] = loader.table
        suffix = row[1:]
        own = loader.column(loader.key or "id", self._standing, suffix)
        where = [f"{own} = {key}", *loader.conditions(self._standing, NO_SHAPE, suffix)]
        select = self._select(loader, columns, suffix)
        return row, f"(select {select} from {loader.source(suffix)} where {' and '.join(where)}) {row}"

    def page(
        self, page: PageRows, shown: Sequence[Object | Constant], call: str, key: str | None, *, cursors: bool = False
    ) -> str:
        """The rows of a page as a `FROM` item, numbered in `place` where more are read than shown. `call` begins the
        names of its parameters; `key` is the column of the row above, and None for a list without key."""
        loader, suffix, back = page.loader, page.row[1:], page.shape.backward
        self._tables[page.row] = loader.table
        joins: dict[str, list[One]] = {}
        for one in shown:
            for edge in _edges_within(one, loader):
                joins.setdefault(edge.key, []).append(edge)
        judged = {*joins}
        if key == "id" and loader.key is not None and self._lies_within(page):
            judged.add(loader.key)
        where = loader.conditions(self._standing, page.shape, suffix, call, judged)
        if key is not None and loader.key is not None:
            where.insert(0, f"{loader.column(loader.key, self._standing, suffix)} = {at(page.above, key)}")
        source = loader.source(suffix)
        select = self._select(loader, tuple(dict.fromkeys(name for one in shown for name in columns_of(one))), suffix)
        for column, edges in joins.items():
            self.joined.update(edges)
            table, w = edges[0].loader.table, f"w{self.alias()[1:]}"
            source += f" join {table.name} {w} on {w}.id = t{suffix}.{column}"
            where.append(table.visible(self._standing, w))
            for name in dict.fromkeys(name for edge in edges for name in columns_of(edge.object)):
                select += f", {table.expression(name, self._standing, w)} as {column}{JOINED}{name}"
        direction = " desc" if loader.descending != back else ""
        order = ", ".join(f"{loader.column(name, self._standing, suffix)}{direction}" for name in loader.order_columns)
        if cursors:
            select += "".join(
                f", {loader.column(name, self._standing, suffix)} as order_{name}" for name in loader.order_columns
            )
        limit = f"{page.size} + 1" if page.more else page.size
        rows = f"(select {select} from {source} where {' and '.join(where)} order by {order} limit {limit}) {page.row}"
        if page.more or back:
            rows = f"(select row_number() over () as place, {page.row}.* from {rows}) {page.row}"
        return f"(select * from {rows} order by {page.row}.place desc) {page.row}" if back else rows

    def _lies_within(self, page: PageRows) -> bool:
        """Whether its rows are seen by who sees the one above, which is judged."""
        above = self._tables.get(page.above)
        within = page.loader.table.within.get(page.loader.key or "") if page.loader.via is None else None
        return above is not None and within is not None and within in {above, above.over}

    def _select(self, loader: Loader, columns: tuple[str, ...], suffix: str) -> str:
        named = [f"{loader.table.expression(c, self._standing, f't{suffix}', f'o{suffix}')} as {c}" for c in columns]
        return ", ".join(named) or "1 as one"


def at(row: str, column: str) -> str:
    """A column of a row, or of one that is joined to it."""
    return f"{row}{column}" if row.endswith(JOINED) else f"{row}.{column}"


def _edges_within(node: Object | Constant, loader: Loader) -> list[One]:
    """The edges of a row to what it lies within: joined, so that it is looked up once for seeing and for showing."""
    found: list[One] = []
    for _, child in node.fields if isinstance(node, Object) else ():
        if isinstance(child, Object):
            found += _edges_within(child, loader)
        elif (
            isinstance(child, One)
            and not child.null
            and loader.table.within.get(child.key) is child.loader.table
            and child.loader.is_plain
        ):
            found.append(child)
    return found
