"""Texts before they are parsed: how many tokens they have, and whether there are characters that are no text: NUL,
which PostgreSQL does not store, and lone surrogates, which no encoder takes.
"""

import re
from typing import Any, cast

from graphql import DocumentNode, StringValueNode, Visitor, visit

_UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")
# Of GraphQL, section 2.1: strings, comments (which are no tokens), dots, names and numbers, other signs one by one.
# A string without an end goes on to the end of all: else each of its quotes would be looked at again from there.
_TOKEN = re.compile(
    r'''"""(?:\\"""|[^"]|"(?!""))*+(?:"""|\Z)|"(?:\\.|[^"\\\n\r])*+"?|\.\.\.|[A-Za-z_]\w*+|'''
    r"""-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|(?P<comment>\#[^\n\r]*+)|[^\s,\ufeff]"""
)
_WRITTEN_NUL = re.compile(r"\0|\\u0000|\\u\{0")


def has_more_tokens(text: str, most: int) -> bool:
    """Whether a document has; in a hundredth of the time that parsing takes. Of what does not parse, roughly."""
    if len(text) <= most:
        return False
    count = 0
    for token in _TOKEN.finditer(text):
        if token.lastgroup is None:
            count += 1
            if count > most:
                return True
    return False


def is_storable(value: object) -> bool:
    """Whether all texts inside a JSON value are; of any depth."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if _UNSTORABLE.search(one):
                return False
        elif isinstance(one, dict):
            waiting.extend(cast("dict[str, object]", one).values())
        elif isinstance(one, list):
            waiting.extend(cast("list[object]", one))
    return True


def is_storable_document(text: str, document: DocumentNode) -> bool:
    """Whether all strings written in it are; lone surrogates do not parse."""
    if not _WRITTEN_NUL.search(text):
        return True
    finder = _Finder()
    visit(document, finder)
    return not finder.found


class _Finder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        self.found = self.found or "\0" in node.value
