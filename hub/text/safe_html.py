"""The one gate for HTML: what may stand in it, whoever wrote it."""

import re

import nh3

TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "details", "summary"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
    *("a", "img", "code", "em", "strong", "s", "del", "u", "sub", "sup", "kbd"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
}
URL_SCHEMES = {"http", "https", "mailto"}

# Patterns rather than sets, and the reason why an attribute filter in Python is worth its microseconds.
_VALUES = {
    "class": re.compile(r"language-[\w+#.-]{1,30}"),
    "src": re.compile(r"https?://.+", re.IGNORECASE | re.DOTALL),
    "start": re.compile(r"[0-9]{1,9}"),
    "width": re.compile(r"[0-9]{1,4}"),
    "height": re.compile(r"[0-9]{1,4}"),
}


def _fitting(_tag: str, attribute: str, value: str) -> str | None:
    pattern = _VALUES.get(attribute)
    return value if pattern is None or pattern.fullmatch(value) else None


_gate = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    attribute_filter=_fitting,
    url_schemes=URL_SCHEMES,
    link_rel="nofollow ugc noopener",
    # A picture from elsewhere must not learn which page its reader is on. One attribute only: nh3 writes
    # several in an order that differs from process to process, and with it the hash of a frozen page.
    set_tag_attribute_values={"img": {"referrerpolicy": "no-referrer"}},
)


def clean(html: str) -> str:
    return _gate.clean(html)
