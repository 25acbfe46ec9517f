"""Calls: fields with arguments. Each is made anew for a request, unless all its arguments stand in the document.

Arguments are coerced by graphql-core and Strawberry, then judged by the field's own declaration, as in execution:
its `pick` or `find`, and `to_page`. Whatever these refuse is for execution to tell. Where requests differ in nothing
but what variables bring finished, as scalars are, the other arguments are coerced once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLField,
    VariableNode,
    Visitor,
    visit,
)
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


@dataclass(slots=True)
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
        return not any(_has_variables(argument) for argument in self.node.arguments or ())

    def make(self, variables: VariableValues | None, convert: Convert, settings: Settings) -> Made:
        """Raise what the arguments are refused with."""
        given = self._given(variables, convert)
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

    def _given(self, variables: VariableValues | None, convert: Convert) -> dict[str, Any]:
        values = variables.coerced if variables is not None else {}
        brought = {name: values[variable] for name, variable in self._brought if variable in values}
        same = self._same.get(tuple(brought))
        if same is not None and None not in brought.values():
            return {**same, **brought}
        given = convert(self.field, get_argument_values(self.field, self.node, variables))
        handed_on = all(value is not None and given.get(name) is value for name, value in brought.items())
        if handed_on and not self._has_variables_inside:
            self._same[tuple(brought)] = {name: value for name, value in given.items() if name not in brought}
        return given

    @cached_property
    def _same(self) -> dict[tuple[str, ...], dict[str, Any]]:
        """The arguments that no variable brings, by the names of those that one does, and that are not converted."""
        return {}

    @cached_property
    def _brought(self) -> list[tuple[str, str]]:
        """Names in Python of the arguments that are a variable, with those of the variables."""
        found: list[tuple[str, str]] = []
        for argument in self.node.arguments or ():
            if isinstance(argument.value, VariableNode):
                declared = self.field.args[argument.name.value].extensions["strawberry-definition"]
                found.append((declared.python_name, argument.value.name.value))
        return found

    @cached_property
    def _has_variables_inside(self) -> bool:
        """Whether an argument is a list or an object with a variable in it."""
        return sum(_has_variables(argument) for argument in self.node.arguments or ()) > len(self._brought)

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


def _has_variables(argument: ArgumentNode) -> bool:
    finder = _Finder()
    visit(argument, finder)
    return finder.found


class _Finder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, *_: Any) -> None:
        self.found = True
