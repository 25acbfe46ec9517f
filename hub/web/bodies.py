"""An HTTP body, read as it comes and never past its limit or its deadline."""

import asyncio
from collections.abc import Mapping

from starlette.types import Receive

from hub.web.errors import HttpRefusal, TransportCode
from hub.web.limits import Limits


class ClientGone(Exception):
    """Nobody is left to answer."""


async def read_body(headers: Mapping[str, str], receive: Receive, limits: Limits, *, whole: bool = False) -> bytes:
    """`whole`: it is all there, and needs no deadline."""
    announced = headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > len(str(limits.body_limit)) or int(announced) > limits.body_limit):
        raise too_large(limits)
    if whole:
        return await collect(receive, limits)
    try:
        async with asyncio.timeout(limits.body_deadline):
            return await collect(receive, limits)
    except TimeoutError:
        message = f"The body did not arrive within {limits.body_deadline:g} seconds."
        raise HttpRefusal(408, TransportCode.BODY_TOO_SLOW, message, {"Connection": "close"}) from None


async def collect(receive: Receive, limits: Limits) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > limits.body_limit:
            raise too_large(limits)
        more = message.get("more_body", False)
    return bytes(body)


def too_large(limits: Limits) -> HttpRefusal:
    # Without hanging up: a client that still sends would see a reset in place of the answer.
    return HttpRefusal(
        413, TransportCode.BODY_TOO_LARGE, f"A body may have {limits.body_limit} bytes: send less at once."
    )


async def until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
