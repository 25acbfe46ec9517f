"""Mutations by the short way: one root field, and of its payload plain values and what was written, which has a plan.

The resolver is the schema's own. What graphql-core does around it costs more than the write, and a payload such as
`{ comment { … } errors { code } replayed }` has no need of it. Where anything else turns up (an exception, an error in
the payload, a selection without a plan), the executor completes what the resolver gave: errors and paths exist once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, cast

import orjson
from graphql import (
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLBoolean,
    GraphQLError,
    GraphQLField,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLString,
    located_error,
)
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path

from hub.graph.context import Context
from hub.graph.documents import Operation
from hub.graph.judging import fragments_of
from hub.graph.payloads import Reference
from hub.graph.plans.payloads import written
from hub.graph.plans.planner import Planner
from hub.graph.plans.selecting import Selecting
from hub.graph.shelf import Shelf
from hub.settings import Settings

_PLAIN: dict[Any, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}


@dataclass(frozen=True, eq=False)
class Part:
    """A field of the payload: its key, the attribute that holds it, the class of values that are shown as they are (a
    list only while it is empty), and `nodes` that select on a row that was written. `null`: it may be."""

    key: str
    attribute: str
    plain: type | None
    nodes: list[FieldNode] | None
    null: bool

    def shows(self, value: Any) -> bool:
        return (value is None and self.null) or (type(value) is self.plain and (self.plain is not list or not value))


@dataclass(frozen=True, eq=False)
class Way:
    key: str
    nodes: list[FieldNode]
    field: GraphQLField
    fragments: dict[str, FragmentDefinitionNode]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Given:
    """What the resolver of the only root field gave, or raised."""

    value: Any = None
    error: Exception | None = None

    def resolve(
        self, resolver: Callable[..., Any], source: Any, info: GraphQLResolveInfo[Context], **arguments: Any
    ) -> Any:
        """Middleware for graphql-core: that again in place of the root's resolver."""
        if info.path.prev is not None:
            return resolver(source, info, **arguments)
        if self.error is not None:
            raise self.error
        return self.value


class Mutating:
    def __init__(self, schema: GraphQLSchema, planner: Planner, settings: Settings) -> None:
        self._schema = schema
        self._planner = planner
        self._ways: Shelf[list[Way]] = Shelf(settings.documents_cached)

    def way(self, operation: Operation, values: VariableValues) -> Way | None:
        """None for what the executor is to run."""
        key = operation, self._planner.flags_of(operation, values)
        known = self._ways.get(key)
        if known is None:
            known = self._find(operation, values)
            self._ways.put(key, known, operation.weight)
        return known[0] if known else None

    async def run(
        self, way: Way, operation: Operation, values: VariableValues, context: Context
    ) -> ExecutionResult | Given:
        """The answer, or what the executor is to complete."""
        try:
            arguments = get_argument_values(way.field, way.nodes[0], values, hide_suggestions=True)
            payload: Any = cast("Any", way.field.resolve)(
                None, self._info(way, operation, values, context), **arguments
            )
            if isawaitable(payload):
                payload = await payload
        except Exception as error:
            return Given(error=error)
        shown: dict[str, Any] = {}
        errors: list[GraphQLError] = []
        for part in way.parts:
            value = getattr(payload, part.attribute)
            reference = written(value) if part.nodes is not None else None
            if part.nodes is not None and reference is not None:
                try:
                    text = await self._shown(part.nodes, reference, operation, values, context)
                except Exception as error:  # for want of time or of the database: nobody is to try again
                    errors.append(located_error(error, part.nodes, [way.key, part.key]))
                    shown[part.key] = None
                    continue
                if text is None:
                    return Given(payload)
                shown[part.key] = orjson.Fragment(text)
            elif part.shows(value):
                shown[part.key] = value
            else:
                return Given(payload)
        return ExecutionResult({way.key: shown}, errors or None)

    async def _shown(
        self,
        nodes: list[FieldNode],
        reference: Reference,
        operation: Operation,
        values: VariableValues,
        context: Context,
    ) -> str | None:
        database = context.backend.database
        loader, row_id = reference.loader, reference.id
        return await self._planner.under(
            operation, nodes, values, loader, row_id, context.viewer, database, context.now
        )

    def _info(
        self, way: Way, operation: Operation, values: VariableValues, context: Context
    ) -> GraphQLResolveInfo[Context]:
        name = way.nodes[0].name.value
        root, path = cast("GraphQLObjectType", self._schema.mutation_type), Path(None, way.key, "Mutation")
        return GraphQLResolveInfo(
            name,
            way.nodes,
            cast("Any", way.field).type,
            root,
            path,
            self._schema,
            way.fragments,
            None,
            operation.definition,
            values,
            context,
            cast("Any", isawaitable),
            None,
            cast("Any", None),
        )

    def _find(self, operation: Operation, values: VariableValues) -> list[Way]:
        """The way, if there is one."""
        root = cast("GraphQLObjectType", self._schema.mutation_type)
        fragments = fragments_of(operation.document)
        selecting = Selecting(self._schema, fragments, values)
        selected = selecting.of(root, [operation.definition.selection_set])
        if len(selected) != 1:
            return []
        ((key, nodes),) = selected.items()
        field: Any = root.fields.get(nodes[0].name.value)
        payload: Any = getattr(field.type, "of_type", None) if field is not None else None
        if field is None or not isinstance(payload, GraphQLObjectType):
            return []
        asked = selecting.of(payload, [node.selection_set for node in nodes])
        parts = [part for below_key, below in asked.items() for part in _parts(payload, below_key, below)]
        return [Way(key, nodes, field, fragments, tuple(parts))] if len(parts) == len(asked) else []


def _parts(payload: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> list[Part]:
    """The part, if it is of a kind that is shown here."""
    field: Any = payload.fields.get(nodes[0].name.value)
    definition: Any = field.extensions.get("strawberry-definition") if field is not None else None
    if field is None or definition is None or definition.base_resolver is not None:
        return []
    null = not isinstance(field.type, GraphQLNonNull)
    kind: Any = field.type if null else field.type.of_type
    if kind in _PLAIN:
        return [Part(key, definition.python_name, _PLAIN[kind], None, null)]
    if isinstance(kind, GraphQLList):
        return [Part(key, definition.python_name, list, None, null)]
    return (
        [Part(key, definition.python_name, None, nodes, null)] if isinstance(kind, GraphQLObjectType) and null else []
    )
