"""A post's HTML as Discourse cooked it, made into Markdown source, HTML and excerpt of ours."""

import re
from textwrap import indent
from typing import Any

from bs4 import Tag
from markdownify import MarkdownConverter

from hub.archive.discourse.opening import open_html
from hub.archive.discourse.tidy import tidy
from hub.text.markdown import Text, excerpt_of
from hub.text.safe_html import clean

# What means something in CommonMark: anywhere, or at the start of a line only.
_MARK = re.compile(
    r"[\\`*\[\]]|<(?=[a-zA-Z/!?])|&(?=#?\w+;)|~(?=~)|(?<=~)~|(?<![^\W_])_|_(?![^\W_])|(?<=\s)#(?=#*\s*$)"
)
_LINE_MARK = re.compile(r"^( *)(#{1,6}(?=\s|$)|[+-](?=[\s-]|$)|[>=])", re.MULTILINE)
_LINE_NUMBER = re.compile(r"^( *[0-9]{1,9})([.)])(?=\s|$)", re.MULTILINE)


def read_cooked(cooked: str, site: str | None) -> Text:
    """`site` is the old forum's address, for links that have none."""
    soup = open_html(cooked)
    tidy(soup, site)
    html = clean(str(soup)).strip()
    return Text(_converter.convert_soup(soup).strip(), html, excerpt_of(html))


class _Converter(MarkdownConverter):
    def escape(self, text: str, parent_tags: set[str]) -> str:
        """The library escapes either too little, or each `+` of C++."""
        marked = _LINE_MARK.sub(r"\1\\\2", _MARK.sub(r"\\\g<0>", text))
        return _LINE_NUMBER.sub(r"\1\\\2", marked)

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """The library counts the items before each one, which is quadratic; `tidy` has numbered them."""
        bullet = f"{el['value']}. " if "value" in el.attrs else "- "
        return bullet + indent(text.strip(), " " * len(bullet)).lstrip() + "\n"

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """The library fences with three backticks even what holds three."""
        fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
        return f"\n\n{fence}{_language_of(el)}\n{text.strip(chr(10))}\n{fence}\n\n"


def _language_of(pre: Tag) -> str:
    return "".join(str(code["class"]) for code in pre.find_all("code", class_=True)[:1]).removeprefix("language-")


_options: dict[str, Any] = {"heading_style": "atx"}
_converter = _Converter(**_options)
