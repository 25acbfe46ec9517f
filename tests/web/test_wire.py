"""What only other servers than uvicorn show."""

import asyncio
from typing import Any

import pytest

from hub.web.limits import Limits
from hub.web.sockets.codes import CloseCode, Ending
from hub.web.sockets.wire import Wire, shortened


class Transport:
    def __init__(self, problem: Exception | None = None) -> None:
        self.sent: list[dict[str, Any]] = []
        self.aborted = asyncio.Event()
        self.problem = problem

    def wire(self, *, abortable: bool = True) -> Wire:
        extensions = {"hub.transport": {"abort": self.aborted.set}} if abortable else {}
        scope = {"type": "websocket", "headers": [], "subprotocols": [], "extensions": extensions}
        return Wire(scope, self.receive, self.send, Limits(close_deadline=0.01))

    async def receive(self) -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(self, message: Any) -> None:
        if self.problem is not None:
            raise self.problem
        self.sent.append(message)


async def test_a_server_without_http_answers_just_closes():
    transport = Transport()
    await transport.wire().deny(429, 5)
    assert transport.sent == [{"type": "websocket.close"}]


@pytest.mark.parametrize("problem", [None, OSError("gone")])
async def test_a_closed_peer_is_dropped_after_the_deadline(problem):
    transport = Transport(problem)
    await transport.wire().close(Ending(CloseCode.RESTART, "Restarting."))
    assert not transport.aborted.is_set()
    async with asyncio.timeout(5):
        await transport.aborted.wait()


async def test_a_peer_that_left_is_told_nothing():
    transport = Transport()
    await transport.wire().close(Ending(None))
    assert transport.sent == []


async def test_a_send_to_a_peer_that_left_ends_the_socket_quietly():
    with pytest.raises(Ending) as ending:
        await Transport(OSError("gone")).wire().give(b"text")
    assert ending.value.code is None


async def test_dropping_needs_a_server_that_can():
    Transport().wire(abortable=False).abort()


@pytest.mark.parametrize("reason", ["a" * 200, "é" * 100, "a" + "é" * 100])
def test_a_reason_fits_into_a_close_frame(reason):
    assert 121 < len(shortened(reason).encode()) <= 123
    assert reason.startswith(shortened(reason))
