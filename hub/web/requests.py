"""A GraphQL request out of untrusted JSON; HTTP bodies, addresses and socket messages share it."""

import re
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl

import orjson

from hub.graph.persisted import Named
from hub.web.errors import Malformed, TransportCode

MOST_NESTED = 64
MOST_VALUES = 10_000
MOST_PARAMETERS = 20
PARAMETERS = frozenset({"query", "operationName", "variables", "extensions", "documentId", "doc_id"})
LONGEST_ID = 200
_SHA_256 = re.compile("[0-9a-f]{64}")


@dataclass(slots=True)
class GraphQLRequest:
    query: str
    operation_name: str | None
    variables: dict[str, Any]
    named: Named | None = None
    """The document's id, in place of the query or beside it."""


def from_body(body: bytes) -> GraphQLRequest:
    value = decode(body)
    if isinstance(value, list):
        raise Malformed(
            "Send one operation in each request: batches are not taken.", TransportCode.BATCHING_NOT_SUPPORTED
        )
    return from_json(value, harmless=is_harmless(body))


def from_address(query_string: bytes) -> GraphQLRequest:
    """The GET form: `variables` and `extensions` are JSON texts."""
    parameters = single_parameters(query_string)
    for name in ("variables", "extensions"):
        if name in parameters:
            parameters[name] = decode(parameters[name].encode())
    return from_json(parameters)


def from_json(value: object, *, harmless: bool = False) -> GraphQLRequest:
    """Raises `Malformed`. Unknown keys are tolerated: clients add their own."""
    if not isinstance(value, dict):
        raise Malformed("The request must be a JSON object with a `query`.")
    request = cast("dict[str, Any]", value)
    if not harmless:
        refuse_traps(request)
    query = request.get("query")
    named = document_named(request, optional_object(request, "extensions"))
    if query is None and named is not None:
        query = ""
    if not isinstance(query, str):
        raise Malformed("`query` must be a string with a GraphQL document.")
    if query and named is not None and not named.hashed:
        raise Malformed("Send `query`, or the id of a document, not both.")
    operation_name, variables = optional_string(request, "operationName"), optional_object(request, "variables")
    return GraphQLRequest(query, operation_name, variables, named)


def document_named(request: dict[str, Any], extensions: dict[str, Any]) -> Named | None:
    """In the spelling of GraphQL over HTTP, of Relay or of Apollo."""
    given = optional_string(request, "documentId") or optional_string(request, "doc_id")
    if given is None and "persistedQuery" in extensions:
        apollo = optional_object(extensions, "persistedQuery")
        given = f"sha256:{optional_string(apollo, 'sha256Hash') or ''}"
        if apollo.get("version") != 1 or not _SHA_256.fullmatch(given.removeprefix("sha256:")):
            raise Malformed("`persistedQuery` must have `version` 1 and a `sha256Hash` of 64 hexadecimal digits.")
    if given is None:
        return None
    if len(given) > LONGEST_ID:
        raise Malformed(f"The id of a document has up to {LONGEST_ID} characters.")
    plain = given.removeprefix("sha256:")
    return Named(plain, hashed=plain != given and _SHA_256.fullmatch(plain) is not None)


def decode(text: bytes | str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as broken:
        # Of orjson's words only the position: some quote the input.
        raise Malformed(f"Not readable as JSON in UTF-8, at character {broken.pos}.") from None


def is_harmless(text: bytes) -> bool:
    """Whether JSON is too short and too flat to be a trap; most is, and need not be walked."""
    return len(text) < MOST_VALUES and text.count(b"{") + text.count(b"[") < MOST_NESTED and b"\\u0000" not in text


def refuse_traps(value: object) -> None:
    """NUL, which no PostgreSQL text can hold, and what would exhaust whoever walks it: deep nesting, and values without
    number."""
    level: list[object] = [value]
    count = 0
    for _ in range(MOST_NESTED):
        count += len(level)
        if count > MOST_VALUES:
            raise Malformed(f"JSON may hold {MOST_VALUES} names and values: send less at once.")
        level = [child for parent in level for child in children(parent)]
        if not level:
            return
    raise Malformed(f"JSON may be nested {MOST_NESTED} levels deep.")


def children(value: object) -> list[object]:
    if isinstance(value, str):
        if "\0" in value:
            raise Malformed("The character NUL is not taken.")
        return []
    if isinstance(value, dict):
        entries = cast("dict[str, object]", value)
        return [*entries, *entries.values()]
    return cast("list[object]", value) if isinstance(value, list) else []


def single_parameters(query_string: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except ValueError:
        raise Malformed("Not readable as parameters in UTF-8.") from None
    ours = [(name, value) for name, value in pairs if name in PARAMETERS]
    if len(dict(ours)) < len(ours):
        raise Malformed("Each parameter may be given once.")
    return {name: value for name, value in ours if value or name == "query"}


def optional_string(request: dict[str, Any], name: str) -> str | None:
    value = request.get(name)
    if value is not None and not isinstance(value, str):
        raise Malformed(f"`{name}` must be a string.")
    return value


def optional_object(request: dict[str, Any], name: str) -> dict[str, Any]:
    value = request.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"`{name}` must be an object.")
    return cast("dict[str, Any]", value)
