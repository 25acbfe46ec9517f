"""What is asked of the schema itself: answered off the event loop, one at a time, up to a number of fields.

Such an execution never waits for anything, and would hold the loop to its end: the whole schema, as GraphiQL asks for
it, takes a tenth of a second.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import graphql
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from hub.graph.judging import fragments_of
from hub.refusals import ErrorCode

_META = {"__schema", "__type"}
_MOST_FIELDS = 50_000
"""The whole schema has 20,000."""
_execute: Callable[..., Any] = graphql.execute_sync  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - graphql-core and JSON are partly typed


class MixedIntrospection(Exception):
    """The schema and the data are asked for at once."""


def introspects(document: DocumentNode, operation: OperationDefinitionNode) -> bool:
    """Whether a valid operation asks for the schema, and for nothing else; raise MixedIntrospection for both."""
    fragments = fragments_of(document)

    def names(selected: SelectionSetNode, seen: set[str]) -> Iterator[str]:
        for selection in selected.selections:
            if isinstance(selection, FieldNode):
                yield selection.name.value
            elif not isinstance(selection, FragmentSpreadNode):
                yield from names(selection.selection_set, seen)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType] - an inline fragment
            elif selection.name.value not in seen:
                seen.add(selection.name.value)
                yield from names(fragments[selection.name.value].selection_set, seen)

    asked = set(names(operation.selection_set, set())) - {"__typename"}
    if asked & _META and asked - _META:
        raise MixedIntrospection
    return bool(asked & _META)


class _Counting(StrawberryGraphQLCoreExecutionContext):
    _fields = 0

    def execute_field(self, *given: Any, **more: Any) -> Any:
        self._fields += 1
        if self._fields > _MOST_FIELDS:
            message = f"More than {_MOST_FIELDS} fields of the schema: ask for it in parts."
            raise GraphQLError(message, extensions={"code": ErrorCode.QUERY_TOO_COSTLY})
        above: Any = super()
        return above.execute_field(*given, **more)


class Introspection:
    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._turn = asyncio.Lock()

    async def answer(self, document: DocumentNode, variables: dict[str, Any], name: str | None) -> ExecutionResult:
        async with self._turn:
            return await asyncio.to_thread(
                _execute,
                self._schema,
                document,
                variable_values=variables,
                operation_name=name,
                executor_class=_Counting,
            )
