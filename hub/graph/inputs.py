"""Input types that are built by what is known of their fields: Strawberry works it out anew for each request."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any, cast

from graphql import GraphQLInputObjectType, GraphQLSchema
from strawberry import Schema
from strawberry.schema.compat import is_scalar
from strawberry.types.arguments import InputContext
from strawberry.types.base import StrawberryObjectDefinition, StrawberryOptional
from strawberry.types.field import StrawberryField

Build = Callable[[type, Mapping[str, Any], InputContext], Any]


def remember(schema: Schema, core: GraphQLSchema) -> None:
    """Once, when the schema stands."""
    for graphql_type in core.type_map.values():
        if isinstance(graphql_type, GraphQLInputObjectType):
            definition = cast("StrawberryObjectDefinition", graphql_type.extensions["strawberry-definition"])
            definition.from_input = _builder(definition, schema)


def _builder(definition: StrawberryObjectDefinition, schema: Schema) -> Build:
    """A scalar comes finished from graphql-core; all else is Strawberry's to convert."""
    name_of, registry = schema.config.name_converter.from_field, schema.schema_converter.scalar_registry
    absent = {field.python_name: None for field in definition.fields if _has_no_default(field)}
    known: dict[str, tuple[str, Any]] = {}
    for field in definition.fields:
        declared = field.resolve_type(type_definition=definition)
        bare = declared.of_type if isinstance(declared, StrawberryOptional) else declared
        known[name_of(field)] = field.python_name, None if is_scalar(bare, registry) else declared

    def build(of: type, given: Mapping[str, Any], context: InputContext) -> Any:
        values: dict[str, Any] = {**absent}
        for name, value in given.items():
            python_name, declared = known[name]
            values[python_name] = value if declared is None else context.convert(value, declared, name)
        return of(**values)

    return build


def _has_no_default(field: StrawberryField) -> bool:
    return cast("Any", field).default_value is MISSING and cast("Any", field).default_factory is MISSING
