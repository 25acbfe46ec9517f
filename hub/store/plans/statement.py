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
from hub.store.loaders import Loader
from hub.store.plans.picking import JOINED, NO_SHAPE, PageRows, Picking, at
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
from hub.store.plans.unescaped import UnescapedPostgresWords
from hub.store.plans.words import PostgresWords, SqliteWords, Unsayable, Words, concat
from hub.store.sql import Dialect, Kind, Prepared, number

NULL = "'null'"
HOLE_BEGINS, HOLE_ENDS = "\x02", "\x03"


@dataclass(frozen=True)
class _Text:
    """Finished JSON."""

    json: str


Parts: TypeAlias = list[_Text | str]
"""JSON text in pieces: finished ones, and SQL expressions."""

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


def write(root: Node, choices: Sequence[Choice], standing: Standing, dialect: Dialect) -> Statement:
    """The statement that gives the JSON text of the root as its only value."""
    if dialect == "sqlite":
        return _written(root, _Writer(choices, Picking(standing), SqliteWords()), dialect)
    try:
        return _written(root, _Writer(choices, Picking(standing), UnescapedPostgresWords()), dialect)
    except Unsayable:
        return _written(root, _Writer(choices, Picking(standing), PostgresWords()), dialect)


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
class _Writer:
    choices: Sequence[Choice]
    picking: Picking
    words: Words
    constants: dict[str, Any] = field(default_factory=dict[str, Any])
    holes: list[Computed] = field(default_factory=list[Computed])
    _literals: list[str] = field(default_factory=list[str])
    lists: bool = False

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
        return self._leaf(at(row, node.column), node.kind, node.names, null=node.null, sure=node.sure)

    @value.register
    def _(self, node: GlobalId, row: str) -> Parts:
        return [_Text('"'), self.words.global_id(node.noun, at(row, "id")), _Text('"')]

    @value.register
    def _(self, node: Computed, row: str) -> Parts:
        if node.formula is None:
            return self._hole(node, row)
        given: list[tuple[str, Kind]] = [self._constant(value) for value in node.given]
        own: list[tuple[str, Kind]] = [(at(row, name), kind) for name, kind in node.inputs]
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
        test = at(row, column) if kind == "bool" else f"{at(row, column)} is not null"
        return [f"case when {test} then {self.text(self.object(node, row))} else {NULL} end"]

    @value.register
    def _(self, node: One, row: str) -> Parts:
        if node in self.picking.joined:
            return self.object(node.object, f"{row}.{node.key}{JOINED}")
        return [self._found(node.loader, node.object, at(row, node.key), null=node.null)]

    @value.register
    def _(self, node: Either, row: str) -> Parts:
        key = at(row, node.key)
        options = " ".join(
            f"when {self.literal(tag)} then {self._found(loader, below, key, null=node.null)}"
            for tag, (loader, below) in node.options.items()
        )
        nothing = NULL if node.null else self.words.refused()
        found = f"case {at(row, node.tag)} {options} else {self.words.refused()} end"
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
        shape = choice.shape if isinstance(choice, PageChoice) else NO_SHAPE
        size = str(node.most) if node.call is None else self._size(node.call)
        page = PageRows(node.loader, shape, size, self.picking.alias(), row, more=False)
        rows = self.picking.page(page, [node.object], f"c{node.call}_", node.key)
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
        page = PageRows(choice.loader, choice.shape, size, self.picking.alias(), row, more=more in asks)
        reads = page.more or bool(asks & {"rows", "start", "end"})
        if not reads:
            return _braced([(key, self._part(part, page)) for key, part in node.fields])
        shown = [one for _, part in node.fields for one in _objects_below(part)]
        rows = self.picking.page(page, shown, f"c{node.call}_", node.key, cursors=bool(asks & _CURSORS))
        parts = _braced([(key, self._part(part, page)) for key, part in node.fields])
        return [f"(select {self.text(parts)} from {rows})"]

    def _size(self, call: int) -> str:
        choice = self.choices[call]
        assert isinstance(choice, PageChoice)
        return str(choice.size) if choice.size is not None else f"{{as_int c{call}_size}}"

    def _part(self, part: PagePart, page: PageRows) -> Parts:
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

    def _edge(self, part: Object | Constant | None, page: PageRows) -> Parts:
        if part is None:
            values: list[tuple[str, Kind]] = [(f"{page.row}.order_{n}", kind) for n, kind in _order(page.loader)]
            return [_Text('"'), self.words.cursor(values), _Text('"')]
        return self.value(part, page.row)

    def _elements(self, parts: Parts, page: PageRows) -> Parts:
        shown = f" filter (where {page.row}.place <= {page.size})" if page.more else ""
        return [_Text("["), f"coalesce({self.words.joined(self.text(parts))}{shown}, '')", _Text("]")]

    def _fact(self, fact: PageFact | Constant, page: PageRows) -> Parts:
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
        row, source = self.picking.one(loader, columns_of(node), key)
        nothing = NULL if null else self.words.refused()
        return f"coalesce((select {self.text(self.object(node, row))} from {source}), {nothing})"

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
            parts += [_Text("," if place else ""), *self._leaf(at(row, name), kind, None, null=True)]
        return [*parts, _Text(f"]{HOLE_ENDS}")]

    def _constant(self, value: Any) -> tuple[str, Kind]:
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        kind = _PYTHON_KINDS[type(value)]
        return f"{{as_{kind} {name}}}", kind


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
