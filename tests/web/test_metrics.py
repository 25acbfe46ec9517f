"""`/metrics`: who sees it, and that its numbers move."""

import re

import httpx2
import pytest
from starlette.applications import Starlette

from .events import reading
from .serving import serving


def shown(page: str, name: str) -> float:
    (value,) = re.findall(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)
    return float(value)


async def ask(web, peer: str = "127.0.0.1", **headers: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(Starlette(routes=web.routes), client=(peer, 4711))
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as client:
        return await client.get("/metrics", headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_programs_of_the_same_machine_are_answered(build_web, peer):
    answer = await ask(build_web(), peer)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert shown(answer.text, "hub_sockets") == 0


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "via", "x_real_ip"])
async def test_strangers_are_not_answered_nor_who_comes_through_a_proxy(build_web, header):
    assert (await ask(build_web(), "192.0.2.1")).status_code == 404
    assert (await ask(build_web(), **{header: "192.0.2.1"})).status_code == 404


async def test_with_a_token_it_is_asked_for_from_everywhere(build_web):
    web = build_web(metrics_token="watcher")
    assert (await ask(web)).status_code == 401
    assert (await ask(web, authorization="Bearer other")).status_code == 401
    assert (await ask(web, authorization="watcher")).status_code == 401
    assert (await ask(web, "192.0.2.1", authorization="Bearer watcher")).status_code == 200
    assert "watcher" not in repr(web)


async def test_sockets_and_streams_are_counted_and_how_they_end(engine, build_web):
    web = build_web()
    async with serving(web) as hub:
        before = (await ask(web)).text
        async with hub.greeted() as peer, reading(hub, "subscription { ticks }") as events:
            assert shown((await ask(web)).text, "hub_sockets") == 1
            await peer.connection.send("[]")
            assert (await peer.closed())[0] == 4400
            await events.rest()
        await web.sockets.emptied()
    after = (await ask(web)).text
    assert (shown(after, "hub_sockets"), shown(after, "hub_event_streams")) == (0, 0)
    for name in ('hub_socket_endings_total{code="4400"}', 'hub_event_stream_endings_total{reason="complete"}'):
        assert shown(after, name) == (shown(before, name) if name in before else 0) + 1
