"""Inputs are what Strawberry would make of them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_nullable_type,
    is_required_input_field,
)
from strawberry.types.arguments import convert_argument

from hub.graph.schema import build, core

SCHEMA = build()
INPUTS = {
    name: graphql_type
    for name, graphql_type in core(SCHEMA).type_map.items()
    if isinstance(graphql_type, GraphQLInputObjectType)
}
NOW = datetime(2026, 1, 2, tzinfo=UTC)
SCALARS: dict[str, Any] = {
    "Int": 7,
    "Float": 0.5,
    "Boolean": True,
    "DateTime": NOW,
    "Date": NOW.date(),
    "JSON": {"a": [1]},
}


def value_of(graphql_type: Any, *, only_required: bool) -> Any:
    """As graphql-core hands it to a resolver."""
    bare = get_nullable_type(graphql_type)
    match bare:
        case GraphQLList():
            return [value_of(bare.of_type, only_required=only_required)] * 2
        case GraphQLEnumType():
            return next(iter(bare.values.values())).value
        case GraphQLInputObjectType():
            return {
                name: value_of(field.type, only_required=only_required)
                for name, field in bare.fields.items()
                if is_required_input_field(field) or not only_required
            }
        case _:
            return SCALARS.get(bare.name, "text")


def converted(graphql_type: GraphQLInputObjectType, value: Any) -> Any:
    definition: Any = graphql_type.extensions["strawberry-definition"]
    return convert_argument(value, definition.origin, SCHEMA.schema_converter.scalar_registry, SCHEMA.config)


@pytest.mark.parametrize("sort", ["all", "required", "null"])
@pytest.mark.parametrize("name", INPUTS)
def test_an_input_is_what_strawberry_makes_of_it(name: str, sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = value_of(INPUTS[name], only_required=sort == "required")
    if sort == "null":
        value = {
            key: each if isinstance(INPUTS[name].fields[key].type, GraphQLNonNull) else None
            for key, each in value.items()
        }
    ours = converted(INPUTS[name], value)
    for graphql_type in INPUTS.values():
        monkeypatch.setattr(graphql_type.extensions["strawberry-definition"], "from_input", None)
    theirs = converted(INPUTS[name], value)
    assert (type(ours), vars(ours)) == (type(theirs), vars(theirs))


def test_there_are_inputs() -> None:
    assert len(INPUTS) > 50
