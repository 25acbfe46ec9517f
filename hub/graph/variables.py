"""Variables as an operation takes them: coerced by graphql-core, or just as they came where each is of the plain type
that was declared.
"""

from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLSchema, Undefined, get_variable_values, print_ast
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource

from hub.graph.answers import client_error
from hub.graph.closed import closed_variables
from hub.graph.documents import BadDocument, Operation, not_text
from hub.graph.shelf import Shelf
from hub.graph.texts import is_storable
from hub.settings import Settings

_UNFIT = 422
_PLAIN: dict[str, type] = {"String": str, "ID": str, "Boolean": bool, "Int": int}
_INTS = range(-(2**31), 2**31)


@dataclass(frozen=True)
class _Declared:
    signature: GraphQLVariableSignature
    plain: type
    may_be_missing: bool


class Variables:
    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self._schema = schema
        self._settings = settings
        # Empty where one of them is of no plain type.
        self._declared: Shelf[list[_Declared]] = Shelf(settings.documents_cached)

    def of(self, operation: Operation, given: dict[str, Any]) -> VariableValues:
        """Raise BadDocument for what does not fit."""
        if not is_storable(given):
            raise BadDocument([not_text()])
        return self._plain(operation, given) or self._coerced(operation, given)

    def _plain(self, operation: Operation, given: dict[str, Any]) -> VariableValues | None:
        declared = self._declared.get(operation)
        if declared is None:
            declared = self._find(operation)
            self._declared.put(operation, declared, operation.weight)
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for one in declared:
            name = one.signature.name
            value = given.get(name, Undefined)
            if value is Undefined and one.may_be_missing:
                sources[name] = VariableValueSource(one.signature)
            elif type(value) is one.plain and (one.plain is not int or value in _INTS):
                sources[name] = VariableValueSource(one.signature, value)
                coerced[name] = value
            else:
                return None
        return VariableValues(sources, coerced) if sources else None

    def _coerced(self, operation: Operation, given: dict[str, Any]) -> VariableValues:
        definitions = operation.definition.variable_definitions or ()
        values: Any = get_variable_values(
            self._schema, definitions, given, max_errors=self._settings.errors_shown, hide_suggestions=True
        )
        if isinstance(values, list) and not self._settings.introspection_allowed:
            raise BadDocument(closed_variables(), _UNFIT)
        if isinstance(values, list):
            raise BadDocument([client_error(error) for error in values], _UNFIT)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - graphql-core and JSON are partly typed
        return values

    def _find(self, operation: Operation) -> list[_Declared]:
        found: list[_Declared] = []
        for definition in operation.definition.variable_definitions or ():
            signature = get_variable_signature(self._schema, definition)
            if isinstance(signature, GraphQLError):
                return []
            kind = print_ast(definition.type)
            plain = _PLAIN.get(kind.removesuffix("!"))
            if plain is None:
                return []
            found.append(_Declared(signature, plain, not kind.endswith("!") and signature.default is None))
        return found
