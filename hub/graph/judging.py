"""What a document may ask for: depth, aliases, directives, breadth, mutations and cost, each fragment judged once.

Judged before validation, whose own rules take time that grows with the square of the fields of a selection.
Introspection has a rule of its own for depth (graphql-core's MaxIntrospectionDepthRule), and counts none here.

Cost = weight + (`first`, `last` or the length of a list, defaults and variables applied) x cost of what is selected
below, at least 1 for each row. Without `@cost` a plain field is 0 and an object 1; `nodes` and `edges` are part of
their connection.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Undefined,
    ValueNode,
    get_named_type,
    is_composite_type,
    value_from_ast_untyped,
)
from strawberry.types.field import StrawberryField

from hub.graph.directives import Cost
from hub.settings import Settings

_named_type: Callable[[Any], Any] = get_named_type
_META = {"__schema", "__type"}
_SCHEMA_COST = 1_000
_FREE = {"nodes", "edges", "node", "pageInfo"}


@dataclass
class _Measure:
    """`fields` counts those of one selection set, fragments unfolded; `aliases` and `directives` those of all below.

    `depth` counts fields, `nesting` fragments too: what walks a document calls itself that often.
    """

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    nesting: int = 0


class _Judge:
    def __init__(self, document: DocumentNode, settings: Settings) -> None:
        self._fragments = fragments_of(document)
        self._settings = settings
        self._known: dict[str, _Measure] = {}

    def measure(self, selection_set: SelectionSetNode | None) -> _Measure:
        total = _Measure()
        for selection in selection_set.selections if selection_set else ():
            part = self._of(selection)
            total.depth = max(total.depth, part.depth)
            total.aliases += part.aliases
            total.directives += part.directives + len(selection.directives or ())
            total.fields += part.fields
            total.nesting = max(total.nesting, part.nesting)
        return total

    def _of(self, selection: Any) -> _Measure:
        if isinstance(selection, FieldNode):
            alias = 1 if selection.alias and selection.alias.value != selection.name.value else 0
            below = self.measure(selection.selection_set)
            self.ensure_narrow(below)
            depth = 0 if selection.name.value in _META else below.depth + 1
            return replace(below, depth=depth, aliases=below.aliases + alias, fields=1, nesting=below.nesting + 1)
        if isinstance(selection, InlineFragmentNode):
            inside = self.measure(selection.selection_set)
        else:
            inside = self._fragment(selection.name.value)
        return replace(inside, nesting=inside.nesting + 1)

    def _fragment(self, name: str) -> _Measure:
        if name not in self._known:
            self._known[name] = _Measure()  # a cycle ends here; validation refuses it
            fragment = self._fragments.get(name)
            if fragment is not None:
                inside = self.measure(fragment.selection_set)
                inside.directives += len(fragment.directives or ())
                self._known[name] = inside
        return self._known[name]

    def ensure_narrow(self, measured: _Measure) -> None:
        most = self._settings.document_fields
        _refuse_if(measured.fields > most, f"More than {most} fields in one selection.")


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}


def judge(document: DocumentNode, settings: Settings) -> None:
    """Raise GraphQLError for a document beyond the limits, whatever its variables."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    most = settings.document_operations
    _refuse_if(len(operations) > most, f"More than {most} operations in one document.")
    judged = _Judge(document, settings)
    for operation in operations:
        total = judged.measure(operation.selection_set)
        judged.ensure_narrow(total)
        directives = total.directives + _directives_before(operation)
        most = settings.document_directives
        _refuse_if(directives > most, f"More than {most} directives.")
        most = settings.document_nesting
        _refuse_if(total.nesting > most, f"Nested deeper than {most} fields and fragments.")
        _refuse_if(total.depth > settings.document_depth, f"Nested deeper than {settings.document_depth} fields.")
        _refuse_if(total.aliases > settings.document_aliases, f"More than {settings.document_aliases} aliases.")
        if operation.operation is OperationType.MUTATION:
            most = settings.document_mutations
            _refuse_if(total.fields > most, f"More than {most} mutations in one operation.")


def _directives_before(operation: OperationDefinitionNode) -> int:
    variables = operation.variable_definitions or ()
    return len(operation.directives or ()) + sum(len(variable.directives or ()) for variable in variables)


def _refuse_if(beyond: bool, message: str) -> None:
    if beyond:
        raise GraphQLError(f"{message} Ask in several requests.", extensions={"code": "QUERY_TOO_COSTLY"})


def cost_of(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> int:
    """The cost of a valid operation with these variables, coerced."""
    defaults = {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }
    root = schema.get_root_type(operation.operation)
    return _Costs(schema, fragments_of(document), {**defaults, **variables}).of(operation.selection_set, root)


class _Costs:
    def __init__(
        self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode], variables: Mapping[str, Any]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._known: dict[str, int] = {}

    def of(self, selection_set: SelectionSetNode | None, parent: GraphQLCompositeType | None) -> int:
        return sum(self._selection(node, parent) for node in selection_set.selections) if selection_set else 0

    def _selection(self, node: Any, parent: GraphQLCompositeType | None) -> int:
        if isinstance(node, FieldNode):
            return self._field(node, parent)
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        condition = node.type_condition
        inside = self._schema.get_type(condition.name.value) if condition else parent
        return self.of(node.selection_set, inside)  # pyright: ignore[reportArgumentType] - validated

    def _fragment(self, name: str) -> int:
        if name not in self._known:
            fragment = self._fragments[name]
            inside = self._schema.get_type(fragment.type_condition.name.value)
            self._known[name] = self.of(fragment.selection_set, inside)  # pyright: ignore[reportArgumentType] - a fragment has a selection set
        return self._known[name]

    def _field(self, node: FieldNode, parent: GraphQLCompositeType | None) -> int:
        if not isinstance(parent, (GraphQLObjectType, GraphQLInterfaceType)):
            return 0
        field = parent.fields.get(node.name.value)
        if field is None:
            return _SCHEMA_COST if node.name.value in _META else 0
        named = _named_type(field.type)
        below = self.of(node.selection_set, named if is_composite_type(named) else None)
        shown = _cost_directive(field)
        if shown is None:
            plain = 0 if not is_composite_type(named) or node.name.value in _FREE else 1
            return plain + below
        if shown.multipliers:
            return shown.weight + self._size(node, field, shown.multipliers) * max(below, 1)
        return shown.weight + below

    def _size(self, node: FieldNode, field: GraphQLField, multipliers: list[str]) -> int:
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        sizes = [self._argument(given.get(name), field, name) for name in multipliers]
        known = [size for size in sizes if size is not None]
        return max(1, sum(known)) if known else 20

    def _argument(self, value: ValueNode | None, field: GraphQLField, name: str) -> int | None:
        if isinstance(value, ListValueNode):
            return len(value.values)
        plain = value_from_ast_untyped(value, dict(self._variables)) if value else Undefined
        if plain is Undefined and name in field.args:
            plain = field.args[name].default_value
        if isinstance(plain, list):
            return len(plain)  # pyright: ignore[reportUnknownArgumentType] - variables are any JSON
        return max(0, plain) if isinstance(plain, int) else None


def _cost_directive(field: GraphQLField) -> Cost | None:
    definition = field.extensions.get("strawberry-definition")
    if not isinstance(definition, StrawberryField):
        return None
    return next((shown for shown in definition.directives if isinstance(shown, Cost)), None)
