"""The messages of `graphql-transport-ws`: untrusted text to typed messages, and ours to text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson

from hub.web.errors import Malformed
from hub.web.requests import decode

SUBPROTOCOL = "graphql-transport-ws"
LONGEST_ID = 256
NAMES = frozenset({"documentId", "doc_id"})

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Init:
    payload: Json


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`payload` is judged by whoever starts it: a bad one fails its own id, not the socket."""

    id: str
    payload: Json


@dataclass(frozen=True, slots=True)
class Complete:
    id: str


@dataclass(frozen=True, slots=True)
class Ping:
    payload: Json | None


@dataclass(frozen=True, slots=True)
class Pong:
    pass


Message = Init | Subscribe | Complete | Ping | Pong


def parsed(text: str) -> Message:
    """Raises `Malformed`. Unknown keys are tolerated."""
    value = decode(text)
    if not isinstance(value, dict):
        raise Malformed("A message must be a JSON object.")
    message = cast("dict[str, Any]", value)
    match message.get("type"):
        case "connection_init":
            return Init(payload_of(message) or {})
        case "subscribe":
            return Subscribe(id_of(message), subscription_of(message))
        case "complete":
            return Complete(id_of(message))
        case "ping":
            return Ping(payload_of(message))
        case "pong":
            payload_of(message)
            return Pong()
        case _:
            raise Malformed("Unknown type of message.")


def id_of(message: Json) -> str:
    given = message.get("id")
    if not isinstance(given, str) or not 0 < len(given) <= LONGEST_ID:
        raise Malformed(f"`id` must be a string of 1 to {LONGEST_ID} characters.")
    return given


def payload_of(message: Json) -> Json | None:
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise Malformed("`payload` must be an object.")
    return cast("dict[str, Any] | None", payload)


def subscription_of(message: Json) -> Json:
    """`query` may be left out where the document is named; whether it may be what it is, is judged later."""
    payload = payload_of(message)
    if payload is None or (not isinstance(payload.get("query"), str) and not names_document(payload)):
        raise Malformed("`payload.query` must be a string with a GraphQL document.")
    for name, kind in (("operationName", str), ("variables", dict), ("extensions", dict)):
        if not isinstance(payload.get(name), kind | None):
            raise Malformed(f"`payload.{name}` has the wrong type.")
    return payload


def names_document(payload: Json) -> bool:
    extensions = payload.get("extensions")
    hashed = isinstance(extensions, dict) and "persistedQuery" in extensions
    return payload.get("query") is None and (hashed or not NAMES.isdisjoint(payload))


def authorization_of(init: Init) -> list[str]:
    """What the client says under `Authorization`, however it spells that; null is nothing."""
    given = [value for key, value in init.payload.items() if key.lower() == "authorization" and value is not None]
    if not all(isinstance(value, str) for value in given):
        raise Malformed("`payload.Authorization` must be a string.")
    return given


def frame(kind: str, *, id: str | None = None, payload: object = None) -> bytes:
    message: dict[str, object] = {"type": kind}
    if id is not None:
        message["id"] = id
    if payload is not None:
        message["payload"] = payload
    return orjson.dumps(message)


def head_of_next(operation_id: str) -> bytes:
    """What comes before an encoded body in its `next` frame; a brace comes after."""
    return b'{"type":"next","id":' + orjson.dumps(operation_id) + b',"payload":'
