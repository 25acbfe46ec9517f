"""Leaves: which kind of column a scalar, an enum or a list of either can be shown from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    get_named_type,
)

from hub.graph.scalars import SCALARS
from hub.store.plans.tree import Kind

_named_type: Callable[[Any], Any] = get_named_type
_KINDS: dict[str, Kind] = {
    **{str(definition.name): "text" for definition in SCALARS.values()},
    "DateTime": "instant",
    "JSON": "json",
    "String": "text",
    "ID": "text",
    "Int": "int",
    "Boolean": "bool",
}


class NoPlan(Exception):
    """Why there is no plan, in words for developers."""


@dataclass(frozen=True)
class Leaf:
    kind: Kind
    null: bool
    names: tuple[str, ...] | None = None


def leaf_of(graphql_type: Any) -> Leaf:
    """Raise NoPlan for what is none of these."""
    null = not isinstance(graphql_type, GraphQLNonNull)
    bare: Any = graphql_type if null else graphql_type.of_type  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - graphql-core is partly typed
    if isinstance(bare, GraphQLEnumType):
        return Leaf("text", null, tuple(bare.values))
    if isinstance(bare, GraphQLScalarType) and bare.name in _KINDS:
        return Leaf(_KINDS[bare.name], null)
    named: Any = _named_type(bare)
    if isinstance(bare, GraphQLList) and isinstance(named, GraphQLEnumType):
        return Leaf("json", null, tuple(named.values))
    if isinstance(bare, GraphQLList) and isinstance(named, GraphQLScalarType) and _KINDS.get(named.name) == "text":
        return Leaf("json", null)
    raise NoPlan(f"no way to show {graphql_type}")
