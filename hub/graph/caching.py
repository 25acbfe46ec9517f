"""For how long a cache may keep an answer: as the shortest `@cacheHint` among the fields at the root allows."""

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)
from strawberry.types.field import StrawberryField

from hub.graph.directives import CacheHint
from hub.graph.judging import fragments_of


def max_age_of(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> int:
    """Seconds; 0 where a field gives no hint, and for all but queries."""
    root = schema.query_type
    if operation.operation is not OperationType.QUERY or root is None:
        return 0
    names = _Roots(document).names(operation.selection_set)
    return min((_hint(root.fields.get(name)) for name in names if name != "__typename"), default=0)


class _Roots:
    """The fields at the root, each fragment unfolded once."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = fragments_of(document)
        self._seen: set[str] = set()

    def names(self, selection_set: SelectionSetNode) -> set[str]:
        found: set[str] = set()
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                found.add(selection.name.value)
            elif isinstance(selection, InlineFragmentNode):
                found |= self.names(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in self._seen:
                self._seen.add(selection.name.value)
                found |= self.names(self._fragments[selection.name.value].selection_set)
        return found


def _hint(field: GraphQLField | None) -> int:
    definition = field.extensions.get("strawberry-definition") if field is not None else None
    if not isinstance(definition, StrawberryField):
        return 0
    return next((shown.max_age for shown in definition.directives if isinstance(shown, CacheHint)), 0)
