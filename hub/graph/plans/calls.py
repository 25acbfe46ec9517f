"""Calls: fields with arguments. Each is made anew for a request, unless all its arguments stand in the document.

Arguments are coerced by graphql-core and Strawberry, then judged by the field's own declaration, as in execution:
its `pick` or `find`, and `to_page`. Whatever these refuse is for execution to tell.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import FieldNode, GraphQLField, VariableNode, Visitor, visit
from graphql.execution.values import VariableValues, get_argument_values
from strawberry import Schema
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from hub.graph.declarations import Connected, Declaration, Lookup
from hub.graph.paging import to_page
from hub.settings import Settings
from hub.store.loaders import Loader, Page, Shape
from hub.store.plans.tree import Choice, PageChoice, RowChoice

Convert = Callable[[GraphQLField, Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Made:
    """A call as made: what the statement depends on, what goes in as parameters, and the arguments themselves."""

    choice: Choice
    parameters: Mapping[str, Any]
    arguments: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Call:
    number: int
    field: GraphQLField
    node: FieldNode
    declaration: Declaration

    @property
    def fixed(self) -> bool:
        """Whether it is the same for all requests."""
        return not _variables_in(self.node)

    def make(self, variables: VariableValues | None, convert: Convert, settings: Settings) -> Made:
        """Raise what the arguments are refused with."""
        given = convert(self.field, get_argument_values(self.field, self.node, variables))
        prefix = f"c{self.number}_"
        match self.declaration:
            case Connected():
                loader, filters = self.declaration.pick(given)
                page = to_page(loader, given, settings.page_size)
                return Made(self._page_choice(loader, page, filters), _parameters(prefix, page, filters), given)
            case Lookup():
                loader, key = self.declaration.find(given)
                return Made(RowChoice(loader), {f"{prefix}key": key}, given)
            case _:
                return Made(None, {f"{prefix}{name}": value for name, value in given.items()}, given)

    def _page_choice(self, loader: Loader, page: Page, filters: Mapping[str, Any]) -> PageChoice:
        # Written out where the document says it: the database then knows how few rows it will be.
        size = None if self._names_size else page.size
        shape = Shape(len(page.after or ()), len(page.before or ()), page.backward, frozenset(filters))
        return PageChoice(loader, shape, size)

    @property
    def _names_size(self) -> bool:
        sizes = [a.value for a in self.node.arguments or () if a.name.value in {"first", "last"}]
        return any(isinstance(value, VariableNode) for value in sizes)


def converter(schema: Schema) -> Convert:
    """From values as graphql-core coerces them to those that a resolver is handed."""
    registry, config = schema.schema_converter.scalar_registry, schema.config

    def convert(field: GraphQLField, values: Mapping[str, Any]) -> dict[str, Any]:
        definition = cast("StrawberryField", field.extensions["strawberry-definition"])
        return convert_arguments(dict(values), definition.arguments, registry, config)

    return convert


def _parameters(prefix: str, page: Page, filters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{prefix}size": page.size,
        **{f"{prefix}after_{place}": value for place, value in enumerate(page.after or ())},
        **{f"{prefix}before_{place}": value for place, value in enumerate(page.before or ())},
        **{f"{prefix}arg_{name}": value for name, value in filters.items()},
    }


def _variables_in(node: FieldNode) -> bool:
    finder = _Finder()
    for argument in node.arguments or ():
        visit(argument, finder)
    return finder.found


class _Finder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, *_: Any) -> None:
        self.found = True
