"""Discourse's own ways in HTML made plain: emoji, mentions, quotes, previews, players, pictures, code.

One walk over all tags; a class or a name picks what is done. A tag that an earlier one took away is left alone.
"""

import re
from collections.abc import Callable
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag

from hub.archive.discourse.emoji import sign_of

# In Markdown these would end the address, or the label.
_IN_ADDRESS = str.maketrans({" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E"})
_IN_LABEL = re.compile(r"[\[\]\\`]")
_LANGUAGE = re.compile(r"lang(?:uage)?-([\w+#.-]{1,30})")
_NO_LANGUAGE = {"auto", "nohighlight", "none", "plaintext", "text"}


def tidy(soup: BeautifulSoup, site: str | None) -> None:
    for tag in soup.find_all(True):
        if not tag.decomposed:
            _point(tag, site)
            keys = [*(f"{tag.name}.{name}" for name in tag.get_attribute_list("class")), tag.name]
            if step := next((_STEPS[key] for key in keys if key in _STEPS), None):
                step(tag)


def _drop(tag: Tag) -> None:
    tag.decompose()


def _unwrap(tag: Tag) -> None:
    tag.unwrap()


def _renamed(name: str) -> Callable[[Tag], None]:
    def rename(tag: Tag) -> None:
        tag.name = name

    return rename


def _emoji(img: Tag) -> None:
    img.replace_with(sign_of(_value(img, "alt") or _value(img, "title")))


def _quote(aside: Tag) -> None:
    """Who is quoted becomes the first line of the quote."""
    title, words = aside.select_one("div.title"), aside.find("blockquote")
    if title and words:
        for picture in title.find_all("img"):
            picture.decompose()
        title.name = "p"
        words.insert(0, title.extract())
    aside.unwrap()


def _preview(aside: Tag) -> None:
    """A onebox stands for a bare link; what it shows of the other site is not the author's."""
    address = _value(aside, "data-onebox-src") or _value(aside.find("a", href=True), "href")
    heading = aside.find(["h3", "h4"])
    if address:
        _become_link(aside, address, heading.get_text(" ", strip=True) if heading else "")
    else:
        aside.unwrap()


def _video(div: Tag) -> None:
    key, link = _value(div, "data-youtube-id"), div.find("a", href=True)
    address = f"https://www.youtube.com/watch?v={key}" if key else _value(link, "href")
    if address:
        _become_link(div, address, _value(div, "data-youtube-title") or _value(div, "data-video-title"))


def _player(tag: Tag) -> None:
    address = _value(tag, "src") or _value(tag.find("source", src=True), "src")
    if address:
        _become_link(tag, address, _value(tag, "title"))
    else:
        tag.decompose()


def _lightbox(link: Tag) -> None:
    _link(link)
    for label in link.select("div.meta"):
        label.decompose()


def _code(code: Tag) -> None:
    known = _LANGUAGE.search(_value(code, "class"))
    del code["class"]
    if known and known[1] not in _NO_LANGUAGE:
        code["class"] = f"language-{known[1]}"


def _paragraph(tag: Tag) -> None:
    """HTML's own parser leaves empty ones round each block that Discourse put into a paragraph."""
    if not tag.contents:
        tag.decompose()


def _number(items: Tag) -> None:
    start = _value(items, "start")
    first = int(start) if re.fullmatch("[0-9]{1,9}", start) else 1
    for number, item in enumerate(items.find_all("li", recursive=False), first):
        item["value"] = str(number)


def _link(link: Tag) -> None:
    """Links into the page itself lead nowhere: its ids do not pass the gate."""
    del link["title"]
    if not _value(link, "href") or _value(link, "href").startswith("#"):
        link.unwrap()


def _picture(img: Tag) -> None:
    del img["title"]
    if not _value(img, "src"):
        img.decompose()
    else:
        img["alt"] = " ".join(_IN_LABEL.sub(" ", _value(img, "alt")).split())


def _point(tag: Tag, site: str | None) -> None:
    for key in ("href", "src"):
        if address := _value(tag, key):
            tag[key] = _absolute(address, site).translate(_IN_ADDRESS)


def _absolute(address: str, site: str | None) -> str:
    if address.startswith("#"):
        return address
    try:
        return urljoin(f"{site}/" if site else "", f"https:{address}" if address.startswith("//") else address)
    except ValueError:
        return address


def _become_link(tag: Tag, address: str, label: str) -> None:
    tag.clear(decompose=True)
    tag.name, tag.attrs = "a", {"href": address.translate(_IN_ADDRESS)}
    tag.string = label or address
    if tag.parent and tag.parent.name in {"body", "blockquote", "div", "details"}:
        tag.wrap(Tag(name="p"))


def _value(tag: Tag | None, key: str) -> str:
    return " ".join(map(str, tag.get_attribute_list(key))) if tag and tag.has_attr(key) else ""


_STEPS: dict[str, Callable[[Tag], None]] = {
    "a": _link,
    "a.badge-wrapper": _drop,
    "a.hashtag": _unwrap,
    "a.hashtag-cooked": _unwrap,
    "a.lightbox": _lightbox,
    "a.mention": _unwrap,
    "a.mention-group": _unwrap,
    "aside.onebox": _preview,
    "aside.quote": _quote,
    "audio": _player,
    "b": _renamed("strong"),
    "code": _code,
    "div.lazyYT": _video,
    "div.lazy-video-container": _video,
    "div.lightbox-wrapper": _unwrap,
    "div.poll-buttons": _drop,
    "div.poll-info": _drop,
    "div.quote-controls": _drop,
    "i": _renamed("em"),
    "iframe": _player,
    "img": _picture,
    "img.avatar": _drop,
    "img.emoji": _emoji,
    "ol": _number,
    "p": _paragraph,
    "span.bbcode-b": _renamed("strong"),
    "span.bbcode-i": _renamed("em"),
    "span.bbcode-s": _renamed("s"),
    "span.bbcode-u": _renamed("u"),
    "strike": _renamed("s"),
    "video": _player,
}
