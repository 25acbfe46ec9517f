"""Event streams over the real server: what is sent, when it ends, and what is left of it then."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from hub import metrics
from hub.live.cursor import LiveCursor
from hub.live.groups import Delivery
from hub.refusals import ErrorCode, Refusal, ThrottleRefusal

from .events import Events, data, reading
from .serving import serving
from .test_server import FRAME, dialled, flood, hasty, once  # noqa: F401 - fixtures

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)


async def two() -> AsyncIterator[Delivery]:
    yield Delivery(b'{"data":{"ticks":1}}', LiveCursor(7, 0, 1))
    yield Delivery(b'{"data":{"ticks":2}}')


class Ticker:
    """Ticks by hand, never ends."""

    def __init__(self) -> None:
        self.ticks: asyncio.Queue[bytes] = asyncio.Queue()

    async def __call__(self) -> AsyncIterator[bytes]:
        while True:
            yield await self.ticks.get()


@pytest.fixture
def ticker(engine) -> Ticker:
    engine.ticks = Ticker()
    return engine.ticks


def streams() -> float:
    return metrics.EVENT_STREAMS._value.get()


@pytest.fixture
def queued() -> Iterator[None]:
    """No event is left in the count of those that wait."""
    before = metrics.QUEUED._value.get()
    yield
    assert metrics.QUEUED._value.get() == before


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_subscription_comes_as_events(engine, build_web, method):
    engine.ticks = two
    async with serving(build_web()) as hub, reading(hub, method=method, x_request_id="mine") as events:
        headers = events.answer.headers
        assert events.answer.status_code == 200
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert (headers["x-request-id"], headers["cache-control"]) == ("mine", "no-store")
        assert headers["x-accel-buffering"] == "no"
        cursor = str(LiveCursor(7, 0, 1)).encode()
        assert await events.rest() == [
            b"event: next\nid: " + cursor + b'\ndata: {"data":{"ticks":1}}',
            b'event: next\ndata: {"data":{"ticks":2}}',
            b"event: complete\ndata:",
        ]


async def test_the_first_byte_is_a_ping_and_more_follow(ticker, build_web):
    async with serving(build_web(ping_interval=0.01)) as hub, reading(hub) as events:
        assert [await events.any() for _ in range(3)] == [b":", b":", b":"]


async def test_last_event_id_is_handed_on(engine, build_web):
    async with serving(build_web()) as hub:
        async with reading(hub, last_event_id="a-cursor") as events:
            await events.rest()
        async with reading(hub) as events:
            await events.rest()
    assert engine.positions == ["a-cursor", None]


async def test_a_query_of_who_takes_only_events_is_one_event(build_web):
    async with serving(build_web()) as hub, reading(hub, "{ greeting }") as events:
        event, complete, end = await events.next(), await events.next(), await events.next()
        assert data(event)["data"] == {"greeting": "Hello"}
        assert (complete, end) == (b"event: complete\ndata:", None)


async def test_urql_gets_json_for_queries_and_events_for_subscriptions(engine, build_web):
    engine.ticks = two
    async with serving(build_web()) as hub:
        async with reading(hub, "{ greeting }", accept=URQL) as answer:
            assert answer.answer.headers["content-type"].startswith("application/graphql-response+json")
        async with reading(hub, accept=URQL) as events:
            assert len(await events.rest()) == 3


@pytest.mark.parametrize("query", ["{ nothing }", "{", "subscription { nothing }"])
async def test_a_bad_document_is_an_event_and_the_end(build_web, query):
    async with serving(build_web()) as hub, reading(hub, query) as events:
        assert events.answer.status_code == 200
        event, *rest = await events.rest()
        assert data(event)["errors"]
        assert "data" not in data(event)
        assert rest == [b"event: complete\ndata:"]


async def test_a_bad_token_is_an_event_and_the_end(build_web):
    async with serving(build_web()) as hub, reading(hub, token="bad") as events:
        event, complete = await events.rest()
        assert data(event)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert complete == b"event: complete\ndata:"


async def test_a_refusal_to_follow_is_an_event_and_the_end(engine, build_web):
    async def refused() -> AsyncIterator[bytes]:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such thing.")
        yield

    engine.ticks = refused
    async with serving(build_web()) as hub, reading(hub) as events:
        event, complete = await events.rest()
        assert data(event)["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert complete == b"event: complete\ndata:"


async def test_a_bug_shows_nothing_but_the_request_id(engine, build_web):
    async def broken() -> AsyncIterator[bytes]:
        raise ValueError("secret")
        yield

    engine.ticks = broken
    async with serving(build_web()) as hub, reading(hub, x_request_id="mine") as events:
        event, _ = await events.rest()
        assert b"secret" not in event
        assert data(event)["errors"][0]["extensions"] == {"code": "INTERNAL", "requestId": "mine"}


async def test_who_is_to_try_again_gets_a_status_that_says_so(callers, build_web):
    callers.refusal = ThrottleRefusal(ErrorCode.OVERLOADED, "Later.", retry_after_ms=2_000)
    async with serving(build_web()) as hub, reading(hub) as events:
        assert (events.answer.status_code, events.answer.headers["retry-after"]) == (503, "2")
        assert events.answer.headers["content-type"].startswith("application/json")


async def test_a_form_of_a_foreign_page_starts_nothing(engine, build_web):
    async with serving(build_web()) as hub, reading(hub, content_type="text/plain") as events:
        assert events.answer.status_code == 415
    assert engine.positions == []


async def test_a_page_of_a_foreign_origin_may_not_hold_a_stream(engine, build_web):
    async with serving(build_web(allowed_origins=("https://club.example",))) as hub:
        async with reading(hub, method="GET", origin="https://evil.example") as events:
            event, _ = await events.rest()
            assert data(event)["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert engine.positions == []
        async with reading(hub, method="GET", origin="https://club.example") as events:
            await events.rest()
    assert engine.positions == [None]


@pytest.mark.parametrize("limits", [{"sockets_per_address": 1}, {"sockets_per_viewer": 1}, {"sockets_total": 1}])
async def test_streams_and_sockets_share_the_places(ticker, build_web, limits):
    async with serving(build_web(**limits)) as hub, reading(hub, token="good") as first:
        await first.any()
        async with reading(hub, token="good") as second:
            assert second.answer.status_code == (503 if "sockets_total" in limits else 429)
            assert second.answer.headers["retry-after"] == "5"


async def test_a_session_that_ends_is_said_and_ends_the_stream(callers, relay, ticker, build_web):
    async with serving(build_web()) as hub, reading(hub, token="good") as events:
        ticker.ticks.put_nowait(b"{}")
        assert data(await events.next()) == {}
        callers.revoked.add("good")
        relay.tell("good")
        event, complete = await events.rest()
        assert data(event)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert complete == b"event: complete\ndata:"


@pytest.mark.usefixtures("queued")
async def test_who_hangs_up_leaves_nothing(engine, ticker, build_web):
    async with serving(build_web()) as hub:
        before = asyncio.all_tasks()
        for _ in range(20):
            async with reading(hub) as events:
                await events.any()
                assert streams() == 1
            async with asyncio.timeout(10):
                assert await engine.ended.get() == "closed"
                await hub.web.sockets.emptied()
        await hub.connections.at_most(0)
        await asyncio.sleep(0)
        assert streams() == 0
        assert asyncio.all_tasks() <= before


async def test_shutdown_ends_streams_without_complete_so_that_readers_come_back(engine, ticker, build_web):
    async with serving(build_web()) as hub, reading(hub) as events:
        ticker.ticks.put_nowait(b"{}")
        assert data(await events.next()) == {}
        await hub.web.shutdown(5)
        assert await events.rest() == []
        assert engine.advised == 1
        async with reading(hub) as late:
            assert late.answer.status_code == 503


@pytest.mark.usefixtures("hasty", "queued")
@pytest.mark.parametrize("how", ["too slow", "shutdown"])
async def test_who_never_reads_is_dropped(engine, build_web, caplog, how):
    engine.ticks = flood
    deadline = 0.1 if how == "too slow" else 60
    web = build_web(send_deadline=deadline, close_deadline=0.1)
    async with serving(web) as hub, dialled(hub) as (reader, writer):
        writer.write(
            b"GET /graphql?query=subscription%7Bticks%7D HTTP/1.1\r\nHost: hub\r\nAccept: text/event-stream\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        if how == "shutdown":
            await hub.web.shutdown(5)
            await hub.stop()
        await web.sockets.emptied()
        await hub.connections.at_most(0)
        assert await engine.ended.get() == "closed"
    assert caplog.records == []


@pytest.mark.usefixtures("hasty")
async def test_a_send_that_is_stuck_ends_its_stream_though_nothing_waits_behind_it(engine, build_web):
    engine.ticks = once
    async with serving(build_web(send_deadline=0.1, close_deadline=0.1)) as hub, dialled(hub) as (_, writer):
        writer.transport.pause_reading()
        writer.write(
            b"GET /graphql?query=subscription%7Bticks%7D HTTP/1.1\r\nHost: hub\r\nAccept: text/event-stream\r\n\r\n"
        )
        assert await engine.ended.get() == "closed"
        await hub.connections.at_most(0)


async def test_a_fast_reader_is_not_held_up_by_one_that_never_reads(engine, build_web):
    async def hundred() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield FRAME

    engine.ticks = hundred
    async with serving(build_web(send_deadline=60)) as hub, dialled(hub) as (reader, writer):
        writer.write(
            b"GET /graphql?query=subscription%7Bticks%7D HTTP/1.1\r\nHost: hub\r\nAccept: text/event-stream\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        async with reading(hub) as events:
            heard = await events.rest()
            assert len(heard) == 101
            assert heard[0] == b"event: next\ndata: " + FRAME


async def test_the_connection_can_be_used_again_after_a_stream(engine, build_web):
    engine.ticks = two
    async with serving(build_web()) as hub, dialled(hub) as (reader, writer):
        ask = b"GET /graphql?query=subscription%7Bticks%7D HTTP/1.1\r\nHost: hub\r\nAccept: text/event-stream\r\n\r\n"
        for _ in range(2):
            writer.write(ask)
            answer = await reader.readuntil(b"\r\n0\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200")
            assert answer.endswith(b"event: complete\ndata:\n\n\r\n0\r\n\r\n")


def test_all_readers_get_the_very_same_event():
    from hub.web.streams.frames import Frames

    frames, delivery = Frames(), Delivery(b"{}")
    assert frames.of(delivery) is frames.of(delivery)
    assert frames.of(Delivery(b"[]")) == b"event: next\ndata: []\n\n"
    assert Events
