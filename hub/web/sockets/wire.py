"""One WebSocket as ASGI shows it: text in, text out, and a way to drop a peer that does not even take a close."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from hub.web.limits import Limits
from hub.web.sockets.codes import CloseCode, Ending
from hub.web.sockets.protocol import SUBPROTOCOL

LONGEST_REASON = 123


class Wire:
    def __init__(self, scope: Scope, receive: Receive, send: Send, limits: Limits) -> None:
        self.scope = scope
        self.headers = Headers(scope=scope)
        self._receive = receive
        self._send = send
        self._limits = limits
        transport = cast("dict[str, Any]", scope.get("extensions", {}).get("hub.transport", {}))
        self._push: Callable[[bytes], bool] | None = transport.get("push")
        self._abort: Callable[[], None] | None = transport.get("abort")

    @property
    def speaks_ours(self) -> bool:
        return SUBPROTOCOL in self.scope["subprotocols"]

    async def accept(self, request_id: str) -> None:
        """Also who does not speak ours: a client whose offers are all passed over hangs up before it hears why."""
        offered = self.scope["subprotocols"]
        await self._send(
            {
                "type": "websocket.accept",
                "subprotocol": SUBPROTOCOL if self.speaks_ours else next(iter(offered), None),
                "headers": [(b"x-request-id", request_id.encode())],
            }
        )

    async def deny(self, status: int, retry_after: int | None = None) -> None:
        """A plain HTTP answer in place of a socket: the cheapest way to say no to a storm."""
        if "websocket.http.response" not in self.scope.get("extensions", {}):
            await self._send({"type": "websocket.close"})
            return
        headers = [] if retry_after is None else [(b"retry-after", str(retry_after).encode())]
        await self._send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await self._send({"type": "websocket.http.response.body", "body": b""})

    async def opened(self) -> None:
        """ASGI's first message says only that somebody wants a socket."""
        await self._receive()

    async def take(self) -> str:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            raise Ending(None)
        return self._text(message)

    def push(self, text: bytes) -> bool:
        """Send at once; False where the peer has to be waited for, or under a server without `hub.web.server`."""
        return self._push is not None and self._push(text)

    async def give(self, text: bytes) -> None:
        """Send as soon as the peer takes it."""
        try:
            await self._send({"type": "websocket.send", "text": text.decode()})
        except OSError:
            raise Ending(None) from None

    async def close(self, ending: Ending) -> None:
        """Tells the peer if it listens, and drops it when it has not hung up within the deadline."""
        code = ending.code
        if code is None:
            self.abort()
            return
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(self._limits.close_deadline):
                await self._send({"type": "websocket.close", "code": code, "reason": shortened(ending.reason)})
        asyncio.get_running_loop().call_later(self._limits.close_deadline, self.abort)

    def abort(self) -> None:
        """Does nothing under a server without `hub.web.server`."""
        if self._abort is not None:
            self._abort()

    def _text(self, message: Message) -> str:
        text = cast("str | None", message.get("text"))
        if text is None:
            raise Ending(CloseCode.MALFORMED, "Send text frames.")
        limit = self._limits.frame_limit
        if len(text) > limit or (not text.isascii() and len(text.encode("utf-8", "surrogatepass")) > limit):
            raise Ending(CloseCode.TOO_BIG, f"A message may have {limit} bytes.")
        return text


def shortened(reason: str) -> str:
    return reason.encode()[:LONGEST_REASON].decode(errors="ignore")
