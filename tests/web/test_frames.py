"""Frames that no client library sends: whoever does is sent away with a code, and nothing piles up here."""

import asyncio
import gc
import logging
from struct import pack

import pytest

from .fakes import FakeEngine
from .serving import Served, serving
from .test_server import Stream, dialled

HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
)
TEXT, CONTINUED, PING = 1, 0, 9


def frame(payload: bytes, opcode: int = TEXT, *, last: bool = True, length: int | None = None, bits: int = 0) -> bytes:
    size = len(payload) if length is None else length
    head = bytes([(0x80 if last else 0) | bits | opcode])
    head += bytes([0x80 | size]) if size < 126 else b"\xff" + pack("!Q", size)
    return head + bytes(4) + payload


async def opened(stream: Stream) -> None:
    reader, writer = stream
    writer.write(HANDSHAKE + b"\r\n")
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")


async def code_of_close(stream: Stream) -> int:
    """Of the close frame with which all ends; other frames do not come before it here."""
    said = await stream[0].read()
    assert said[0] == 0x88, said
    return int.from_bytes(said[2:4], "big")


@pytest.fixture
async def hub(build_web):
    async with serving(build_web(), ws_max_size=65_536) as served:
        yield served


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (frame(b"\xff\xfe"), 1007),
        (frame(b"x", 5), 1002),
        (frame(b"x", bits=0x40), 1002),
        (frame(b"x", CONTINUED), 1002),
        (frame(b"x", length=2**62), 1009),
        (frame(b"x", length=2**63 - 1), 1009),
        (frame(b"", last=False) + frame(b"", CONTINUED, last=False) * 5_000, 1009),
        (frame(b"x" * 200, PING), 1002),
        (b"\x81\x01x", 1002),
        (bytes(range(256)), 1002),
        (frame(b"x", 8), 1002),
    ],
)
async def test_a_strange_frame_ends_the_socket_with_a_code_and_without_a_traceback(
    hub: Served, caplog: pytest.LogCaptureFixture, content: bytes, code: int
):
    with caplog.at_level(logging.ERROR):
        async with dialled(hub) as stream:
            await opened(stream)
            stream[1].write(content)
            assert await code_of_close(stream) == code
        await hub.connections.at_most(0)
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(
    "handshake",
    [
        HANDSHAKE + b"Content-Length: 10\r\n\r\n",
        HANDSHAKE + b"Transfer-Encoding: chunked\r\n\r\n",
        HANDSHAKE.replace(b"GET", b"POST") + b"Content-Length: 2\r\n\r\n{}",
        HANDSHAKE.replace(b"GET", b"PUT") + b"\r\n",
        HANDSHAKE.replace(b"13", b"8") + b"\r\n",
        HANDSHAKE.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"x") + b"\r\n",
    ],
)
async def test_a_strange_handshake_is_refused_at_once(hub: Served, handshake: bytes):
    async with dialled(hub) as (reader, writer):
        writer.write(handshake)
        assert b" 400 " in await reader.readline()
        await reader.read()
    await hub.connections.at_most(0)


@pytest.mark.parametrize(
    ("handshake", "status"),
    [
        (HANDSHAKE + b"Cookie: " + b"a" * 9_000 + b"\r\n\r\n", b" 431 "),
        (HANDSHAKE + b"X-A: a\r\n" * 300 + b"\r\n", b" 431 "),
        (HANDSHAKE.replace(b"/graphql", b"/graphql?" + b"a" * 9_000) + b"\r\n", b" 414 "),
    ],
)
async def test_a_handshake_too_large_is_refused_and_not_left_open(hub: Served, handshake: bytes, status: bytes):
    async with dialled(hub) as (reader, writer):
        writer.write(handshake)
        assert status in await asyncio.wait_for(reader.readline(), 5)
        await asyncio.wait_for(reader.read(), 5)
    await hub.connections.at_most(0)


async def test_pings_of_one_who_takes_no_answer_pile_up_nowhere(hub: Served, engine: FakeEngine):
    pings = frame(b"x" * 125, PING) * 500
    async with dialled(hub) as stream:
        await opened(stream)
        stream[0]._transport.pause_reading()
        (protocol,) = hub.connections
        for _ in range(400):
            protocol.data_received(pings)
            await asyncio.sleep(0)
            if not protocol.writable.is_set():
                break
        assert not protocol.writable.is_set()  # our buffer and the kernel's are full
        held = protocol.transport.get_write_buffer_size()
        for _ in range(20):
            protocol.data_received(pings)
        assert protocol.transport.get_write_buffer_size() <= held + 1_000


@pytest.mark.parametrize("greet", [False, True])
async def test_a_socket_that_is_gone_leaves_nothing_for_the_collector_of_garbage(hub: Served, greet: bool):
    async def come_and_go() -> None:
        async with dialled(hub) as stream:
            await opened(stream)
            if greet:
                stream[1].write(frame(b'{"type":"connection_init"}'))
                await stream[0].readuntil(b"}}")
        await hub.connections.at_most(0)
        if ending := asyncio.all_tasks() - here:
            await asyncio.wait(ending)

    await asyncio.sleep(0)
    here = asyncio.all_tasks()
    gc.collect()
    gc.disable()
    try:
        before = alive()
        for _ in range(5):
            await come_and_go()
        assert alive() == before
    finally:
        gc.enable()


def alive() -> int:
    return sum(
        type(one).__name__ in {"WatchedProtocol", "HttpProtocol", "Connection", "Wire"} for one in gc.get_objects()
    )
