"""Who is mentioned in a Markdown text: `@handle` in its own words, not in code, links or quotes."""

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

MOST = 20
"""Mentions of one text that count; those beyond are words."""

# What stands before must end a word, else an address of mail would mention. A full stop at the end is the sentence's.
_MENTION = re.compile(r"(?<![\w@/.+-])@([a-z0-9](?:[a-z0-9_.-]{0,28}[a-z0-9])?)(?![\w@])", re.IGNORECASE | re.ASCII)
_markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})


def mentioned(source: str) -> list[str]:
    """The first handles, casefolded, each once, in the order of the text; whether anybody has them is not known."""
    if "@" not in source:
        return []
    found: dict[str, None] = {}
    quoted = 0
    for block in _markdown.parse(source):
        quoted += block.nesting if block.type.startswith("blockquote") else 0
        if block.type == "inline" and not quoted:
            found.update(dict.fromkeys(_in_line(block.children or [])))
    return list(found)[:MOST]


def _in_line(tokens: list[Token]) -> list[str]:
    found: list[str] = []
    linked = 0
    for token in tokens:
        linked += token.nesting if token.type.startswith("link") else 0
        if token.type == "text" and not linked:
            found += [match[1].casefold() for match in _MENTION.finditer(token.content)]
    return found
