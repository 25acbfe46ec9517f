"""Peers that do not read, do not write, or do not go."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import orjson
import pytest

from hub.web.server import http, sockets

from .fakes import FakeAnswer, FakeEngine
from .serving import PATIENCE, Served, serving

FRAME = b'{"data":{"ticks":"' + b"x" * 50_000 + b'"}}'
POST = b"POST /graphql HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\n"
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def flood() -> AsyncIterator[bytes]:
    while True:
        yield FRAME


async def once() -> AsyncIterator[bytes]:
    """More than the buffers take, one small item behind it, and nothing more: no queue fills up."""
    yield b'{"data":{"ticks":"' + b"x" * 20_000_000 + b'"}}'
    yield b'{"data":{"ticks":1}}'
    await asyncio.Event().wait()


@pytest.fixture
def hasty(monkeypatch) -> None:
    for protocols in (http, sockets):
        monkeypatch.setattr(protocols, "LINGER", 0.1)


@asynccontextmanager
async def dialled(hub: Served) -> AsyncIterator[Stream]:
    """A bare connection with small buffers and a deadline for all that is done with it."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, hub.address)
    reader, writer = await asyncio.open_connection(sock=raw, limit=1_024)
    try:
        async with asyncio.timeout(PATIENCE):
            yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def deaf_socket(hub: Served) -> AsyncIterator[None]:
    """Subscribes and then reads nothing."""
    async with dialled(hub) as (reader, writer):
        writer.write(
            b"GET /graphql HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        for message in (
            {"type": "connection_init"},
            {"type": "subscribe", "id": "1", "payload": {"query": "subscription { ticks }"}},
        ):
            text = orjson.dumps(message)
            writer.write(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
        writer.transport.pause_reading()
        yield


async def dropped(reader: asyncio.StreamReader) -> bool:
    """After nothing more came."""
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


async def answered(reader: asyncio.StreamReader) -> bytes:
    """The status line of one answer that is read whole."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    assert length is not None
    await reader.readexactly(int(length[1]))
    return head.partition(b"\r\n")[0]


async def test_a_peer_that_never_reads_is_dropped_and_its_descriptor_freed(build_web, engine: FakeEngine):
    engine.ticks = flood
    web = build_web(send_deadline=0.1, close_deadline=0.1, queue_limit=4)
    async with serving(web) as hub, deaf_socket(hub), hub.greeted() as other:
        assert await engine.ended.get() == "closed"
        await hub.connections.at_most(1)
        await other.subscribe("q", "{ greeting }")
        assert (await other.take())["type"] == "next"


async def test_a_send_that_is_stuck_ends_its_socket_though_nothing_waits_behind_it(build_web, engine: FakeEngine):
    engine.ticks = once
    async with serving(build_web(send_deadline=0.1, close_deadline=0.1)) as hub, deaf_socket(hub):
        assert await engine.ended.get() == "closed"
        await hub.connections.at_most(0)


async def test_a_peer_that_never_reads_does_not_hold_up_the_others_of_its_stream(build_web, engine: FakeEngine):
    engine.ticks = flood
    web = build_web(send_deadline=PATIENCE, close_deadline=0.1, queue_limit=4)
    async with serving(web) as hub, deaf_socket(hub):
        # No limit to what may wait in the client: one that is full does not even hear its own goodbye answered.
        async with hub.greeted(max_queue=None) as other:
            await other.subscribe()
            for _ in range(200):
                assert (await other.take())["type"] == "next"
        await web.shutdown(0.1)


async def test_shutdown_tells_all_to_come_back_and_is_not_held_up(build_web, engine: FakeEngine):
    engine.ticks = flood
    web = build_web(send_deadline=PATIENCE, close_deadline=0.1)
    async with serving(web) as hub, deaf_socket(hub):
        async with hub.greeted() as other:
            await hub.stuck.wait()
            async with asyncio.timeout(PATIENCE / 2):
                await web.shutdown(0.2)
            assert (await other.closed())[0] == 1012
        await hub.connections.at_most(0)


async def test_shutdown_drops_who_is_left_after_the_grace(build_web, engine: FakeEngine):
    engine.ticks = flood
    web = build_web(send_deadline=PATIENCE, close_deadline=PATIENCE)
    async with serving(web) as hub, deaf_socket(hub):
        await hub.stuck.wait()
        await web.shutdown(0.1)
        await hub.connections.at_most(0)
        await web.sockets.emptied()


async def test_after_shutdown_nobody_is_let_in(build_web):
    web = build_web()
    async with serving(web) as hub:
        await web.shutdown(1)
        with pytest.raises(Exception, match="503"):
            async with hub.socket():
                pass


async def test_the_servers_own_shutdown_is_not_held_up_either(build_web, engine: FakeEngine, hasty):
    engine.ticks = flood
    web = build_web(send_deadline=PATIENCE, close_deadline=PATIENCE)
    async with serving(web) as hub, deaf_socket(hub):
        async with hub.greeted() as other:
            await hub.stuck.wait()
            await hub.stop()
            assert (await other.closed())[0] == 1012
        assert len(hub.connections) == 0


async def test_a_handshake_that_is_none_is_refused(build_web):
    async with serving(build_web()) as hub, dialled(hub) as (reader, writer):
        writer.write(b"GET /graphql HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        assert b" 400 " in await reader.readline()


H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
GREET = b'{"query": "{ greeting }"}'
OFFERS = POST + H2C + b"Content-Length: %d\r\n\r\n" % len(GREET)


@pytest.mark.parametrize(
    "parts",
    [
        [OFFERS + GREET],
        [OFFERS, GREET],
        [OFFERS[:40], OFFERS[40:-3], OFFERS[-3:] + GREET[:4], GREET[4:]],
        [POST + H2C + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(GREET) + GREET, b"\r\n0\r\n\r\n"],
    ],
)
async def test_who_offers_http_2_is_answered_over_what_there_is(build_web, engine: FakeEngine, parts):
    plain = POST + b"Content-Length: %d\r\n\r\n" % len(GREET) + GREET
    async with serving(build_web()) as hub, dialled(hub) as (reader, writer):
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.02)
        assert await answered(reader) == b"HTTP/1.1 200 OK"
        writer.write(plain + OFFERS + GREET + plain)
        assert [await answered(reader) for _ in range(3)] == [b"HTTP/1.1 200 OK"] * 3
    assert len(engine.executed) == 4


async def test_any_number_of_offers_at_once_is_answered(build_web):
    offer = b"GET /livez HTTP/1.1\r\nHost: hub\r\n" + H2C + b"\r\n"
    async with serving(build_web()) as hub, dialled(hub) as (reader, writer):
        writer.write(offer * 1_000)
        for _ in range(1_000):
            assert await answered(reader) == b"HTTP/1.1 200 OK"


async def test_requests_without_end_wait_as_they_came_until_the_one_ahead_is_answered(build_web, engine: FakeEngine):
    """Read, each would take a hundred times as much as it is long."""
    slow = orjson.dumps({"query": "{ slow }"})
    first = POST + b"Content-Length: %d\r\n\r\n" % len(slow) + slow
    async with serving(build_web()) as hub, dialled(hub) as (reader, writer):
        writer.write(first + b"GET /livez HTTP/1.1\r\nHost: hub\r\n\r\n" * 2_000)
        await engine.started.wait()
        await asyncio.sleep(0.2)
        (connection,) = hub.connections
        assert len(connection.pipeline) < 100
        engine.release.set()
        for _ in range(2_001):
            assert await answered(reader) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("hosts", [b"", b"Host: hub\r\nHost: hub\r\n"])
async def test_a_request_has_one_host(build_web, hosts):
    async with serving(build_web()) as hub, dialled(hub) as (reader, writer):
        writer.write(b"GET /livez HTTP/1.1\r\n" + hosts + b"\r\n")
        assert await reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"
    async with serving(build_web()) as hub, dialled(hub) as (reader, writer):
        writer.write(b"GET /livez HTTP/1.0\r\n\r\n")
        assert b"200" in await answered(reader)


@pytest.mark.parametrize("start", [b"", b"GET /livez HTTP/1.1\r\nHost: hub\r\nX-Slow: "])
async def test_headers_that_do_not_come_end_the_connection(build_web, start):
    async with serving(build_web(header_deadline=0.1)) as hub, dialled(hub) as (reader, writer):
        writer.write(start)
        assert await dropped(reader)


async def test_the_second_request_of_a_connection_has_a_deadline_too(build_web):
    async with serving(build_web(header_deadline=0.1)) as hub, dialled(hub) as (reader, writer):
        writer.write(b"GET /livez HTTP/1.1\r\nHost: hub\r\n\r\n")
        assert b"200" in await answered(reader)
        writer.write(b"GET /livez HTTP/1.1\r\nX-Slow: ")
        assert await dropped(reader)


@pytest.mark.parametrize("headers", [b"X-Long: " + b"x" * 100_000, b"X-Many: 1\r\n" * 10_000])
async def test_headers_without_end_are_refused(build_web, headers):
    async with serving(build_web()) as hub, dialled(hub) as (reader, writer):
        writer.write(b"GET /livez HTTP/1.1\r\n" + headers)
        assert await reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"


class Closed:
    """uvloop's transport raises when it is written to after its end."""

    def is_closing(self) -> bool:
        return True

    def write(self, data: bytes) -> None:
        raise RuntimeError("the handler is closed")


async def test_an_answer_that_comes_after_the_end_of_its_connection_is_dropped():
    together = http.Together(Closed(), asyncio.get_running_loop())
    together.write(b"HTTP/1.1 200 OK")
    together.flush()


async def test_an_idle_connection_is_closed(build_web):
    async with serving(build_web(), timeout_keep_alive=0) as hub, dialled(hub) as (reader, writer):
        writer.write(b"GET /livez HTTP/1.1\r\nHost: hub\r\n\r\n")
        assert b'{"status":"ok"}' in await reader.read()


@pytest.mark.parametrize("keep_alive", [b"keep-alive", b"close"])
async def test_a_client_that_does_not_take_its_answer_is_dropped(build_web, engine: FakeEngine, hasty, keep_alive):
    engine.answer = FakeAnswer({"data": {"greeting": "x" * 20_000_000}})
    async with serving(build_web(), timeout_keep_alive=0) as hub, dialled(hub) as (_, writer):
        writer.transport.pause_reading()
        writer.write(b"GET /graphql?query={greeting} HTTP/1.1\r\nHost: hub\r\nConnection: " + keep_alive + b"\r\n\r\n")
        assert await engine.ended.get() == "answered"
        await hub.connections.at_most(0)


async def test_a_slow_body_is_answered_and_the_connection_closed(build_web):
    async with serving(build_web(body_deadline=0.05)) as hub, dialled(hub) as (reader, writer):
        writer.write(POST + b"Content-Length: 9\r\n\r\n{")
        assert (await reader.read()).startswith(b"HTTP/1.1 408")


async def test_a_client_gets_the_answer_to_its_large_body_and_may_go_on(build_web):
    async with serving(build_web(body_limit=1_024)) as hub, dialled(hub) as (reader, writer):
        for size, status in ((1_000_000, b"413"), (100, b"400")):
            writer.write(POST + f"Content-Length: {size}\r\n\r\n".encode() + b" " * size)
            assert status in await answered(reader)


async def test_a_body_without_end_is_not_listened_to_for_long(build_web):
    web = build_web(body_limit=1_024, header_deadline=0.1)
    async with serving(web, timeout_keep_alive=60) as hub, dialled(hub) as (reader, writer):
        writer.write(POST + b"Content-Length: 999999999\r\n\r\n")
        assert b"413" in await answered(reader)
        assert await dropped(reader)
