"""Writes the one statement of a tree: for each row the JSON text of its object, edges as subqueries in their place.

    select '{"post":' || coalesce((select '{"title":' || to_json(x1.title)::text || '}'
        from (select t1.title as title from posts t1 … where t1.slug = $1 and <visible>) x1), 'null') || '}'

Every subquery first picks rows and columns of one loader, with the loader's own conditions, order and visibility,
then writes them. On PostgreSQL texts go as they are where they can (`unescaped.py`). What only Python can compute is
left as a hole that `answering.py` fills.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Any, TypeAlias

from hub.store.audience import Standing
from hub.store.loaders import Loader, Shape
from hub.store.plans.tree import (
    Choice,
    Clock,
    Computed,
    Connection,
    Constant,
    Edges,
    Either,
    GlobalId,
    Listing,
    Lookup,
    Node,
    Nodes,
    Object,
    One,
    PageChoice,
    PageFact,
    PageInfo,
    PagePart,
    Scalar,
    Total,
    columns_of,
)
from hub.store.plans.unescaped import QUOTE, UnescapedPostgresWords
from hub.store.plans.words import PostgresWords, SqliteWords, Unsayable, Words, concat
from hub.store.sql import Dialect, Kind, Prepared, number
from hub.store.tables import Table

NULL = "'null'"
_JOINED = "__"
HOLE_BEGINS, HOLE_ENDS = "\x02", "\x03"


@dataclass(frozen=True)
class _Text:
    """Finished JSON."""

    json: str


Parts: TypeAlias = list[_Text | str]
"""JSON text in pieces: finished ones, and SQL expressions."""

_NO_SHAPE = Shape(0, 0, backward=False, args=frozenset())
_PYTHON_KINDS: dict[type, Kind] = {bool: "bool", int: "int", str: "text"}


@dataclass(frozen=True, eq=False)
class Statement:
    """`constants` are parameters that are the same for all requests, `holes` what Python fills in, by number. A `small`
    one reads rows by their keys alone, no list. The answer of one that is not `escaped` has yet to be."""

    prepared: Prepared
    constants: dict[str, Any]
    holes: tuple[Computed, ...]
    functions: dict[str, Callable[..., Any]]
    small: bool = False
    escaped: bool = True

    @property
    def readable(self) -> str:
        return self.prepared.text.replace(QUOTE, '"')


def write(root: Node, choices: Sequence[Choice], standing: Standing, dialect: Dialect) -> Statement:
    """The statement that gives the JSON text of the root as its only value."""
    if dialect == "sqlite":
        return _written(root, _Writer(choices, standing, SqliteWords()), dialect)
    try:
        return _written(root, _Writer(choices, standing, UnescapedPostgresWords()), dialect)
    except Unsayable:
        return _written(root, _Writer(choices, standing, PostgresWords()), dialect)


def _written(root: Node, writer: "_Writer", dialect: Dialect) -> Statement:
    sql = f"select {writer.text(writer.value(root, ''))} as data"
    prepared = number(sql, dialect)
    text, words = writer.with_literals(prepared.text), writer.words
    return Statement(
        Prepared(text, prepared.names),
        writer.constants,
        tuple(writer.holes),
        words.functions,
        small=not writer.lists,
        escaped=words.escapes,
    )


@dataclass
class _Page:
    """One connection while it is written: where its rows come from and how many there may be."""

    loader: Loader
    shape: Shape
    size: str
    row: str
    above: str
    more: bool


@dataclass
class _Writer:
    choices: Sequence[Choice]
    standing: Standing
    words: Words
    constants: dict[str, Any] = field(default_factory=dict[str, Any])
    holes: list[Computed] = field(default_factory=list[Computed])
    _literals: list[str] = field(default_factory=list[str])
    _joined: set[One] = field(default_factory=set[One])
    _tables: dict[str, Table] = field(default_factory=dict[str, Table])
    """Of the rows, each of which is judged where it is found."""
    lists: bool = False
    _aliases: int = 0

    # JSON text is kept out of the SQL until parameters are numbered: `"a":true` looks like one.
    def literal(self, text: str) -> str:
        self._literals.append(self.words.literal(text))
        return f"\x00{len(self._literals) - 1}\x00"

    def with_literals(self, sql: str) -> str:
        parts = sql.split("\x00")
        parts[1::2] = [self._literals[int(place)] for place in parts[1::2]]
        return "".join(parts)

    def text(self, parts: Parts) -> str:
        """The parts as one expression, constant ones put together."""
        merged: list[str] = []
        finished = ""
        for part in [*parts, None]:
            if isinstance(part, _Text):
                finished += part.json
                continue
            if finished:
                merged.append(self.literal(finished))
                finished = ""
            if part is not None:
                merged.append(part)
        return concat(merged)

    def object(self, node: Object, row: str) -> Parts:
        return _braced([(key, self.value(child, row)) for key, child in node.fields])

    @singledispatchmethod
    def value(self, node: Any, _row: str) -> Parts:
        """The parts of a value's JSON text over this row: SQL, or finished `_Text`."""
        raise TypeError(type(node).__name__)

    @value.register
    def _(self, node: Constant, _row: str) -> Parts:
        return [_Text(node.json)]

    @value.register
    def _(self, _node: Clock, _row: str) -> Parts:
        return self._leaf("{as_text asked_at}", "text", None, null=False, sure=True)

    @value.register
    def _(self, node: Scalar, row: str) -> Parts:
        return self._leaf(_at(row, node.column), node.kind, node.names, null=node.null, sure=node.sure)

    @value.register
    def _(self, node: GlobalId, row: str) -> Parts:
        return [_Text('"'), self.words.global_id(node.noun, _at(row, "id")), _Text('"')]

    @value.register
    def _(self, node: Computed, row: str) -> Parts:
        if node.formula is None:
            return self._hole(node, row)
        given: list[tuple[str, Kind]] = [self._constant(value) for value in node.given]
        own: list[tuple[str, Kind]] = [(_at(row, name), kind) for name, kind in node.inputs]
        arguments: list[tuple[str, Kind]] = [
            (f"{{as_{kind} c{node.call}_{name}}}", kind) for name, kind in node.arguments
        ]
        sql = self.words.formula(node.formula, node.function, [*given, *own, *arguments])
        return self._leaf(sql, node.kind, node.names, null=node.null and node.formula.null)

    @value.register
    def _(self, node: Object, row: str) -> Parts:
        if node.when is None:
            return self.object(node, row)
        column, kind = node.when
        test = _at(row, column) if kind == "bool" else f"{_at(row, column)} is not null"
        return [f"case when {test} then {self.text(self.object(node, row))} else {NULL} end"]

    @value.register
    def _(self, node: One, row: str) -> Parts:
        if node in self._joined:
            return self.object(node.object, f"{row}.{node.key}{_JOINED}")
        return [self._found(node.loader, node.object, _at(row, node.key), null=node.null)]

    @value.register
    def _(self, node: Either, row: str) -> Parts:
        key = _at(row, node.key)
        options = " ".join(
            f"when {self.literal(tag)} then {self._found(loader, below, key, null=node.null)}"
            for tag, (loader, below) in node.options.items()
        )
        nothing = NULL if node.null else self.words.refused()
        found = f"case {_at(row, node.tag)} {options} else {self.words.refused()} end"
        return [f"case when {key} is null then {nothing} else {found} end"]

    @value.register
    def _(self, node: Lookup, _row: str) -> Parts:
        choice = self.choices[node.call]
        assert choice is not None
        loader = choice.loader
        kind = loader.table.columns[loader.key or "id"].kind
        return [self._found(loader, node.options[loader], f"{{as_{kind} c{node.call}_key}}", null=node.null)]

    @value.register
    def _(self, node: Listing, row: str) -> Parts:
        self.lists = True
        choice = None if node.call is None else self.choices[node.call]
        shape = choice.shape if isinstance(choice, PageChoice) else _NO_SHAPE
        size = str(node.most) if node.call is None else self._size(node.call)
        page = _Page(node.loader, shape, size, self._alias(), row, more=False)
        rows = self._rows(page, [node.object], f"c{node.call}_", node.key)
        element = self.words.joined(self.text(self.object(node.object, page.row)))
        return [_Text("["), f"coalesce((select {element} from {rows}), '')", _Text("]")]

    @value.register
    def _(self, node: Connection, row: str) -> Parts:
        self.lists = True
        choice = self.choices[node.call]
        assert isinstance(choice, PageChoice)
        size = self._size(node.call)
        asks = set(_facts(node))
        more = "has_previous" if choice.shape.backward else "has_next"
        page = _Page(choice.loader, choice.shape, size, self._alias(), row, more=more in asks)
        reads = page.more or bool(asks & {"rows", "start", "end"})
        if not reads:
            return _braced([(key, self._part(part, page)) for key, part in node.fields])
        shown = [one for _, part in node.fields for one in _objects_below(part)]
        rows = self._rows(page, shown, f"c{node.call}_", node.key, cursors=bool(asks & _CURSORS))
        parts = _braced([(key, self._part(part, page)) for key, part in node.fields])
        return [f"(select {self.text(parts)} from {rows})"]

    def _size(self, call: int) -> str:
        choice = self.choices[call]
        assert isinstance(choice, PageChoice)
        return str(choice.size) if choice.size is not None else f"{{as_int c{call}_size}}"

    def _part(self, part: PagePart, page: _Page) -> Parts:
        match part:
            case Nodes():
                return self._elements(self.object(part.object, page.row), page)
            case Edges():
                return self._elements(_braced([(key, self._edge(e, page)) for key, e in part.fields]), page)
            case PageInfo():
                return _braced([(key, self._fact(fact, page)) for key, fact in part.fields])
            case Total():
                return (
                    [_Text("null")] if part.object is None or page.shape.args else self.value(part.object, page.above)
                )
            case _:
                return self.value(part, page.above)

    def _edge(self, part: Object | Constant | None, page: _Page) -> Parts:
        if part is None:
            values: list[tuple[str, Kind]] = [(f"{page.row}.order_{n}", kind) for n, kind in _order(page.loader)]
            return [_Text('"'), self.words.cursor(values), _Text('"')]
        return self.value(part, page.row)

    def _elements(self, parts: Parts, page: _Page) -> Parts:
        shown = f" filter (where {page.row}.place <= {page.size})" if page.more else ""
        return [_Text("["), f"coalesce({self.words.joined(self.text(parts))}{shown}, '')", _Text("]")]

    def _fact(self, fact: PageFact | Constant, page: _Page) -> Parts:
        if isinstance(fact, Constant):
            return [_Text(fact.json)]
        back = page.shape.backward
        match fact.what:
            case "has_next" | "has_previous" as side:
                if page.more and (side == "has_previous") == back:
                    return [f"case when count(*) > {page.size} then 'true' else 'false' end"]
                beyond = page.shape.before if side == "has_next" else page.shape.after
                return [_Text("true" if beyond else "false")]
            case "start":
                place = f"count(*) - {self.words.least('count(*)', page.size)} + 1" if back else "1"
            case "end":
                place = "count(*)" if back else self.words.least("count(*)", page.size)
        values: list[tuple[str, Kind]] = [
            (self.words.nth(f"{page.row}.order_{name}", place), kind) for name, kind in _order(page.loader)
        ]
        cursor = self.text([_Text('"'), self.words.cursor(values), _Text('"')])
        return [f"case when count(*) > 0 then {cursor} else {NULL} end"]

    def _found(self, loader: Loader, node: Object, key: str, *, null: bool) -> str:
        """The text of the one row of a key."""
        row = self._alias()
        self._tables[row] = loader.table
        suffix = row[1:]
        own = loader.column(loader.key or "id", self.standing, suffix)
        where = [f"{own} = {key}", *loader.conditions(self.standing, _NO_SHAPE, suffix)]
        source = f"(select {self._select(loader, columns_of(node), suffix)} from {loader.source(suffix)}"
        text = self.text(self.object(node, row))
        nothing = NULL if null else self.words.refused()
        return f"coalesce((select {text} from {source} where {' and '.join(where)}) {row}), {nothing})"

    def _rows(
        self, page: _Page, shown: Sequence[Object | Constant], call: str, key: str | None, *, cursors: bool = False
    ) -> str:
        """The rows of a page as a `FROM` item, numbered in `place` where more are read than shown."""
        loader, suffix, back = page.loader, page.row[1:], page.shape.backward
        self._tables[page.row] = loader.table
        joins: dict[str, list[One]] = {}
        for one in shown:
            for edge in _edges_within(one, loader):
                joins.setdefault(edge.key, []).append(edge)
        judged = {*joins}
        if key == "id" and loader.key is not None and self._lies_within(page):
            judged.add(loader.key)
        where = loader.conditions(self.standing, page.shape, suffix, call, judged)
        if key is not None and loader.key is not None:
            where.insert(0, f"{loader.column(loader.key, self.standing, suffix)} = {_at(page.above, key)}")
        source = loader.source(suffix)
        select = self._select(loader, tuple(dict.fromkeys(name for one in shown for name in columns_of(one))), suffix)
        for column, edges in joins.items():
            self._joined.update(edges)
            table, w = edges[0].loader.table, f"w{self._alias()[1:]}"
            source += f" join {table.name} {w} on {w}.id = t{suffix}.{column}"
            where.append(table.visible(self.standing, w))
            for name in dict.fromkeys(name for edge in edges for name in columns_of(edge.object)):
                select += f", {table.expression(name, self.standing, w)} as {column}{_JOINED}{name}"
        direction = " desc" if loader.descending != back else ""
        order = ", ".join(f"{loader.column(name, self.standing, suffix)}{direction}" for name in loader.order_columns)
        if cursors:
            select += "".join(
                f", {loader.column(name, self.standing, suffix)} as order_{name}" for name in loader.order_columns
            )
        limit = f"{page.size} + 1" if page.more else page.size
        rows = f"(select {select} from {source} where {' and '.join(where)} order by {order} limit {limit}) {page.row}"
        if page.more or back:
            rows = f"(select row_number() over () as place, {page.row}.* from {rows}) {page.row}"
        return f"(select * from {rows} order by {page.row}.place desc) {page.row}" if back else rows

    def _lies_within(self, page: _Page) -> bool:
        """Whether its rows are seen by who sees the one above, which is judged."""
        above = self._tables.get(page.above)
        within = page.loader.table.within.get(page.loader.key or "") if page.loader.via is None else None
        return above is not None and within is not None and within in {above, above.over}

    def _select(self, loader: Loader, columns: tuple[str, ...], suffix: str) -> str:
        named = [f"{loader.table.expression(c, self.standing, f't{suffix}', f'o{suffix}')} as {c}" for c in columns]
        return ", ".join(named) or "1 as one"

    def _leaf(self, sql: str, kind: Kind, names: tuple[str, ...] | None, *, null: bool, sure: bool = False) -> Parts:
        """`sure`: the column can hold no NULL."""
        json = self.words.json(sql, kind)
        parts: Parts = [_Text('"'), json.sql, _Text('"')] if json.bare else [json.sql]
        if names is None and sure:
            return parts
        text = self.text(parts)
        nothing = NULL if null else self.words.refused()
        if names is None:
            return [f"coalesce({text}, {nothing})"]
        absent = "" if sure else f" when {sql} is null then {nothing}"
        known = ", ".join(self.literal(name) for name in names)
        is_known = self.words.all_among(sql, names) if kind == "json" else f"{sql} in ({known})"
        return [f"case{absent} when {is_known} then {text} else {self.words.refused()} end"]

    def _hole(self, node: Computed, row: str) -> Parts:
        """The columns as a JSON list between marks that no JSON text has, after the number of the hole."""
        if not self.words.escapes:
            raise Unsayable
        self.holes.append(node)
        parts: Parts = [_Text(f"{HOLE_BEGINS}{len(self.holes) - 1} [")]
        for place, (name, kind) in enumerate(node.inputs):
            parts += [_Text("," if place else ""), *self._leaf(_at(row, name), kind, None, null=True)]
        return [*parts, _Text(f"]{HOLE_ENDS}")]

    def _constant(self, value: Any) -> tuple[str, Kind]:
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        kind = _PYTHON_KINDS[type(value)]
        return f"{{as_{kind} {name}}}", kind

    def _alias(self) -> str:
        self._aliases += 1
        return f"x{self._aliases}"


_CURSORS = {"start", "end", "cursor"}


def _braced(pairs: Sequence[tuple[str, Parts]]) -> Parts:
    parts: Parts = [_Text("{")]
    for place, (key, value) in enumerate(pairs):
        parts += [_Text(f'{"," if place else ""}"{key}":'), *value]
    return [*parts, _Text("}")]


def _order(loader: Loader) -> list[tuple[str, Kind]]:
    return list(zip(loader.order_columns, loader.order_kinds, strict=True))


def _facts(node: Connection) -> list[str]:
    """What is asked of a page besides what the row above knows."""
    found: list[str] = []
    for _, part in node.fields:
        match part:
            case Nodes():
                found.append("rows")
            case Edges():
                found += ["rows", *("cursor" for _, edge in part.fields if edge is None)]
            case PageInfo():
                found += [fact.what for _, fact in part.fields if isinstance(fact, PageFact)]
            case _:
                pass
    return found


def _objects_below(part: PagePart) -> list[Object | Constant]:
    """What is shown of each row of the page."""
    match part:
        case Nodes():
            return [part.object]
        case Edges():
            return [edge for _, edge in part.fields if edge is not None]
        case _:
            return []


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


def _at(row: str, column: str) -> str:
    """A column of a row, or of one that is joined to it."""
    return f"{row}{column}" if row.endswith(_JOINED) else f"{row}.{column}"
