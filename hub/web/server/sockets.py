"""The socket's protocol: strange frames end it with a code, and who takes nothing is dropped."""

from collections.abc import Sequence
from struct import Struct

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from hub.web.server.leaving import LINGER, leave
from hub.web.sockets.codes import CloseCode

_NO_TEXT = 1007
_FRAGMENTS = 1_000
_FINAL_TEXT = 0x81
_UNREADABLE = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_MEDIUM, _LONG = 126, 65_536
_MEDIUM_HEAD, _LONG_HEAD = Struct("!BBH"), Struct("!BBQ")


class SocketProtocol(WebSocketsSansIOProtocol):
    """Hands the app `scope["extensions"]["hub.transport"]`: `abort`, and `push`, which sends a text at once."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            self.scope.setdefault("extensions", {})["hub.transport"] = {
                "abort": self.abort,
                "push": self.push,
            }

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated and not self.transport.is_closing():
            # uvicorn hears of no event, says nothing, and would hold it open for ever.
            self.transport.write(b"".join(self.conn.data_to_send()) or _UNREADABLE)
            self.transport.close()
            self.loop.call_later(LINGER, self.transport.abort)

    def handle_cont(self, event: Frame) -> None:
        if self.close_sent:
            return
        if len(self.frames) >= _FRAGMENTS:
            self._fail(CloseCode.TOO_BIG, f"A message may have {_FRAGMENTS} parts.")
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answered while the peer takes answers: what it does not take would pile up here."""
        output = b"".join(self.conn.data_to_send())
        if self.writable.is_set():
            self.transport.write(output)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_text(self.frames):
            self._fail(_NO_TEXT, "A text message must be UTF-8.")
            return
        super().send_receive_event_to_app()

    def _fail(self, code: int, reason: str) -> None:
        self.conn.send_close(code, reason)
        self.frames = []
        self.handle_parser_exception()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # What holds itself waits for the collector of garbage, which comes seldom.
        if hasattr(self, "scope"):
            self.scope.pop("extensions", None)

    def abort(self) -> None:
        if not self.disconnected:  # asyncio's own transport does not know how to abort what is gone
            self.transport.abort()

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.accept":
            del self.request, self.response  # a handshake's headers, three times over, for as long as it is open

    def push(self, text: bytes) -> bool:
        """Send a whole text message without a task switch; False when the peer does not take more just now."""
        if not self.writable.is_set() or self.close_sent or self.transport.is_closing() or not self.handshake_complete:
            return False
        self.transport.write(_head(len(text)) + text)
        return True

    def shutdown(self) -> None:
        """Where the app takes its leave by itself, an open socket is left to it: it has more to say than a code."""
        if self.handshake_complete and not self.close_sent and leave(self.app_state):
            return
        super().shutdown()
        self.loop.call_later(LINGER, self.transport.abort)


def _is_text(frames: Sequence[bytes]) -> bool:
    try:
        b"".join(frames).decode()
    except UnicodeDecodeError:
        return False
    return True


def _head(length: int) -> bytes:
    """Of an unmasked, final text frame (RFC 6455, section 5.2)."""
    if length < _MEDIUM:
        return bytes((_FINAL_TEXT, length))
    if length < _LONG:
        return _MEDIUM_HEAD.pack(_FINAL_TEXT, _MEDIUM, length)
    return _LONG_HEAD.pack(_FINAL_TEXT, _MEDIUM + 1, length)
