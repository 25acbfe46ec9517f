"""Peers that do not read, do not write, or do not go."""

import asyncio
import socket
from collections.abc import AsyncIterator

import orjson
import pytest

from hub.web import server

from .fakes import FakeAnswer, FakeEngine
from .serving import PATIENCE, Served, serving

FRAME = b'{"data":{"ticks":"' + b"x" * 50_000 + b'"}}'


async def flood() -> AsyncIterator[bytes]:
    while True:
        yield FRAME


@pytest.fixture
def hasty(monkeypatch) -> None:
    monkeypatch.setattr(server, "LINGER", 0.1)
    monkeypatch.setattr(server, "HEADER_DEADLINE", 0.1)


async def deaf_socket(hub: Served) -> tuple[socket.socket, asyncio.StreamReader, asyncio.StreamWriter]:
    """Subscribes and then reads nothing."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, hub.address)
    reader, writer = await asyncio.open_connection(sock=raw, limit=1_024)
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
    return raw, reader, writer


async def test_a_peer_that_never_reads_is_dropped_and_its_descriptor_freed(build_web, engine: FakeEngine):
    engine.ticks = flood
    web = build_web(send_deadline=0.1, close_deadline=0.1, queue_limit=4)
    async with serving(web) as hub:
        *_, writer = await deaf_socket(hub)
        async with hub.greeted() as other:
            assert await engine.ended.get() == "closed"
            await hub.connections.at_most(1)
            await other.subscribe("q", "{ greeting }")
            assert (await other.take())["type"] == "next"
        writer.close()


async def test_a_peer_that_never_reads_does_not_hold_up_the_others_of_its_stream(build_web, engine: FakeEngine):
    engine.ticks = flood
    web = build_web(send_deadline=PATIENCE, close_deadline=0.1, queue_limit=4)
    async with serving(web) as hub:
        *_, writer = await deaf_socket(hub)
        async with hub.greeted() as other:
            await other.subscribe()
            for _ in range(200):
                assert (await other.take())["type"] == "next"
        await web.shutdown(0.1)
        writer.close()


async def test_shutdown_tells_all_to_come_back_and_is_not_held_up(build_web, engine: FakeEngine):
    engine.ticks = flood
    web = build_web(send_deadline=PATIENCE, close_deadline=0.1)
    async with serving(web) as hub:
        *_, writer = await deaf_socket(hub)
        async with hub.greeted() as other:
            await hub.stuck.wait()
            async with asyncio.timeout(PATIENCE / 2):
                await web.shutdown(0.2)
            assert (await other.closed())[0] == 1012
        await hub.connections.at_most(0)
        writer.close()


async def test_shutdown_drops_who_is_left_after_the_grace(build_web, engine: FakeEngine):
    engine.ticks = flood
    web = build_web(send_deadline=PATIENCE, close_deadline=PATIENCE)
    async with serving(web) as hub:
        *_, writer = await deaf_socket(hub)
        await hub.stuck.wait()
        await web.shutdown(0.1)
        await hub.connections.at_most(0)
        assert len(web.sockets) == 0
        writer.close()


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
    async with serving(web) as hub:
        *_, writer = await deaf_socket(hub)
        async with hub.greeted() as other:
            await hub.stuck.wait()
            await hub.stop()
            assert (await other.closed())[0] == 1012
        assert len(hub.connections) == 0
        writer.close()


async def test_headers_that_do_not_come_end_the_connection(build_web, hasty):
    async with serving(build_web()) as hub:
        for start in (b"", b"GET /livez HTTP/1.1\r\nHost: hub\r\nX-Slow: "):
            reader, writer = await asyncio.open_connection(*hub.address)
            writer.write(start)
            async with asyncio.timeout(PATIENCE):
                assert await dropped(reader)
            writer.close()


async def dropped(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


async def test_the_second_request_of_a_connection_has_a_deadline_too(build_web, hasty):
    async with serving(build_web()) as hub:
        reader, writer = await asyncio.open_connection(*hub.address)
        writer.write(b"GET /livez HTTP/1.1\r\nHost: hub\r\n\r\n")
        assert b"200" in await reader.readline()
        writer.write(b"GET /livez HTTP/1.1\r\nX-Slow: ")
        async with asyncio.timeout(PATIENCE):
            await reader.readuntil(b'{"status":"ok"}')
            assert await dropped(reader)
        writer.close()


async def test_a_client_that_does_not_take_its_answer_is_dropped(build_web, engine: FakeEngine, hasty):
    engine.answer = FakeAnswer({"data": {"greeting": "x" * 20_000_000}})
    async with serving(build_web(), timeout_keep_alive=0) as hub:
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        raw.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(raw, hub.address)
        await loop.sock_sendall(raw, b"GET /graphql?query={greeting} HTTP/1.1\r\nHost: hub\r\n\r\n")
        assert await engine.ended.get() == "answered"
        await hub.connections.at_most(0)
        raw.close()


async def test_a_slow_body_is_answered_and_the_connection_closed(build_web):
    async with serving(build_web(body_deadline=0.05)) as hub:
        reader, writer = await asyncio.open_connection(*hub.address)
        writer.write(
            b"POST /graphql HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 408")
        writer.close()


POST = b"POST /graphql HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\n"


async def test_a_client_gets_the_answer_to_its_large_body_and_may_go_on(build_web):
    async with serving(build_web(body_limit=1_024)) as hub:
        reader, writer = await asyncio.open_connection(*hub.address)
        for size in (1_000_000, 100):
            writer.write(POST + f"Content-Length: {size}\r\n\r\n".encode() + b" " * size)
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readuntil(b"}}")
            assert head.startswith(b"HTTP/1.1 413" if size > 1_024 else b"HTTP/1.1 400")
        writer.close()


async def test_a_body_without_end_is_not_listened_to_for_long(build_web, hasty):
    async with serving(build_web(body_limit=1_024)) as hub:
        reader, writer = await asyncio.open_connection(*hub.address)
        writer.write(POST + b"Content-Length: 999999999\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            assert b"413" in await reader.readline()
            await reader.readuntil(b"}}")
            assert await dropped(reader)
        writer.close()


@pytest.mark.parametrize("headers", [b"X-Long: " + b"x" * 100_000, b"X-Many: 1\r\n" * 10_000])
async def test_headers_without_end_are_refused(build_web, headers):
    async with serving(build_web()) as hub:
        reader, writer = await asyncio.open_connection(*hub.address)
        writer.write(b"GET /livez HTTP/1.1\r\n" + headers)
        async with asyncio.timeout(PATIENCE):
            assert await reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"
        writer.close()


async def test_an_idle_connection_is_closed(build_web):
    async with serving(build_web(), timeout_keep_alive=0) as hub:
        reader, writer = await asyncio.open_connection(*hub.address)
        writer.write(b"GET /livez HTTP/1.1\r\nHost: hub\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            assert b'{"status":"ok"}' in await reader.read()
        writer.close()
