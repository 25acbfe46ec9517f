"""A post's HTML as Discourse cooked it → Markdown source, HTML and excerpt of ours."""

import re
from textwrap import indent
from typing import Any

import nh3
from bs4 import BeautifulSoup, Tag
from markdownify import MarkdownConverter

from hub.archive.discourse.fields import Misfit
from hub.archive.discourse.tidy import tidy
from hub.text.markdown import Text, excerpt_of
from hub.text.safe_html import TAGS, clean

COOKED_MOST = 200_000
OPENED_MOST = 1_000_000
DEPTH_MOST = 100
STYLES_MOST = 20

# The first pass makes well-formed HTML of anything: Python's own parser takes quadratic time on broken
# HTML (500,000 characters of `<!--`: 75 s). It keeps what Discourse says in classes, for `tidy` to read.
_opener = nh3.Cleaner(
    tags=TAGS | {"article", "aside", "audio", "b", "div", "header", "i", "iframe", "source", "span", "strike", "video"},
    attributes={"*": {"alt", "class", "height", "href", "src", "start", "title", "width"}},
    generic_attribute_prefixes={"data-"},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)

# HTML repeats open styles in each following block, so n of them over m blocks are n * m elements: 60 kB can
# ask for gigabytes. Equal ones count three times at most, hence only those with attributes are counted.
_STYLE = re.compile(
    r'<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/]+(class="[\w\s#+-]*">)?', re.IGNORECASE
)
_TAG = re.compile(r'<(/?)([a-z0-9]+)(?:[^>"]|"[^"]*")*>')
_CHILDLESS = {"br", "hr", "img", "source"}


def read_cooked(cooked: str, site: str | None) -> Text:
    """`site` is the old forum's address, for links that have none."""
    soup = _open(cooked)
    tidy(soup, site)
    html = clean(str(soup)).strip()
    return Text(_converter.convert_soup(soup).strip(), html, excerpt_of(html))


def _open(cooked: str) -> BeautifulSoup:
    if len(cooked) > COOKED_MOST:
        raise Misfit(f"its text is longer than {COOKED_MOST} characters of HTML")
    styles: list[str] = _STYLE.findall(cooked)
    if styles.count("") + len(set(styles)) > STYLES_MOST:
        raise Misfit("its HTML has more styles than a forum gives")
    opened = _opener.clean(cooked)
    if len(opened) > OPENED_MOST:
        raise Misfit("its HTML grows without end")
    _ensure_shallow(opened)
    # The body tag keeps the parser from taking a text that is all link for a file's name, and warning.
    return BeautifulSoup(f"<body>{opened}", "html.parser")


def _ensure_shallow(opened: str) -> None:
    depth = 0
    for end, name in _TAG.findall(opened):
        depth += 0 if name in _CHILDLESS else -1 if end else 1
        if depth > DEPTH_MOST:
            raise Misfit(f"its HTML nests deeper than {DEPTH_MOST}")


# What means something in CommonMark: anywhere, or at the start of a line only.
_MARK = re.compile(r"[\\`*\[\]]|<(?=[a-zA-Z/!?])|&(?=#?\w+;)|~(?=~)|(?<=~)~|(?<![^\W_])_|_(?![^\W_])")
_LINE_MARK = re.compile(r"^(\s*)(#{1,6}(?=\s|$)|[+-](?=[\s-]|$)|[>=])", re.MULTILINE)
_LINE_NUMBER = re.compile(r"^(\s*[0-9]{1,9})([.)])(?=\s|$)", re.MULTILINE)


class _Converter(MarkdownConverter):
    def escape(self, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        """The library escapes either too little, or each `+` of C++."""
        marked = _LINE_MARK.sub(r"\1\\\2", _MARK.sub(r"\\\g<0>", text))
        return _LINE_NUMBER.sub(r"\1\\\2", marked)

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        """The library counts the items before each one, which is quadratic; `tidy` has numbered them."""
        bullet = f"{el['value']}. " if "value" in el.attrs else "- "
        return bullet + indent(text.strip(), " " * len(bullet)).lstrip() + "\n"

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        """The library fences with three backticks even what holds three."""
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 0)
        return f"\n\n{fence}{_language_of(el)}\n{text.strip(chr(10))}\n{fence}\n\n"


def _language_of(pre: Tag) -> str:
    return "".join(str(code["class"]) for code in pre.find_all("code", class_=True)[:1]).removeprefix("language-")


_options: dict[str, Any] = {"heading_style": "atx"}
_converter = _Converter(**_options)
