"""One answer without end as ASGI shows it: events out, and a way to drop a peer that does not take them."""

from collections.abc import Callable
from typing import Any, NoReturn, cast

from starlette.types import Receive, Scope, Send

from hub.web.bodies import until_gone
from hub.web.sockets.codes import Ending

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


class Wire:
    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        transport = cast("dict[str, Any]", scope.get("extensions", {}).get("hub.transport", {}))
        self._push: Callable[[bytes], bool] | None = transport.get("push")
        self._abort: Callable[[], None] | None = transport.get("abort")

    async def start(self, request_id: str) -> None:
        headers = [*_HEADERS, (b"x-request-id", request_id.encode())]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    def push(self, event: bytes) -> bool:
        """Send at once; False where the peer has to be waited for, or under a server without `hub.web.server`."""
        return self._push is not None and self._push(event)

    async def give(self, event: bytes) -> None:
        """Send as soon as the peer takes it."""
        await self._body(event, more=True)

    async def finish(self, events: bytes) -> None:
        """The last that is sent."""
        await self._body(events, more=False)

    async def watch(self) -> NoReturn:
        """Raise `Ending` when the peer hangs up."""
        await until_gone(self._receive)
        raise Ending(None)

    def abort(self) -> None:
        """Does nothing under a server without `hub.web.server`."""
        if self._abort is not None:
            self._abort()

    async def _body(self, body: bytes, *, more: bool) -> None:
        try:
            await self._send({"type": "http.response.body", "body": body, "more_body": more})
        except OSError:
            raise Ending(None) from None
