"""The bearer token, out of a header or a socket's first message. Never out of an address: those are logged."""

import re
from collections.abc import Sequence

from hub.refusals import ErrorCode, Refusal

BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]{1,4096}=*)", re.IGNORECASE)


def token_of(authorization: Sequence[str]) -> str | None:
    """None for nobody, who may say so by an empty header; a refusal for what is no `Bearer TOKEN` or is said twice."""
    if not authorization or (len(authorization) == 1 and not authorization[0].strip()):
        return None
    match = BEARER.fullmatch(authorization[0].strip())
    if len(authorization) > 1 or match is None:
        raise Refusal(ErrorCode.UNAUTHENTICATED, "Send the header once, as `Authorization: Bearer TOKEN`.")
    return match[1]
