"""Plain input: what a text must be before anything is made of it."""

import re
from itertools import groupby
from unicodedata import category, combining, normalize

from hub.refusals import ErrorCode, FieldRefusal

_UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*\n)+")
_INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Zs"}
_MARKS_MOST = 30

_SLUG_CHARS = 80
_SPELLED = str.maketrans({"æ": "ae", "ð": "d", "ø": "o", "þ": "th", "đ": "d", "ł": "l", "œ": "oe"})


def ensure_text(value: str, *path: str, least: int, most: int) -> str:
    """The text as stored: NFC, lines ended by LF, no spaces or blank lines around it.

    Of several lines the first keeps its indentation, which means something in Markdown.
    """
    if _UNSTORABLE.search(value):
        raise FieldRefusal(ErrorCode.INVALID, "This has characters that are not text: leave them out.", *path)
    text = _trimmed(value.replace("\r\n", "\n").replace("\r", "\n"))
    _ensure_short(text, path, least, most)
    text = _normal(text, path)
    _ensure_short(text, path, least, most)
    if least > 0 and is_blank(text):
        raise FieldRefusal(ErrorCode.REQUIRED, "This is empty: write something.", *path, least=least, most=most)
    if len(text) < least:
        message = f"This is shorter than {least} characters: write more."
        raise FieldRefusal(ErrorCode.TOO_SHORT, message, *path, least=least, most=most)
    return text


def ensure_line(value: str, *path: str, least: int, most: int) -> str:
    """A text of one line: a title, a name. Any run of white space in it becomes one space."""
    return ensure_text(" ".join(value.split()), *path, least=least, most=most)


def is_blank(text: str) -> bool:
    """Nothing to see: empty, spaces, or signs of no width."""
    return all(category(char) in _INVISIBLE for char in text)


def _trimmed(text: str) -> str:
    bare = text.strip()
    return bare if "\n" not in bare else _BLANK_LINES.sub("", text).rstrip()


def _ensure_short(text: str, path: tuple[str, ...], least: int, most: int) -> None:
    if len(text) > most:
        message = f"This is longer than {most} characters: shorten it."
        raise FieldRefusal(ErrorCode.TOO_LONG, message, *path, least=least, most=most)


def _normal(text: str, path: tuple[str, ...]) -> str:
    if text.isascii():
        return text
    # Normalising sorts the marks on a letter in quadratic time: 20,000 of them block for 0.4 s.
    if any(marks and sum(1 for _ in run) > _MARKS_MOST for marks, run in groupby(text, _is_mark)):
        raise FieldRefusal(ErrorCode.INVALID, "This stacks too many marks on one letter: take some away.", *path)
    return normalize("NFC", text)


def _is_mark(char: str) -> bool:
    return combining(char) > 0


def slug_of(title: str) -> str:
    """ASCII words joined by dashes, 80 characters at most, never empty."""
    letters = normalize("NFKD", title[: _SLUG_CHARS * 2].casefold().translate(_SPELLED))
    words = re.sub(r"[^a-z0-9]+", "-", letters.encode("ascii", "ignore").decode())
    return words[:_SLUG_CHARS].strip("-") or "thread"
