"""The id under which a client, our answer and our log speak of the same request."""

import re
from collections.abc import Mapping
from random import getrandbits

SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id_of(headers: Mapping[str, str]) -> str:
    """The client's own id if it is harmless in a log and a header, else a new one."""
    given = headers.get("x-request-id", "")
    return given if SANE.fullmatch(given) else f"{getrandbits(96):024x}"
