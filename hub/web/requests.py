"""A GraphQL request out of untrusted JSON; HTTP bodies, addresses and socket messages share it."""

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl

import orjson

from hub.web.errors import Malformed, TransportCode

MOST_NESTED = 64
MOST_PARAMETERS = 20
PARAMETERS = frozenset({"query", "operationName", "variables", "extensions"})


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    query: str
    operation_name: str | None
    variables: dict[str, Any]


def from_body(body: bytes) -> GraphQLRequest:
    value = decode(body)
    if isinstance(value, list):
        raise Malformed(
            "Send one operation in each request: batches are not taken.", TransportCode.BATCHING_NOT_SUPPORTED
        )
    return from_json(value)


def from_address(query_string: bytes) -> GraphQLRequest:
    """The GET form: `variables` and `extensions` are JSON texts."""
    parameters = single_parameters(query_string)
    for name in ("variables", "extensions"):
        if name in parameters:
            parameters[name] = decode(parameters[name].encode())
    return from_json(parameters)


def from_json(value: object) -> GraphQLRequest:
    """Raises `Malformed`. Unknown keys are tolerated: clients add their own."""
    if not isinstance(value, dict):
        raise Malformed("The request must be a JSON object with a `query`.")
    request = cast("dict[str, Any]", value)
    refuse_traps(request)
    query = request.get("query")
    if not isinstance(query, str):
        raise Malformed("`query` must be a string with a GraphQL document.")
    optional_object(request, "extensions")
    return GraphQLRequest(query, optional_string(request, "operationName"), optional_object(request, "variables"))


def decode(text: bytes | str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as broken:
        # Of orjson's words only the position: some quote the input.
        raise Malformed(f"Not readable as JSON in UTF-8, at character {broken.pos}.") from None


def refuse_traps(value: object) -> None:
    """NUL, which no PostgreSQL text can hold, and nesting that would exhaust whoever walks it recursively."""
    level: list[object] = [value]
    for _ in range(MOST_NESTED):
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
