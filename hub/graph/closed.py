"""What a hub whose schema is closed says of documents and variables that do not fit it: that, and no more.

graphql-core's messages name types, arguments and fields that the document did not, and say which of many guesses was
right: whoever guesses names collects a schema by them, without introspection.
"""

from typing import Any

_DOCUMENT = (
    "The document does not fit this API's schema. Introspection is off here, so what is wrong is not told: validate it"
    " against the schema.graphql of the hub's version, or run it on a hub in development mode."
)
_VARIABLES = (
    "The variables do not fit the operation. Introspection is off here, so what is wrong is not told: compare them with"
    " the input types in the schema.graphql of the hub's version."
)


def closed_document() -> list[dict[str, Any]]:
    """In place of all errors of validation; without their places, which tell the right guesses from the wrong ones."""
    return [{"message": _DOCUMENT, "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]


def closed_variables() -> list[dict[str, Any]]:
    return [{"message": _VARIABLES, "extensions": {"code": "INVALID"}}]
