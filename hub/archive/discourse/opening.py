"""Strange HTML made well-formed, of bounded size and depth, before any other code sees it."""

import re

import nh3
from bs4 import BeautifulSoup

from hub.archive.discourse.fields import Misfit
from hub.text.safe_html import TAGS, URL_SCHEMES

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
    url_schemes=URL_SCHEMES,
    link_rel=None,
)

# HTML repeats open styles in each following block, so n of them over m blocks are n * m elements: 60 kB can
# ask for gigabytes. Equal ones count three times at most, hence only those with attributes are counted.
_STYLE = re.compile(
    r'<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/]+(class="[\w\s#+-]*">)?', re.IGNORECASE
)
_TAG = re.compile(r'<(/?)([a-z0-9]+)(?:[^>"]|"[^"]*")*>')
_CHILDLESS = {"br", "hr", "img", "source"}


def open_html(cooked: str) -> BeautifulSoup:
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
