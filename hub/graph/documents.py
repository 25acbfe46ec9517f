"""From text to a judged, validated document, once for each text: the cache is bounded."""

import asyncio
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
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
from graphql.validation import OverlappingFieldsCanBeMergedRule, ValidationContext

from hub import metrics
from hub.graph.caching import max_age_of
from hub.graph.closed import closed_document
from hub.graph.introspecting import MixedIntrospection, introspects
from hub.graph.judging import judge
from hub.graph.shelf import Shelf
from hub.graph.texts import has_more_tokens, is_storable_document
from hub.refusals import ErrorCode
from hub.settings import Settings

_UNFIT = 422
_RULES = [rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule]
_ABORTED = "Validation aborted."
_LONGEST_MESSAGE = 500
_DIGEST_LENGTH = 16


class BadDocument(Exception):
    """The request cannot be run: formatted errors, each with `extensions.code`.

    `status` is the one of the 2026-08 draft of GraphQL over HTTP, which tells what cannot be read (400) from what does
    not fit the schema (422).
    """

    def __init__(self, errors: list[dict[str, Any]], status: int = 400) -> None:
        super().__init__(errors[0]["message"] if errors else "bad document")
        self.errors = errors
        self.code: str = errors[0]["extensions"]["code"] if errors else ErrorCode.INVALID
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
    max_age: int = 0
    """Seconds that a cache may keep the answer."""
    introspects: bool = False
    """Whether it asks for the schema, and not for data."""

    @cached_property
    def digest(self) -> str:
        """Of its text, as it stands in the log."""
        return sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LENGTH]

    @property
    def weight(self) -> int:
        """On shelves, where a key of it keeps all of the document."""
        return weight_of(self.text)


def weight_of(text: str) -> int:
    """For how many usual documents it counts where it is remembered: parsed, one of this length takes 100 kB."""
    return 1 + len(text) // 1_000


@dataclass(frozen=True)
class _Passed:
    document: DocumentNode
    operations: dict[str | None, Operation] = field(default_factory=dict[str | None, Operation])


class Documents:
    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self._schema = schema
        self._settings = settings
        self._rules = _RULES if settings.introspection_allowed else [*_RULES, NoSchemaIntrospectionCustomRule]
        self._merging = [_merging(settings.document_comparisons)]
        self._passed: Shelf[_Passed] = Shelf(settings.documents_cached)
        self._held: dict[str, _Passed] = {}

    def prepare(self, text: str, operation_name: str | None) -> Operation:
        """Raise BadDocument for what does not parse, breaks a limit, is not valid or names no operation."""
        return self._operation(self._held.get(text) or self._remembered(text), text, operation_name)

    async def read(self, text: str) -> None:
        """Make it known in several turns of the event loop, none of which takes long; raise BadDocument."""
        if not self.knows(text):
            steps = self._steps(text, self._settings.document_tokens)
            try:
                while True:
                    next(steps)
                    await asyncio.sleep(0)
            except StopIteration as end:
                self._remember(text, end.value)
            await asyncio.sleep(0)

    def knows(self, text: str) -> bool:
        """Whether it passed before and is remembered."""
        return text in self._held or text in self._passed

    def hold(self, text: str) -> list[Operation]:
        """Keep a registered document for ever, however many tokens it has; its operations. Raise BadDocument."""
        passed = self._held[text] = _Passed(self._checked(text, None))
        nodes = [node for node in passed.document.definitions if isinstance(node, OperationDefinitionNode)]
        return [self._operation(passed, text, node.name.value if node.name else None) for node in nodes]

    def _remembered(self, text: str) -> _Passed:
        return self._passed.get(text) or self._remember(text, self._checked(text, self._settings.document_tokens))

    def _remember(self, text: str, document: DocumentNode) -> _Passed:
        passed = _Passed(document)
        self._passed.put(text, passed, weight_of(text))
        return passed

    def _operation(self, passed: _Passed, text: str, operation_name: str | None) -> Operation:
        known = passed.operations.get(operation_name)
        if known is None:
            definition = _operation(passed.document, operation_name)
            name = definition.name.value if definition.name else None
            max_age = max_age_of(self._schema, passed.document, definition)
            known = Operation(
                definition.operation.value,
                text,
                name,
                passed.document,
                definition,
                max_age,
                _introspects(passed.document, definition),
            )
            passed.operations[operation_name] = known
        return known

    def _checked(self, text: str, tokens: int | None) -> DocumentNode:
        steps = self._steps(text, tokens)
        try:
            while True:
                next(steps)
        except StopIteration as end:
            return end.value

    def _steps(self, text: str, tokens: int | None) -> Generator[None, None, DocumentNode]:
        """Parse, judge and validate, with a rest between."""
        if tokens is not None:
            self._ensure_short(text, tokens)
        try:
            document = parse(text, max_tokens=tokens)
            yield
            judge(document, self._settings)
        except GraphQLSyntaxError as error:
            raise BadDocument([_formatted(error, "GRAPHQL_PARSE_FAILED")]) from None
        except GraphQLError as error:
            raise BadDocument([_formatted(error, "QUERY_TOO_COSTLY")]) from None
        except RecursionError:
            raise BadDocument([_error("The document is nested too deeply.", "QUERY_TOO_COSTLY")]) from None
        if not is_storable_document(text, document):
            raise BadDocument([not_text()])
        yield
        most = self._settings.errors_shown
        errors = validate(self._schema, document, self._rules, max_errors=most, hide_suggestions=True)
        yield
        if len(errors) < most:
            errors += validate(self._schema, document, self._merging, max_errors=most, hide_suggestions=True)
        if any(error.message == _ABORTED for error in errors):
            message = "Fields of one name are repeated too often: ask for each of them once."
            raise BadDocument([_error(message, "QUERY_TOO_COSTLY")])
        if errors and not self._settings.introspection_allowed:
            raise BadDocument(closed_document(), _UNFIT)
        if errors:
            raise BadDocument([_formatted(error, "GRAPHQL_VALIDATION_FAILED") for error in errors[:most]], _UNFIT)
        return document

    def _ensure_short(self, text: str, tokens: int) -> None:
        most = self._settings.document_characters
        if len(text) > most:
            message = f"The document has more than {most} characters: send long values as variables."
            raise BadDocument([_error(message, "GRAPHQL_PARSE_FAILED")])
        if has_more_tokens(text, tokens):
            raise BadDocument(
                [
                    _error(
                        f"The document has more than {tokens} tokens: split it, or register it.", "GRAPHQL_PARSE_FAILED"
                    )
                ]
            )


def _merging(most: int) -> type[OverlappingFieldsCanBeMergedRule]:
    """The rule that compares each two fields of one name, with a bound of ours."""

    class Merging(OverlappingFieldsCanBeMergedRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = most

    return Merging


def not_text() -> dict[str, Any]:
    return _error("There are characters that are not text, NUL or half a surrogate pair: leave them out.", "INVALID")


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    wanted = [node for node in found if node.name and node.name.value == name] if name else found
    if len(wanted) == 1:
        return wanted[0]
    message = (
        "There is no operation of this name: give one of the document's as `operationName`."
        if name
        else "Say by `operationName` which operation to run."
    )
    raise BadDocument(
        [
            _error(
                message if found else "The document has no operation: add a query, mutation or subscription.",
                "OPERATION_UNKNOWN",
            )
        ],
        _UNFIT,
    )


def _introspects(document: DocumentNode, definition: OperationDefinitionNode) -> bool:
    try:
        return introspects(document, definition)
    except MixedIntrospection:
        message = "Ask for `__schema` and `__type` in an operation of their own, without data."
        raise BadDocument([_error(message, "QUERY_TOO_COSTLY")]) from None


def _error(message: str, code: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code}}


def shortened(message: str) -> str:
    """Of messages that quote what was sent."""
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"


def _without_python(error: GraphQLError) -> str:
    """A number of 5,000 digits is no number to Python, which says so in its own words."""
    if error.original_error is None or isinstance(error.original_error, GraphQLError):
        return error.message
    return f"{error.message.partition(', but encountered error')[0]}."


def _formatted(error: GraphQLError, code: str) -> dict[str, Any]:
    shown: dict[str, Any] = {**error.formatted}
    shown["message"] = shortened(_without_python(error))
    shown["extensions"] = {"code": code, **(error.extensions or {})}
    return shown
