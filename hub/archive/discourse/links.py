"""Links of a post: whole addresses, and plain links for what Discourse shows as a preview or a player."""

import re
from urllib.parse import urljoin

from bs4 import Tag

# In Markdown these would end the address, or the label.
_IN_ADDRESS = str.maketrans({" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E"})
_IN_LABEL = re.compile(r"[\[\]\\`]")
_BLOCKS = {"body", "blockquote", "details", "div", "li"}


def point(tag: Tag, site: str | None) -> None:
    for key in ("href", "src"):
        if address := value_of(tag, key):
            tag[key] = _absolute(address, site).translate(_IN_ADDRESS)


def link(a: Tag) -> None:
    """Links into the page itself lead nowhere: its ids do not pass the gate."""
    del a["title"]
    if not value_of(a, "href") or value_of(a, "href").startswith("#"):
        a.unwrap()


def picture(img: Tag) -> None:
    del img["title"]
    if not value_of(img, "src"):
        img.decompose()
    else:
        img["alt"] = " ".join(_IN_LABEL.sub(" ", value_of(img, "alt")).split())


def preview(aside: Tag) -> None:
    """A onebox stands for a bare link; what it shows of the other site is not the author's."""
    address = value_of(aside.find("a", href=True), "href")
    heading = aside.find(["h3", "h4"])
    if address:
        _become_link(aside, address, heading.get_text(" ", strip=True) if heading else "")
    else:
        aside.unwrap()


def video(div: Tag) -> None:
    key = value_of(div, "data-youtube-id")
    address = f"https://www.youtube.com/watch?v={key}" if key else value_of(div.find("a", href=True), "href")
    if address:
        _become_link(div, address, value_of(div, "data-youtube-title") or value_of(div, "data-video-title"))


def player(tag: Tag) -> None:
    address = value_of(tag, "src") or value_of(tag.find("source", src=True), "src")
    if address:
        _become_link(tag, address, value_of(tag, "title"))
    else:
        tag.decompose()


def _become_link(tag: Tag, address: str, label: str) -> None:
    tag.clear(decompose=True)
    tag.name, tag.attrs = "a", {"href": address.translate(_IN_ADDRESS)}
    tag.string = label or address
    if tag.parent and tag.parent.name in _BLOCKS:
        tag.wrap(Tag(name="p"))


def _absolute(address: str, site: str | None) -> str:
    if address.startswith("#"):
        return address
    try:
        return urljoin(f"{site}/" if site else "", f"https:{address}" if address.startswith("//") else address)
    except ValueError:
        return address


def value_of(tag: Tag | None, key: str) -> str:
    return " ".join(map(str, tag.get_attribute_list(key))) if tag and tag.has_attr(key) else ""
