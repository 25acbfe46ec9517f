"""The client's side of a WebSocket, as cheap as Python allows: frames are found, never copied, and nothing is parsed."""

import asyncio
import base64
import os
from time import monotonic
from typing import cast

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


def framed(payload: bytes, opcode: int = _TEXT) -> bytes:
    """A client's frame. A mask of zeros is a mask to the server: it undoes it like any other."""
    size = len(payload)
    head = bytes((0x80 | opcode, 0x80 | size)) if size < 126 else bytes((0x80 | opcode, 0xFE)) + size.to_bytes(2)
    return head + bytes(4) + payload


class Wire(asyncio.Protocol):
    """Calls `opened`, then `text` for each message, then `ended` once. `arrived` is when the last bytes came."""

    transport: asyncio.Transport
    arrived = 0.0
    close_code: int | None = None
    _rest = b""
    _is_open = False

    def opened(self) -> None: ...
    def text(self, data: bytes, start: int, stop: int) -> None: ...
    def ended(self) -> None: ...

    def send(self, payload: bytes, opcode: int = _TEXT) -> None:
        if not self.transport.is_closing():
            self.transport.write(framed(payload, opcode))

    def close(self) -> None:
        self.send((1000).to_bytes(2), _CLOSE)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        host, port = transport.get_extra_info("peername")[:2]
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET /graphql HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended()

    def data_received(self, data: bytes) -> None:
        self.arrived = monotonic()
        if self._rest:
            data = self._rest + data
            self._rest = b""
        at = 0
        if not self._is_open:
            at = self._shake(data)
        end = len(data)
        while end - at >= 2:
            size, start = data[at + 1], at + 2
            if size >= 126:
                start = at + (4 if size == 126 else 10)
                size = int.from_bytes(data[at + 2 : start]) if end >= start else end
            stop = start + size
            if stop > end:
                break
            if data[at] == 0x81:
                self.text(data, start, stop)
            else:
                self._control(data[at], data[start:stop])
            at = stop
        if at < end:
            self._rest = data[at:]

    def _shake(self, data: bytes) -> int:
        head = data.find(b"\r\n\r\n")
        if head < 0:
            return 0
        if not data.startswith(b"HTTP/1.1 101"):
            self.transport.abort()
            return len(data)
        self._is_open = True
        self.opened()
        return head + 4

    def _control(self, first: int, payload: bytes) -> None:
        match first:
            case 0x88:
                self.close_code = int.from_bytes(payload[:2]) if payload else None
                self.send(payload[:2], _CLOSE)
                self.transport.close()
            case 0x89:
                self.send(payload, _PONG)
            case 0x8A:
                pass
            case _:
                raise AssertionError(f"a frame that servers do not send to us: {first:#x}")
