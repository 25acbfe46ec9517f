"""Places for connections: so many of one address and in all; who finds none hears so or is dropped."""

import asyncio

import orjson
import pytest

from hub.web.server import http

from .serving import Served, serving
from .test_server import Stream, answered, dialled, dropped

LIVEZ = b"GET /livez HTTP/1.1\r\nHost: hub\r\n\r\n"
OK = b"HTTP/1.1 200 OK"


async def asked(stream: Stream) -> bytes:
    reader, writer = stream
    writer.write(LIVEZ)
    return await answered(reader)


async def emptied(hub: Served) -> None:
    await hub.connections.at_most(0)
    assert hub.web.connections._open == 0
    assert hub.web.connections._of_address == {}


async def test_an_address_has_so_many_places_and_one_that_leaves_makes_room(build_web):
    async with serving(build_web(connections_per_address=2)) as hub:
        async with dialled(hub) as first:
            assert await asked(first) == OK
            async with dialled(hub) as second, dialled(hub) as third:
                assert await asked(second) == OK
                third[1].write(LIVEZ)
                head, _, body = (await third[0].read()).partition(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 429 ")
                assert b"Retry-After: 5" in head
                assert orjson.loads(body)["errors"][0]["extensions"]["code"] == "TOO_MANY_CONNECTIONS"
                assert await asked(first) == OK
        await emptied(hub)
        async with dialled(hub) as fourth:
            assert await asked(fourth) == OK


async def test_who_finds_no_place_and_says_nothing_is_dropped(build_web, monkeypatch):
    monkeypatch.setattr(http, "_REFUSED_PATIENCE", 0.05)
    async with serving(build_web(connections_per_address=1)) as hub:
        async with dialled(hub) as first, dialled(hub) as second:
            assert await dropped(second[0])
            assert await asked(first) == OK
        await emptied(hub)


async def test_a_process_has_so_many_places_and_drops_who_comes_then(build_web):
    async with serving(build_web(connections_total=1)) as hub:
        async with dialled(hub) as first, dialled(hub) as second:
            assert await dropped(second[0])
            assert await asked(first) == OK
        await emptied(hub)


async def test_a_connection_that_becomes_a_socket_leaves_its_place(build_web):
    async with serving(build_web(connections_per_address=1)) as hub, hub.greeted():
        async with dialled(hub) as stream:
            assert await asked(stream) == OK


async def test_a_trusted_proxy_may_have_any_number(build_web):
    web = build_web(connections_per_address=1, trusted_proxies=("127.0.0.1",))
    async with serving(web) as hub, dialled(hub) as first, dialled(hub) as second:
        assert [await asked(first), await asked(second)] == [OK, OK]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x00" * 100,
        b"\xff\xfe" * 50 + b"\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: hub\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /graphql HTTP/1.1\r\nHost: hub\r\nContent-Length: -1\r\n\r\n{}",
        b"POST /graphql HTTP/1.1\r\nHost: hub\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"GET /graphql HTTP/1.1\r\nHost : hub\r\n\r\n",
        b"GET /graphql HTTP/1.1\r\nHost: hub\r\nX: a\x00b\r\n\r\n",
        b"GET /graphql HTTP/1.1\r\nHost: hub\r\n folded: x\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_refused_as_json_and_the_connection_ends(build_web, garbage, engine):
    async with serving(build_web()) as hub:
        async with dialled(hub) as (reader, writer):
            writer.write(garbage)
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            assert head.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 415 ")), head
            assert orjson.loads(body)["errors"][0]["extensions"]["code"]
        assert engine.executed == []
        await asyncio.sleep(0)
        await emptied(hub)
