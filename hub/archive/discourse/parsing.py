"""A file's bytes as JSON."""

import re
from typing import Any

import orjson

from hub.archive.discourse.fields import Misfit

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PAIR = rb"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF = rb"u[dD][89a-fA-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"\\(?:" + _PAIR + rb"|(" + _HALF + rb")|.)", re.DOTALL)


def parse(data: bytes) -> Any:
    """Without halves of surrogate pairs; `orjson` refuses a whole file for one. It also refuses depth."""
    data = data.removeprefix(_BYTE_ORDER_MARK)
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return orjson.loads(_ESCAPE.sub(_whole, data))
    except orjson.JSONDecodeError as error:
        raise Misfit(f"is not JSON: {error}") from None


def _whole(escape: re.Match[bytes]) -> bytes:
    return b"" if escape[1] else escape[0]
