"""Discourse's own ways in HTML made plain: emoji, mentions, quotes, previews, players, pictures, code.

A class or a name picks what is done with a tag. One that an earlier one took away is left alone.
"""

import re
from collections.abc import Callable

from bs4 import BeautifulSoup, Tag

from hub.archive.discourse.emoji import sign_of
from hub.archive.discourse.links import link, picture, player, point, preview, value_of, video

_LANGUAGE = re.compile(r"lang(?:uage)?-([\w+#.-]{1,30})")
_NO_LANGUAGE = {"auto", "nohighlight", "none", "plaintext", "text"}


def tidy(soup: BeautifulSoup, site: str | None) -> None:
    tags = soup.find_all(True)
    for tag in tags:
        point(tag, site)
    for tag in tags:
        if not tag.decomposed:
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
    img.replace_with(sign_of(value_of(img, "alt") or value_of(img, "title")))


def _quote(aside: Tag) -> None:
    """Who is quoted becomes the first line of the quote."""
    title, words = aside.select_one("div.title"), aside.find("blockquote")
    if title and words:
        for face in title.find_all("img"):
            face.decompose()
        title.name = "p"
        words.insert(0, title.extract())
    aside.unwrap()


def _lightbox(wrapped: Tag) -> None:
    link(wrapped)
    for label in wrapped.select("div.meta"):
        label.decompose()


def _code(code: Tag) -> None:
    known = _LANGUAGE.search(value_of(code, "class"))
    del code["class"]
    if known and known[1] not in _NO_LANGUAGE:
        code["class"] = f"language-{known[1]}"
    if not code.find_parent("pre"):
        _join_lines(code)


def _join_lines(code: Tag) -> None:
    """Code within a line shows a break as a space; in Markdown the next line could start a quote or a list."""
    for words in code.find_all(string=True):
        words.replace_with(words.replace("\n", " "))


def _paragraph(tag: Tag) -> None:
    """HTML's own parser leaves empty ones round each block that Discourse put into a paragraph."""
    if not tag.contents:
        tag.decompose()


def _number(items: Tag) -> None:
    start = value_of(items, "start")
    first = int(start) if re.fullmatch("[0-9]{1,9}", start) else 1
    for number, item in enumerate(items.find_all("li", recursive=False), first):
        item["value"] = str(number)


_STEPS: dict[str, Callable[[Tag], None]] = {
    "a": link,
    "a.badge-wrapper": _drop,
    "a.hashtag": _unwrap,
    "a.hashtag-cooked": _unwrap,
    "a.lightbox": _lightbox,
    "a.mention": _unwrap,
    "a.mention-group": _unwrap,
    "aside.onebox": preview,
    "aside.quote": _quote,
    "audio": player,
    "b": _renamed("strong"),
    "code": _code,
    "div.lazyYT": video,
    "div.lazy-video-container": video,
    "div.lightbox-wrapper": _unwrap,
    "div.poll-buttons": _drop,
    "div.poll-info": _drop,
    "div.quote-controls": _drop,
    "i": _renamed("em"),
    "iframe": player,
    "img": picture,
    "img.avatar": _drop,
    "img.emoji": _emoji,
    "ol": _number,
    "p": _paragraph,
    "span.bbcode-b": _renamed("strong"),
    "span.bbcode-i": _renamed("em"),
    "span.bbcode-s": _renamed("s"),
    "span.bbcode-u": _renamed("u"),
    "strike": _renamed("s"),
    "video": player,
}
