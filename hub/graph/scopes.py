"""Scopes, enforced in this one place: the resolver of each field that names some looks at the viewer first.

A person's own session has all scopes, and a plan of fields that name some is used for viewers who have them
(`plans/planner.py`), so that whoever lacks one comes here. A mutation that names no scope is for a person's own session
alone: what is new is closed to tokens of apps and scripts until it says otherwise.
"""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import graphql
from graphql import GraphQLObjectType, GraphQLSchema

from hub.graph.context import Context
from hub.graph.errors import to_user_error
from hub.graph.fields import scopes_of
from hub.refusals import AccessRefusal, ErrorCode, Refusal, ScopeRefusal
from hub.store.audience import Viewer

Resolve = Callable[..., Any]
_named_type: Callable[[Any], Any] = graphql.get_named_type
_plainly: Resolve = graphql.default_field_resolver  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - graphql-core is partly typed


def guard(schema: GraphQLSchema) -> None:
    """Put the look at the viewer before the resolvers of the built schema."""
    for graphql_type in schema.type_map.values():
        for field in graphql_type.fields.values() if isinstance(graphql_type, GraphQLObjectType) else ():
            needed = scopes_of(field)
            resolve = cast("Resolve", field.resolve or _plainly)  # pyright: ignore[reportUnknownMemberType] - graphql-core is partly typed
            if graphql_type is schema.mutation_type:
                field.resolve = _guarded_write(resolve, needed, _named_type(field.type))
            elif needed:
                field.resolve = _guarded(resolve, needed)


def ensure_scopes(viewer: Viewer, needed: frozenset[str]) -> None:
    if viewer.lacks(needed):
        raise ScopeRefusal(needed - (viewer.scopes or frozenset()))


def _guarded(resolve: Resolve, needed: frozenset[str]) -> Resolve:
    def look(root: Any, info: Any, **arguments: Any) -> Any:
        ensure_scopes(info.context.viewer, needed)
        return resolve(root, info, **arguments)

    return look


def _guarded_write(resolve: Resolve, needed: frozenset[str], payload: GraphQLObjectType) -> Resolve:
    """Refuses in the payload, like all that a mutation refuses."""
    shape: Any = payload.extensions["strawberry-definition"].origin

    def look(root: Any, info: Any, **arguments: Any) -> Any:
        if info.context.viewer.scopes is None:
            return resolve(root, info, **arguments)
        try:
            _ensure_may_write(info.context.viewer, needed)
        except Refusal as refusal:
            given = cast("dict[str, Any]", arguments.get("input") or {})
            return _refused(info.context, shape, refusal, given.get("clientMutationId"))
        return resolve(root, info, **arguments)

    return look


def _ensure_may_write(viewer: Viewer, needed: frozenset[str]) -> None:
    if not needed:
        raise AccessRefusal(
            ErrorCode.FORBIDDEN, "An app or a script may not do this: log in, and use the token of that session."
        )
    ensure_scopes(viewer, needed)


def _refused(context: Context, shape: Any, refusal: Refusal, mutation_id: str | None) -> Awaitable[Any]:
    async def payload() -> Any:
        return shape(errors=[await to_user_error(context, refusal)], client_mutation_id=mutation_id)

    return payload()
