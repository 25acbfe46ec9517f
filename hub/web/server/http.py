"""The protocol of HTTP connections: places, deadlines, and answers of one packet."""

from asyncio import AbstractEventLoop, TimerHandle, Transport
from collections.abc import Callable
from functools import partial
from typing import Any

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hub.web.connections import CONNECTIONS, Connections, Place
from hub.web.errors import TransportCode, error, errors_body
from hub.web.server.leaving import LINGER, leave

HEADER_LIMIT = 65_536
_REFUSED_PATIENCE = 1.0
"""Seconds in which one without a place may say something, to hear why it is sent away."""
_FULL = 503
_PORTION = 1_024
"""Bytes that are read at once. A packet may hold ten thousand requests, and each takes 4 kB once it is read: while
some wait for the one ahead of them, what lies behind stays as it came, and no more is taken."""
_OF_BODIES = {b"content-length", b"transfer-encoding"}


class Together:
    """A transport that sends what is written in one turn of the event loop at once: head and body are one packet.

    Each packet costs both sides as much as the making of a small answer.
    """

    __slots__ = ("_loop", "_transport", "_waiting")

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._waiting:
            self._loop.call_soon(self.flush)
        self._waiting.append(data)

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting and not self._transport.is_closing():  # uvloop's raises then
            self._transport.write(b"".join(waiting))


class HttpProtocol(HttpToolsProtocol):
    """Connections have places. Headers have a limit and a deadline, and so has what is left of a body when the answer
    is out.

    Hands the app `scope["extensions"]["hub.transport"]`: `abort`; `push`, which sends a part of a body at once;
    `whole`, whether the request's body is all there; `when_gone`, which takes what to call if the peer hangs up.
    """

    parser: Any
    _place: Place | None = None
    _gone: Callable[[], object] | None = None
    _patience: TimerHandle | None = None
    _in_headers = False
    _header_bytes = 0
    _unread = b""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] - uvicorn's own signature differs
        super().connection_made(transport)
        self._together = Together(transport, self.loop)
        self._places: Connections = self.app_state[CONNECTIONS]
        self._place = self._places.enter(self.client)
        if self._place.refused == _FULL:
            transport.abort()
        elif self._place.refused:
            self._begin_waiting(_REFUSED_PATIENCE)
        else:
            self._begin_waiting(self._places.header_deadline)

    def data_received(self, data: bytes) -> None:
        if self._place is not None and self._place.refused:
            self._refuse("429 Too Many Requests", "Too many connections of this address.", "Retry-After: 5\r\n")
            return
        self._unread = self._unread + data if self._unread else data
        self._read_on()

    def _read_on(self) -> None:
        unread, at = self._unread, 0
        if unread:
            self._unset_keepalive_if_required()
        while at < len(unread) and not self.pipeline and self.parser is not None and not self.transport.is_closing():
            portion = unread[at : at + _PORTION]
            at += len(portion)
            self._feed(portion)
            self._header_bytes = self._header_bytes + len(portion) if self._in_headers else 0
            if self._header_bytes > HEADER_LIMIT and not self.transport.is_closing():
                self.send_400_response("Headers too large.")
                self._drop_if_closing()
        self._unread = b"" if self.parser is None or self.transport.is_closing() else unread[at:]
        if self._unread:
            self.flow.pause_reading()
        elif self._in_headers:  # most come whole, and need no timer
            self._begin_waiting(self._places.header_deadline)

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if not self._should_upgrade():
                    data = self._without_upgrade() + data[upgrade.args[0] :]
                    continue
                self.handle_websocket_upgrade()
            except httptools.HttpParserError:
                self.logger.warning("Invalid HTTP request received.")
                self.send_400_response("Invalid HTTP request received.")
            return

    def _without_upgrade(self) -> bytes:
        """The head of the request again, for a parser of its own: this one takes its body for what was offered.

        Clients of Java and curl offer HTTP/2 with their first request, and go on with what they get (RFC 9110, 7.8).
        """
        line = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own
        return line + b"".join(b"%b: %b\r\n" % each for each in self.headers if each[0] != b"upgrade") + b"\r\n"

    def _offers_another(self) -> bool:
        """Whether it offers another protocol, which nobody has to take."""
        offers = self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"
        return offers and not self._should_upgrade()

    def _ensure_one_host(self) -> None:
        """Else we and a proxy before us may mean different ones (RFC 9112, 3.2)."""
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            raise httptools.HttpParserError

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_headers, self._header_bytes = True, 0

    def on_headers_complete(self) -> None:
        if self._offers_another():
            return
        self._ensure_one_host()
        self._in_headers = False
        self._stop_waiting()
        super().on_headers_complete()
        if "path" in self.scope:  # else it becomes a socket
            self.cycle.transport = self._together  # pyright: ignore[reportAttributeAccessIssue] - it asks no more of it
            self.scope.setdefault("extensions", {})["hub.transport"] = {
                "abort": self.transport.abort,
                "push": partial(self.push, self.cycle),
                "whole": partial(self.whole, self.cycle),
                "when_gone": partial(self.when_gone, self.cycle),
            }

    def whole(self, cycle: RequestResponseCycle) -> bool:
        return not cycle.more_body

    def when_gone(self, cycle: RequestResponseCycle, call: Callable[[], object] | None) -> None:
        self._gone = call
        if call is not None and cycle.disconnected:
            call()

    def push(self, cycle: RequestResponseCycle, part: bytes) -> bool:
        """Send a part of a body that is not over yet, without a task switch; False when the peer does not take more."""
        done = cycle.disconnected or cycle.response_complete or self.transport.is_closing()
        if done or self.flow.write_paused or not cycle.chunked_encoding:
            return False
        self._together.flush()
        self.transport.write(b"%x\r\n%b\r\n" % (len(part), part))
        return True

    def on_message_complete(self) -> None:
        if self._offers_another():
            return
        self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.more_body and not self.pipeline:
            self._begin_waiting(self._places.header_deadline)
        self._read_on()
        if self.pipeline and not self.transport.is_closing():
            self.flow.pause_reading()
        self._drop_if_closing()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._drop_if_closing()

    def handle_websocket_upgrade(self) -> None:
        names = {name for name, _ in self.scope["headers"]}
        if self.scope["method"] != "GET" or not names.isdisjoint(_OF_BODIES):
            # Else the handshake waits for a body that nobody reads.
            self._refuse("400 Bad Request", "A WebSocket is opened by a GET without a body.")
            return
        self._leave_place()
        super().handle_websocket_upgrade()
        self.parser = None  # the two hold each other, and nobody tells this protocol of the end

    def send_400_response(self, msg: str) -> None:
        self._together.flush()
        self._refuse("400 Bad Request", msg)

    def shutdown(self) -> None:
        leave(self.app_state)
        self._together.flush()
        super().shutdown()
        self._drop_if_closing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._leave_place()
        super().connection_lost(exc)
        self._unread = b""
        self.pipeline.clear()
        if self._gone is not None:
            self._gone()

    def _refuse(self, status: str, message: str, headers: str = "") -> None:
        """Answer what no application sees, and hang up."""
        code = TransportCode.TOO_MANY_CONNECTIONS if headers else TransportCode.BAD_REQUEST
        body = orjson.dumps(errors_body([error(code, message)]))
        head = (
            f"HTTP/1.1 {status}\r\ncontent-type: application/json; charset=utf-8\r\n{headers}"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
        self._drop_if_closing()

    def _leave_place(self) -> None:
        if self._place is not None:
            self._places.leave(self._place)
            self._place = None

    def _begin_waiting(self, seconds: float) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(seconds, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _drop_if_closing(self) -> None:
        if self.transport.is_closing():
            self.loop.call_later(LINGER, self.transport.abort)
