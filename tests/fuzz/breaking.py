"""Requests that were whole and are so no more: texts, variables and bodies damaged at random."""

from collections.abc import Callable
from random import Random
from typing import Any

import orjson

from tests.documents import Document

_STRANGE = (
    *(
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "{" * 60,
        "[" * 60,
        "...",
        "... on",
        "@skip",
        "@include(if: 1)",
        "$",
        "$a",
        ":",
        "!",
    ),
    *('"', '"""', "\\", "\\u0000", "\\ud800", "\0", "\ufeff", "\u2028", "#", ",", "|", "&", "=", "query", "mutation"),
    *(
        "fragment F on Query { ...F }",
        "...F",
        "__schema { types { name } }",
        "__typename",
        "null",
        "true",
        "-0",
        "1e999",
    ),
    *("9" * 400, "-9223372036854775809", "9007199254740993", "0.1", "é", "🦉", " ' or 1=1 --", "%s %n {0} {x!r}", "\r"),
)
_JUNK: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 2**31, 2**53, -(2**63), 1.5, 1e300, "", "0", "null", "é🦉", "\x7f\u2028", "a" * 3000),
    *(
        [],
        [[]],
        [None],
        {},
        {"id": {}},
        [[[[1]]]],
        {"": ""},
        {"__proto__": 1},
        "VXNlcjow",
        "VXNlcjotMQ==",
        "=",
        "\ud7ff",
    ),
)


def broken_text(text: str, random: Random) -> str:
    """One to three places of it are cut out, doubled, put in, changed, or all is cut off there."""
    for _ in range(random.randint(1, 3)):
        text = _damaged(text, random)
    return text


def _damaged(text: str, random: Random) -> str:
    start = random.randint(0, len(text))
    stop = min(len(text), start + random.randint(1, 12))
    before, piece, after = text[:start], text[start:stop], text[stop:]
    strange = random.choice(_STRANGE)
    return random.choice(
        (
            before + after,
            before + piece + piece + after,
            before + strange + piece + after,
            before + strange + after,
            before,
        )
    )


def broken_variables(variables: dict[str, Any], random: Random) -> dict[str, Any]:
    """Values of other kinds, values left out, and values that nobody asked for."""
    damaged = {name: _junk(value, random) for name, value in variables.items() if random.random() < 0.9}
    return damaged | ({"more": random.choice(_JUNK)} if random.random() < 0.2 else {})


def broken_body(document: Document, random: Random) -> bytes:
    body = orjson.dumps({"query": document.text, "variables": document.variables})
    start = random.randint(0, len(body))
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: body[:start],
        lambda: body[:start] + bytes([random.randint(0, 255)]) + body[start + 1 :],
        lambda: (
            body[:start] + random.choice((b"\xff", b"\x00", b"[" * 2000, b"{", b'"', b"\xed\xa0\x80")) + body[start:]
        ),
        lambda: orjson.dumps(random.choice(_JUNK)),
        lambda: orjson.dumps({"query": random.choice(_JUNK), "variables": random.choice(_JUNK)}),
        lambda: orjson.dumps({"query": document.text, "operationName": random.choice(_JUNK), "extensions": 1}),
    )
    return random.choice(ways)()


def _junk(value: Any, random: Random) -> Any:
    if isinstance(value, dict) and random.random() < 0.8:
        return {name: _junk(inner, random) for name, inner in value.items() if random.random() < 0.95}
    return random.choice(_JUNK) if random.random() < 0.4 else value
