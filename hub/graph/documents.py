"""From text to a judged, validated document, once for each text: the cache is bounded."""

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Literal

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)

from hub import metrics
from hub.graph.closed import closed_document
from hub.graph.judging import judge
from hub.graph.texts import is_storable_document
from hub.settings import Settings

_MOST_ERRORS = 10
_CLOSED = [*specified_rules, NoSchemaIntrospectionCustomRule]
_SUGGESTION = re.compile(r" Did you mean [^?]*\?")


class BadDocument(Exception):
    """The request cannot be run: formatted errors, each with `extensions.code`."""

    def __init__(self, errors: list[dict[str, Any]], status: int = 400) -> None:
        super().__init__(errors[0]["message"] if errors else "bad document")
        self.errors = errors
        self.status = status
        for error in errors:
            metrics.REFUSALS.labels(error["extensions"]["code"]).inc()


@dataclass(frozen=True, eq=False)
class Operation:
    """A document that passed, and the one of its operations that is meant; the same one as long as it is remembered."""

    kind: Literal["query", "mutation", "subscription"]
    text: str
    name: str | None
    document: DocumentNode
    definition: OperationDefinitionNode


@dataclass(frozen=True)
class _Passed:
    document: DocumentNode
    operations: dict[str | None, Operation] = field(default_factory=dict[str | None, Operation])


class Documents:
    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self._schema = schema
        self._settings = settings
        self._rules = specified_rules if settings.introspection_allowed else _CLOSED
        self._passed: OrderedDict[str, _Passed] = OrderedDict()

    def prepare(self, text: str, operation_name: str | None) -> Operation:
        """Raise BadDocument for what does not parse, breaks a limit, is not valid or names no operation."""
        passed = self._passed.get(text)
        if passed is None:
            passed = self._passed[text] = _Passed(self._checked(text))
            if len(self._passed) > self._settings.documents_cached:
                self._passed.popitem(last=False)
        else:
            self._passed.move_to_end(text)
        known = passed.operations.get(operation_name)
        if known is None:
            definition = _operation(passed.document, operation_name)
            name = definition.name.value if definition.name else None
            known = Operation(definition.operation.value, text, name, passed.document, definition)
            passed.operations[operation_name] = known
        return known

    def _checked(self, text: str) -> DocumentNode:
        try:
            document = parse(text, max_tokens=self._settings.document_tokens)
            judge(document, self._settings)
        except GraphQLSyntaxError as error:
            raise BadDocument([_formatted(error, "GRAPHQL_PARSE_FAILED")]) from None
        except GraphQLError as error:
            raise BadDocument([_formatted(error, "QUERY_TOO_COSTLY")]) from None
        except RecursionError:
            raise BadDocument([_error("The document is nested too deeply.", "QUERY_TOO_COSTLY")]) from None
        if not is_storable_document(text, document):
            raise BadDocument([not_text()])
        errors = validate(self._schema, document, self._rules, max_errors=_MOST_ERRORS, hide_suggestions=True)
        if errors and not self._settings.introspection_allowed:
            raise BadDocument(closed_document())
        if errors:
            raise BadDocument([_formatted(error, "GRAPHQL_VALIDATION_FAILED") for error in errors[:_MOST_ERRORS]])
        return document


def not_text() -> dict[str, Any]:
    return _error("There are characters that are not text: NUL or half a surrogate pair.", "INVALID")


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    wanted = [node for node in found if node.name and node.name.value == name] if name else found
    if len(wanted) == 1:
        return wanted[0]
    message = "There is no operation of this name." if name else "Say by `operationName` which operation to run."
    raise BadDocument([_error(message if found else "The document has no operation.", "OPERATION_UNKNOWN")])


def _error(message: str, code: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code}}


def _formatted(error: GraphQLError, code: str) -> dict[str, Any]:
    shown: dict[str, Any] = {**error.formatted}
    shown["message"] = _SUGGESTION.sub("", error.message)
    shown["extensions"] = {"code": code, **(error.extensions or {})}
    return shown
