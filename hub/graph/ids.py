"""Global ids: base64 of `Noun:id`, opaque to clients."""

import base64
import binascii
import re

from hub.refusals import ErrorCode, FieldRefusal

_FORM = re.compile(r"([A-Z][A-Za-z]{1,30}):([1-9][0-9]{0,18})")
_LONGEST = 100


def to_global(noun: str, row_id: int) -> str:
    return base64.b64encode(f"{noun}:{row_id}".encode()).decode()


def from_global(text: str, *nouns: str, argument: str = "id") -> tuple[str, int]:
    """The noun and the row's id; garbage and other nouns than those asked for are refused."""
    try:
        raw = base64.b64decode(text, validate=True).decode("ascii") if len(text) <= _LONGEST else ""
    except (ValueError, binascii.Error):
        raw = ""
    match = _FORM.fullmatch(raw)
    if match is None or int(match[2]) >= 2**63 or (nouns and match[1] not in nouns):
        wanted = f" of {' or '.join(nouns)}" if nouns else ""
        raise FieldRefusal(ErrorCode.INVALID, f"This is no id{wanted}: give one just as the API showed it.", argument)
    return match[1], int(match[2])


def row_id(text: str, noun: str, argument: str) -> int:
    return from_global(text, noun, argument=argument)[1]
