"""Markdown to safe HTML and to an excerpt, made once, when it is written."""

import asyncio
import re
from dataclasses import dataclass
from html import unescape

import nh3
from markdown_it import MarkdownIt

from hub.text.safe_html import clean

EXCERPT_CHARS = 500
_QUICK_CHARS = 1_000

# Time grows with the square of what may nest: 20 levels keep the worst 20,000 characters known at a quarter
# of a second, 100 levels at 1.6. What is nested deeper is left out of the HTML; the source keeps it.
_markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable("strikethrough")

_LINES = {"p", "br", "hr", "li", "pre", "td", "th", "summary", "h1", "h2", "h3", "h4", "h5", "h6"}
_own_words = nh3.Cleaner(tags=_LINES, attributes={}, clean_content_tags={"blockquote", "script", "style"})
_all_words = nh3.Cleaner(tags=_LINES, attributes={})
_TAG = re.compile(r"<[^>]*>")


# A line of words that means nothing in Markdown or HTML, as most comments are: it is shown as it is.
_PLAIN = re.compile(r"[^\W\d_](?: ?(?:[^\W_]|[,.;:?!'()-]))*")


@dataclass(frozen=True, slots=True)
class Text:
    """`html` is safe to show; `excerpt` is plain text, not HTML, of at most 500 characters."""

    source: str
    html: str
    excerpt: str


def render(source: str) -> Text:
    if _PLAIN.fullmatch(source):
        return Text(source, f"<p>{source}</p>\n", cut(source, EXCERPT_CHARS))
    html = clean(_markdown.render(source))
    return Text(source, html, excerpt_of(html))


async def render_aside(source: str) -> Text:
    """As `render`, for use on an event loop: in a thread when the worst of that length could hold it for 50 ms."""
    return render(source) if len(source) <= _QUICK_CHARS else await asyncio.to_thread(render, source)


def excerpt_of(html: str) -> str:
    """What the author says; the words of quotes only where there are no others."""
    return cut(_words(_own_words, html) or _words(_all_words, html), EXCERPT_CHARS)


def _words(cleaner: nh3.Cleaner, html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", cleaner.clean(html))).split())


def cut(excerpt: str, chars: int) -> str:
    """At most `chars` characters, ellipsis included; a first word that is longer is cut inside."""
    room = max(chars, 0)
    if len(excerpt) <= room:
        return excerpt
    kept = excerpt[:room][:-1]
    if not excerpt[len(kept)].isspace():
        kept = kept.rpartition(" ")[0] or kept
    return (kept.rstrip() + "…")[:room]
