"""uvicorn's protocols, made to drop peers that do not read, or do not come to an end with what they send.

`transport.close()` waits until all that was written is taken. A peer that never reads keeps its descriptor and
our buffer by that for ever, out of reach of every limit, and holds up each shutdown.
"""

from asyncio import TimerHandle, Transport
from struct import Struct

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

HEADER_LIMIT = 65_536
HEADER_DEADLINE = 10.0
LINGER = 2.0
_FINAL_TEXT = 0x81
_MEDIUM, _LONG = 126, 65_536
_MEDIUM_HEAD, _LONG_HEAD = Struct("!BBH"), Struct("!BBQ")


class SocketProtocol(WebSocketsSansIOProtocol):
    """Hands the app `scope["extensions"]["hub.transport"]`: `abort`, and `push`, which sends a text at once."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            self.scope.setdefault("extensions", {})["hub.transport"] = {
                "abort": self.transport.abort,
                "push": self.push,
            }

    def push(self, text: bytes) -> bool:
        """Send a whole text message without a task switch; False when the peer does not take more just now."""
        if not self.writable.is_set() or self.close_sent or self.disconnected or not self.handshake_complete:
            return False
        self.transport.write(_head(len(text)) + text)
        return True

    def shutdown(self) -> None:
        super().shutdown()
        self.loop.call_later(LINGER, self.transport.abort)


def _head(length: int) -> bytes:
    """Of an unmasked, final text frame (RFC 6455, section 5.2)."""
    if length < _MEDIUM:
        return bytes((_FINAL_TEXT, length))
    if length < _LONG:
        return _MEDIUM_HEAD.pack(_FINAL_TEXT, _MEDIUM, length)
    return _LONG_HEAD.pack(_FINAL_TEXT, _MEDIUM + 1, length)


class HttpProtocol(HttpToolsProtocol):
    """Headers have a limit and a deadline, and so has what is left of a body when the answer is out."""

    _patience: TimerHandle | None = None
    _in_headers = False
    _header_bytes = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin_waiting()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._header_bytes = self._header_bytes + len(data) if self._in_headers else 0
        if self._header_bytes > HEADER_LIMIT and not self.transport.is_closing():
            self.send_400_response("Headers too large.")
            self._drop_if_closing()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_headers = True
        self._begin_waiting()

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self.cycle.more_body:
            self._begin_waiting()
        super().on_response_complete()
        self._drop_if_closing()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._drop_if_closing()

    def shutdown(self) -> None:
        super().shutdown()
        self._drop_if_closing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _begin_waiting(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(HEADER_DEADLINE, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _drop_if_closing(self) -> None:
        if self.transport.is_closing():
            self.loop.call_later(LINGER, self.transport.abort)
