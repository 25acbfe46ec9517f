"""Which fields a document selects on an object: fragments unfolded, @skip and @include obeyed, doubles put together."""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    is_abstract_type,
    visit,
)
from graphql.execution.values import VariableValues, get_directive_values

Selected = dict[str, list[FieldNode]]
"""The fields of an object by their response key, in the order in which the answer shows them."""


class Selecting:
    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: VariableValues
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def of(self, graphql_type: GraphQLObjectType, sets: Iterable[SelectionSetNode | None]) -> Selected:
        found: Selected = {}
        spread: set[str] = set()
        for selection_set in sets:
            if selection_set is not None:
                self._collect(graphql_type, selection_set, found, spread)
        return found

    def _collect(
        self, graphql_type: GraphQLObjectType, selection_set: SelectionSetNode, found: Selected, spread: set[str]
    ) -> None:
        for node in selection_set.selections:
            if not self._included(node):
                continue
            match node:
                case FieldNode():
                    key = node.alias.value if node.alias else node.name.value
                    found.setdefault(key, []).append(node)
                case FragmentSpreadNode():
                    fragment = self._fragments[node.name.value]
                    if node.name.value not in spread and self._applies(
                        fragment.type_condition.name.value, graphql_type
                    ):
                        spread.add(node.name.value)
                        self._collect(graphql_type, fragment.selection_set, found, spread)
                case InlineFragmentNode():
                    condition = node.type_condition
                    if condition is None or self._applies(condition.name.value, graphql_type):
                        self._collect(graphql_type, node.selection_set, found, spread)
                case _:
                    pass

    def _included(self, node: Any) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        if skip and skip["if"]:
            return False
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return include is None or bool(include["if"])

    def _applies(self, condition: str, graphql_type: GraphQLObjectType) -> bool:
        if condition == graphql_type.name:
            return True
        named = self._schema.get_type(condition)
        return is_abstract_type(named) and self._schema.is_sub_type(named, graphql_type)


def flags_of(document: DocumentNode) -> tuple[str, ...]:
    """The variables that decide in @skip and @include what is selected."""
    finder = _Flags()
    visit(document, finder)
    return tuple(sorted(finder.names))


class _Flags(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value in {"skip", "include"}:
            values = [argument.value for argument in node.arguments or ()]
            self.names |= {value.name.value for value in values if isinstance(value, VariableNode)}
