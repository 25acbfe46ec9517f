"""From a selection to a tree: what each selected field was declared as, in the words of `hub.store.plans.tree`.

A field with an ordinary resolver, or whose column does not fit its type, has no place in a tree: NoPlan says which.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, cast

import orjson
from graphql import (
    FieldNode,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)
from strawberry.types.field import StrawberryField

from hub.graph import declarations as declared
from hub.graph.declarations import LISTING_LIMIT, Declaration
from hub.graph.fields import declaration_of, scopes_of
from hub.graph.plans.calls import Call
from hub.graph.plans.leaves import Leaf, NoPlan, leaf_of
from hub.graph.plans.selecting import Selecting
from hub.graph.values import EXACT
from hub.settings import Settings
from hub.store.audience import Viewer
from hub.store.instants import to_text
from hub.store.loaders import Loader
from hub.store.plans import tree
from hub.store.plans.tree import Kind
from hub.store.tables import Column, Table

Fields = list[FieldNode]
_named_type: Callable[[Any], Any] = get_named_type
_PAGE_FACTS = {"has_next", "has_previous", "start", "end"}
_ARGUMENT_KINDS: dict[type, Kind] = {int: "int", str: "text", bool: "bool"}


@dataclass(frozen=True)
class Soil:
    """What a selection grows on: a table's row, seen under other names where a small object is made of it."""

    table: Table
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    constants: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def column(self, name: str) -> Column:
        column = self.table.columns.get(self.names.get(name, name))
        if column is None:
            raise NoPlan(f"{self.table.name} has no column {name}")
        return column


@dataclass
class Planting:
    schema: GraphQLSchema
    settings: Settings
    selecting: Selecting
    calls: list[Call] = field(default_factory=list[Call])
    scopes: frozenset[str] = frozenset()

    def root(self, graphql_type: GraphQLObjectType, nodes: Iterable[Any]) -> tree.Object:
        return self._object(graphql_type, nodes, None)

    def row(self, loader: Loader, nodes: Fields) -> tree.Object:
        """The selection under these fields, over rows of this loader."""
        return self._row(loader, nodes)

    def _object(
        self, graphql_type: GraphQLObjectType, sets: Iterable[Any], soil: Soil | None, when: Any = None
    ) -> tree.Object:
        fields = [
            (key, self._field(graphql_type, nodes, soil))
            for key, nodes in self.selecting.of(graphql_type, sets).items()
        ]
        return tree.Object(tuple(fields), when)

    def _row(self, loader: Loader, nodes: Fields) -> tree.Object:
        graphql_type = self.schema.get_type(loader.table.noun)
        if not isinstance(graphql_type, GraphQLObjectType):
            raise NoPlan(f"rows of {loader.table.name} have no type")
        return self._object(graphql_type, _below(nodes), Soil(loader.table))

    def _field(self, graphql_type: GraphQLObjectType, nodes: Fields, soil: Soil | None) -> tree.Node:
        name = nodes[0].name.value
        if name == "__typename":
            return tree.Constant(f'"{graphql_type.name}"')
        if name.startswith("__"):
            raise NoPlan("introspection")
        shown: Any = graphql_type.fields[name]
        declaration = declaration_of(shown)
        definition = cast("StrawberryField", shown.extensions.get("strawberry-definition"))
        if declaration is None:
            raise NoPlan(f"{graphql_type.name}.{name} is not declared")
        self.scopes |= scopes_of(shown)
        return self._declared(declaration, shown, definition.python_name, nodes, soil)

    def _declared(self, declaration: Declaration, shown: Any, name: str, nodes: Fields, soil: Soil | None) -> tree.Node:
        null = not isinstance(shown.type, GraphQLNonNull)
        match declaration:
            case declared.Lookup():
                return self._lookup(declaration, shown, nodes, null=null)
            case declared.Leading():
                call = self._call(shown, nodes, declaration)
                below = self._row(declaration.choices[0], nodes)
                return tree.Listing(declaration.choices[0], declaration.key, LISTING_LIMIT, below, call)
            case declared.Connected():
                return self._connection(declaration, shown, nodes, soil)
            case declared.Listing():
                below = self._row(declaration.loader, nodes)
                return tree.Listing(declaration.loader, declaration.key, LISTING_LIMIT, below)
            case declared.Clock() if soil is None or name not in soil.names:
                return tree.Clock()
            case _ if soil is None:
                raise NoPlan("a column where there is no row")
            case declared.Clock():
                return self._column(name, shown.type, soil)
            case declared.Column():
                return self._column(declaration.name or name, shown.type, soil)
            case declared.GlobalId():
                return tree.GlobalId(declaration.noun)
            case declared.One():
                return tree.One(declaration.loader, declaration.key, self._row(declaration.loader, nodes), null)
            case declared.Either():
                options = {tag: (loader, self._row(loader, nodes)) for tag, loader in declaration.options.items()}
                return tree.Either(declaration.tag, declaration.key, options, null)
            case declared.Part():
                return self._object(_object_type(shown.type), _below(nodes), soil, _when(declaration.when, soil))
            case declared.Judged():
                return self._judged(declaration, shown, nodes, soil)
            case declared.Made():
                return self._made(declaration, shown.type, nodes, soil, null=null)
            case declared.Computed() if not isinstance(declaration, declared.OfPage):
                return self._computed(declaration, shown, nodes, soil)
            case _:
                raise NoPlan(f"no plan for {type(declaration).__name__}")

    def _column(self, name: str, graphql_type: Any, soil: Soil) -> tree.Node:
        leaf = leaf_of(graphql_type)
        if name in soil.constants:
            value = soil.constants[name]
            return tree.Constant(orjson.dumps(value.name if isinstance(value, Enum) else value).decode())
        column = soil.column(name)
        if column.kind != leaf.kind:
            raise NoPlan(f"{soil.table.name}.{name} is no {leaf.kind}")
        return tree.Scalar(column.name, column.kind, leaf.null, column.stored and not column.null, leaf.names)

    def _made(
        self, declaration: declared.Made, graphql_type: Any, nodes: Fields, soil: Soil, *, null: bool
    ) -> tree.Object:
        made = Soil(soil.table, declaration.names, declaration.constants)
        first = next(iter(declaration.names.values()))
        when = (first, soil.column(first).kind) if null else None
        return self._object(_object_type(graphql_type), _below(nodes), made, when)

    def _computed(self, declaration: declared.Computed, shown: Any, nodes: Fields, soil: Soil) -> tree.Node:
        leaf = leaf_of(shown.type)
        arguments: tuple[tuple[str, Kind], ...] = ()
        call = None
        if shown.args:
            definition = cast("StrawberryField", shown.extensions["strawberry-definition"])
            arguments = tuple(
                (argument.python_name, _argument_kind(argument.type)) for argument in definition.arguments
            )
            call = self._call(shown, nodes, declaration)
        given = (getattr(self.settings, declaration.setting),) if declaration.setting else ()
        if not declaration.needs and call is None:
            return tree.Constant(orjson.dumps(declaration.function(*given)).decode())
        inputs = _inputs(soil, declaration.needs)
        return _function(declaration.function, declaration, given, inputs, arguments, call, leaf)

    def _judged(self, declaration: declared.Judged, shown: Any, nodes: Fields, soil: Soil) -> tree.Computed:
        call = self._call(shown, nodes, declaration)
        graphql_type = _object_type(shown.type)
        selected = self.selecting.of(graphql_type, _below(nodes)).items()
        keys = [(key, _name_of_column(graphql_type, fields[0].name.value)) for key, fields in selected]

        def states(viewer: Viewer, *columns: Any, abilities: list[Enum]) -> list[dict[str, Any]]:
            row = dict(zip(declaration.needs, columns, strict=True))
            found = [
                declaration.judged(viewer, row, self.settings, ability.name) for ability in dict.fromkeys(abilities)
            ]
            return [{key: _plain(state[name]) if name else graphql_type.name for key, name in keys} for state in found]

        inputs = _inputs(soil, declaration.needs)
        return tree.Computed(states, None, (), inputs, (), call, "json", null=False, sees_viewer=True)

    def _lookup(self, declaration: declared.Lookup, shown: Any, nodes: Fields, *, null: bool) -> tree.Node:
        call = self._call(shown, nodes, declaration)
        rows: dict[Table, tree.Object] = {}
        for loader in declaration.choices:
            if loader.table not in rows:
                rows[loader.table] = self._row(loader, nodes)
        return tree.Lookup(call, {loader: rows[loader.table] for loader in declaration.choices}, null)

    def _call(self, shown: Any, nodes: Fields, declaration: Declaration) -> int:
        self.calls.append(Call(len(self.calls), shown, nodes[0], declaration))
        return len(self.calls) - 1

    def _connection(
        self, declaration: declared.Connected, shown: Any, nodes: Fields, above: Soil | None
    ) -> tree.Connection:
        call = self._call(shown, nodes, declaration)
        if len({loader.table for loader in declaration.choices}) != 1:
            raise NoPlan("a connection of several tables")
        page = _Page(declaration, declaration.choices[0], above)
        graphql_type = _object_type(shown.type)
        selected = self.selecting.of(graphql_type, _below(nodes)).items()
        parts = [(key, self._page_part(page, graphql_type, fields)) for key, fields in selected]
        return tree.Connection(call, declaration.key, tuple(parts))

    def _page_part(self, page: "_Page", graphql_type: GraphQLObjectType, nodes: Fields) -> tree.PagePart:
        name = nodes[0].name.value
        if name == "__typename":
            return tree.Constant(f'"{graphql_type.name}"')
        shown: Any = graphql_type.fields[name]
        declaration = declaration_of(shown)
        if isinstance(declaration, declared.Part):
            return self._page_info(_object_type(shown.type), nodes)
        if not isinstance(declaration, declared.OfPage):
            raise NoPlan(f"{graphql_type.name}.{name} is no part of a page")
        match declaration.what:
            case "nodes":
                return tree.Nodes(self._row(page.loader, nodes))
            case "edges":
                return self._edges(page, _object_type(shown.type), nodes)
            case "total":
                return self._total(page, shown, nodes)
            case "above":
                return self._of_above(page, declaration, shown)
            case _:
                raise NoPlan(f"{declaration.what} is no part of a page")

    def _edges(self, page: "_Page", graphql_type: GraphQLObjectType, nodes: Fields) -> tree.Edges:
        def part(nodes: Fields) -> tree.Object | tree.Constant | None:
            match nodes[0].name.value:
                case "__typename":
                    return tree.Constant(f'"{graphql_type.name}"')
                case "cursor":
                    return None
                case "node":
                    return self._row(page.loader, nodes)
                case name:
                    raise NoPlan(f"{graphql_type.name}.{name} is no part of an edge")

        selected = self.selecting.of(graphql_type, _below(nodes)).items()
        return tree.Edges(tuple((key, part(fields)) for key, fields in selected))

    def _page_info(self, graphql_type: GraphQLObjectType, nodes: Fields) -> tree.PageInfo:
        def part(nodes: Fields) -> tree.PageFact | tree.Constant:
            name = nodes[0].name.value
            if name == "__typename":
                return tree.Constant(f'"{graphql_type.name}"')
            declaration = declaration_of(graphql_type.fields[name])
            if isinstance(declaration, declared.OfPage) and declaration.what in {
                "has_next",
                "has_previous",
                "start",
                "end",
            }:
                return tree.PageFact(cast("Any", declaration.what))
            raise NoPlan(f"{graphql_type.name}.{name} is not declared")

        selected = self.selecting.of(graphql_type, _below(nodes)).items()
        return tree.PageInfo(tuple((key, part(fields)) for key, fields in selected))

    def _total(self, page: "_Page", shown: Any, nodes: Fields) -> tree.Total:
        if page.above is None or page.declaration.total is None:
            return tree.Total(None)
        made = declared.Made({"value": page.declaration.total}, EXACT)
        return tree.Total(self._made(made, shown.type, nodes, page.above, null=True))

    def _of_above(self, page: "_Page", declaration: declared.OfPage, shown: Any) -> tree.Value:
        if page.above is None:
            raise NoPlan("a page of no row")
        if not all(name in page.above.table.columns for name in declaration.above):
            return tree.Constant("null")
        inputs = _inputs(page.above, declaration.above)
        assert declaration.of_above is not None
        return _function(declaration.of_above, declaration, (), inputs, (), None, leaf_of(shown.type))


@dataclass(frozen=True)
class _Page:
    declaration: declared.Connected
    loader: Loader
    above: Soil | None


def _function(
    function: Any,
    declaration: declared.Computed,
    given: tuple[Any, ...],
    inputs: tuple[tuple[str, Kind], ...],
    arguments: tuple[tuple[str, Kind], ...],
    call: int | None,
    leaf: Leaf,
) -> tree.Computed:
    formula = declaration.formula
    if formula is not None and formula.kind != leaf.kind:
        raise NoPlan(f"the formula gives {formula.kind}, the field shows {leaf.kind}")
    return tree.Computed(function, formula, given, inputs, arguments, call, leaf.kind, leaf.null, leaf.names)


def _inputs(soil: Soil, names: Iterable[str]) -> tuple[tuple[str, Kind], ...]:
    found = [soil.column(name) for name in names]
    return tuple([(column.name, column.kind) for column in found])


def _argument_kind(python_type: Any) -> Kind:
    if python_type not in _ARGUMENT_KINDS:
        raise NoPlan(f"no way to hand over {python_type}")
    return _ARGUMENT_KINDS[python_type]


def _when(name: str | None, soil: Soil) -> tuple[str, Kind] | None:
    if name is None:
        return None
    column = soil.column(name)
    if column.kind not in {"bool", "text", "instant"}:
        raise NoPlan(f"{name} may be 0, which is not null")
    return column.name, column.kind


def _object_type(graphql_type: Any) -> GraphQLObjectType:
    named: Any = _named_type(graphql_type)
    if not isinstance(named, GraphQLObjectType):
        raise NoPlan(f"{named} is no object")
    return named


def _below(nodes: Fields) -> list[Any]:
    return [node.selection_set for node in nodes]


def _name_of_column(graphql_type: GraphQLObjectType, name: str) -> str | None:
    """Under which name a small object made by code holds this field; None for `__typename`."""
    if name == "__typename":
        return None
    definition = cast("StrawberryField", graphql_type.fields[name].extensions["strawberry-definition"])
    return definition.python_name


def _plain(value: Any) -> Any:
    return to_text(value) if isinstance(value, datetime) else value
