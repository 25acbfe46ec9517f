"""The protocol, spoken with the real server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.exceptions import InvalidStatus

from hub.refusals import ErrorCode, Refusal, ThrottleRefusal

from .fakes import FakeAnswer, FakeCallers, FakeEngine, FakeRelay
from .serving import Served, serving

Serve = Callable[..., Any]


@pytest.fixture
def serve(build_web) -> Serve:
    return lambda **limits: serving(build_web(**limits))


@pytest.fixture
async def hub(serve: Serve) -> AsyncIterator[Served]:
    async with serve() as served:
        yield served


def ticking(*bodies: Any, then: asyncio.Event | None = None) -> Callable[[], Any]:
    async def ticks() -> AsyncIterator[Any]:
        for body in bodies:
            yield body
        if then is not None:
            await then.wait()

    return ticks


def forever() -> Callable[[], Any]:
    return ticking(then=asyncio.Event())


async def test_the_acknowledgement_names_the_request_id(hub: Served):
    async with hub.socket(additional_headers={"X-Request-Id": "abc"}) as peer:
        await peer.send("connection_init")
        assert await peer.take() == {"type": "connection_ack", "payload": {"requestId": "abc"}}
        assert peer.connection.subprotocol == "graphql-transport-ws"
        assert peer.connection.response.headers["x-request-id"] == "abc"


async def test_a_subscription_sends_its_items_and_completes(hub: Served, engine: FakeEngine):
    engine.ticks = ticking({"data": {"ticks": 1}}, b'{"data":{"ticks":2}}')
    async with hub.greeted() as peer:
        await peer.subscribe("a")
        assert await peer.take() == {"id": "a", "type": "next", "payload": {"data": {"ticks": 1}}}
        assert await peer.take() == {"id": "a", "type": "next", "payload": {"data": {"ticks": 2}}}
        assert await peer.take() == {"id": "a", "type": "complete"}


async def test_queries_and_mutations_work_over_the_socket(hub: Served, engine: FakeEngine):
    engine.release.set()
    async with hub.greeted() as peer:
        await peer.subscribe("q", "query ($t: String) { echo(text: $t) }", variables={"t": "hi"})
        first = await peer.take()
        assert first["payload"]["data"] == {"echo": "hi"}
        assert first["payload"]["extensions"]["requestId"]
        assert await peer.take() == {"id": "q", "type": "complete"}
        await peer.subscribe("q", "mutation { write }", variables=None, operationName=None, extensions={"a": 1})
        assert (await peer.take())["payload"]["data"] == {"write": "done"}
        assert await peer.take() == {"id": "q", "type": "complete"}


@pytest.mark.parametrize(
    "payload",
    [
        {"query": "{"},
        {"query": "{ nothing }"},
        {"query": "{ greeting }", "operationName": "Unknown"},
        {"query": "query ($id: ID!) { greeting }"},
        {"query": "query ($t: String) { echo(text: $t) }", "variables": {"t": "\0"}},
        {"query": "subscription ($id: ID!) { ticks }"},
    ],
)
async def test_a_bad_operation_fails_alone(hub: Served, engine: FakeEngine, payload):
    go_on = asyncio.Event()
    engine.ticks = ticking(then=go_on)
    async with hub.greeted() as peer:
        await peer.subscribe("good")
        await peer.send("subscribe", id="bad", payload=payload)
        failure = await peer.take()
        assert (failure["id"], failure["type"]) == ("bad", "error")
        assert all(error["extensions"]["code"] for error in failure["payload"])
        go_on.set()
        assert await peer.take() == {"id": "good", "type": "complete"}


async def test_an_answer_without_data_is_an_error(hub: Served, engine: FakeEngine):
    engine.answer = FakeAnswer({"errors": [{"message": "Busy."}]}, retry_after_ms=100, status=503)
    async with hub.greeted() as peer:
        await peer.subscribe("q", "{ greeting }")
        assert await peer.take() == {"id": "q", "type": "error", "payload": [{"message": "Busy."}]}


async def test_a_broken_stream_is_masked_and_logged_once(hub: Served, engine: FakeEngine):
    async def ticks() -> AsyncIterator[Any]:
        yield {"data": {"ticks": 1}}
        raise RuntimeError("secret")

    engine.ticks = ticks
    async with hub.greeted() as peer:
        with capture_logs() as logs:
            await peer.subscribe("a")
            await peer.take()
            failure = await peer.take()
        [error] = failure["payload"]
        assert failure["type"] == "error"
        assert error["extensions"]["code"] == "INTERNAL"
        assert "secret" not in error["message"]
        assert [entry["request_id"] for entry in logs] == [error["extensions"]["requestId"]]
        await peer.subscribe("b", "{ greeting }")
        assert (await peer.take())["id"] == "b"


async def test_a_refusal_out_of_a_stream_keeps_its_code(hub: Served, engine: FakeEngine):
    async def ticks() -> AsyncIterator[Any]:
        for _ in ():
            yield
        raise Refusal(ErrorCode.RESYNC, "Load again.")

    engine.ticks = ticks
    async with hub.greeted() as peer:
        await peer.subscribe("a")
        assert (await peer.take())["payload"][0]["extensions"]["code"] == "RESYNC"


async def test_completing_closes_the_stream_and_frees_the_id(hub: Served, engine: FakeEngine):
    engine.ticks = ticking({"data": {"ticks": 1}}, then=asyncio.Event())
    async with hub.greeted() as peer:
        await peer.subscribe("a")
        await peer.take()
        await peer.send("complete", id="a")
        assert await engine.ended.get() == "closed"
        await peer.send("complete", id="a")
        await peer.subscribe("a", "{ greeting }")
        assert (await peer.take())["payload"]["data"] == {"greeting": "Hello"}


async def test_completing_a_query_cancels_it(hub: Served, engine: FakeEngine):
    async with hub.greeted() as peer:
        await peer.subscribe("a", "{ slow }")
        await engine.started.wait()
        await peer.send("complete", id="a")
        assert await engine.ended.get() == "CancelledError"


async def test_a_mutation_is_finished_though_the_socket_goes(hub: Served, engine: FakeEngine):
    async with hub.greeted() as peer:
        await peer.subscribe("a", "mutation { write }")
        await engine.started.wait()
    engine.release.set()
    assert await engine.ended.get() == "answered"


async def test_the_same_id_twice_ends_the_socket(hub: Served, engine: FakeEngine):
    engine.ticks = forever()
    async with hub.greeted() as peer:
        await peer.subscribe("a")
        await peer.subscribe("a")
        assert (await peer.closed())[0] == 4409


async def test_pings_are_answered_before_and_after_the_greeting(hub: Served):
    async with hub.socket() as peer:
        await peer.send("ping", payload={"n": 1})
        assert await peer.take() == {"type": "pong", "payload": {"n": 1}}
        await peer.greet()
        await peer.send("ping")
        assert await peer.take() == {"type": "pong"}


async def test_the_server_pings_and_keeps_whom_it_hears(serve: Serve):
    async with serve(ping_interval=0.05) as hub, hub.greeted() as peer:
        for _ in range(5):
            assert await peer.take() == {"type": "ping"}
            await peer.send("pong")


async def test_a_peer_that_answers_no_ping_is_dropped(serve: Serve):
    async with serve(ping_interval=0.02) as hub, hub.greeted() as peer:
        assert (await peer.closed())[0] == 4511


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "1", '"ping"', "{}", '{"type": 1}', '{"type": "start"}', '{"type": ["ping"]}',
        '{"type": "ping", "payload": []}', '{"type": "pong", "payload": 1}',
        '{"type": "connection_init", "payload": []}',
        '{"type": "connection_init", "payload": {"Authorization": 1}}',
        '{"type": "subscribe"}', '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": "1", "payload": null}',
        '{"type": "subscribe", "id": "1", "payload": []}', '{"type": "subscribe", "id": "1", "payload": {}}',
        '{"type": "subscribe", "id": [1], "payload": {"query": "{ greeting }"}}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ greeting }"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ greeting }"}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ greeting }", "variables": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ greeting }", "operationName": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ greeting }", "extensions": "x"}}',
        '{"type": "complete"}', '{"type": "complete", "id": null}', "[" * 20_000,
        '{"type": "ping", "payload": {"n": ' + "9" * 5_000 + "}}", '{"type": "\\ud800"}',
    ],
)  # fmt: skip
async def test_a_malformed_message_ends_the_socket_with_a_short_reason(hub: Served, text):
    with capture_logs() as logs:
        async with hub.socket() as peer:
            await peer.connection.send(text)
            code, reason = await peer.closed()
    assert code == 4400
    assert 0 < len(reason.encode()) <= 123
    assert logs == []


async def test_unknown_keys_are_tolerated(hub: Served):
    async with hub.socket() as peer:
        await peer.send("connection_init", payload={"other": 1}, mine=2)
        assert (await peer.take())["type"] == "connection_ack"


async def test_binary_frames_are_malformed(hub: Served):
    async with hub.greeted() as peer:
        await peer.connection.send(b'{"type":"ping"}')
        assert (await peer.closed())[0] == 4400


@pytest.mark.parametrize("filler", ["x" * 79, "é" * 40])
async def test_a_message_past_the_limit_is_too_big(serve: Serve, filler):
    async with serve(frame_limit=100) as hub, hub.greeted() as peer:
        await peer.connection.send('{"type":"ping","a":"' + filler[1:] + '"}')
        assert await peer.take() == {"type": "pong"}
        await peer.connection.send('{"type":"ping","a":"' + filler + '"}')
        assert (await peer.closed())[0] == 1009


async def test_an_operation_before_the_greeting_is_unauthorized(hub: Served):
    async with hub.socket() as peer:
        await peer.send("pong")
        await peer.send("complete", id="1")
        await peer.subscribe()
        assert (await peer.closed())[0] == 4401


async def test_two_greetings_are_one_too_many(hub: Served):
    async with hub.greeted() as peer:
        await peer.send("connection_init")
        assert (await peer.closed())[0] == 4429


async def test_who_does_not_greet_is_sent_away(serve: Serve):
    async with serve(init_timeout=0.05) as hub, hub.socket() as peer:
        assert (await peer.closed())[0] == 4408


@pytest.mark.parametrize("subprotocols", [None, ["graphql-ws"]])
async def test_other_subprotocols_are_not_spoken(hub: Served, subprotocols):
    async with hub.socket(subprotocols=subprotocols) as peer:
        # Browsers and `ws` fail a connection whose offers are all passed over, and show neither code nor reason.
        assert peer.connection.subprotocol == (subprotocols[0] if subprotocols else None)
        assert await peer.closed() == (4406, "Only graphql-transport-ws is spoken here.")


@pytest.mark.parametrize("key", ["Authorization", "authorization", "AUTHORIZATION"])
async def test_the_token_comes_with_the_greeting(hub: Served, engine: FakeEngine, key):
    async with hub.socket() as peer:
        await peer.send("connection_init", payload={key: "Bearer good"})
        await peer.take()
        await peer.subscribe("a", "{ greeting }")
        await peer.take()
    assert [(caller.token, caller.address) for caller in engine.callers] == [("good", "127.0.0.1")]


@pytest.mark.parametrize("said", [None, ""])
async def test_no_token_and_an_empty_token_are_nobody(hub: Served, engine: FakeEngine, said):
    async with hub.socket() as peer:
        await peer.send("connection_init", payload={"Authorization": said})
        await peer.take()
        await peer.subscribe("a", "{ greeting }")
        await peer.take()
    assert engine.callers[0].token is None


@pytest.mark.parametrize(
    "payload",
    [
        {"Authorization": "Bearer wrong"},
        {"Authorization": "good"},
        {"Authorization": "Bearer good", "authorization": "Bearer other"},
    ],
)
async def test_a_bad_token_is_forbidden(hub: Served, payload):
    async with hub.socket() as peer:
        await peer.send("connection_init", payload=payload)
        assert (await peer.closed())[0] == 4403


async def test_a_caller_that_cannot_be_looked_up_may_come_back_later(hub: Served, callers: FakeCallers):
    callers.refusal = ThrottleRefusal(ErrorCode.OVERLOADED, "Busy.", retry_after_ms=1)
    async with hub.socket() as peer:
        await peer.send("connection_init")
        assert (await peer.closed())[0] == 1013


async def test_a_bug_ends_the_socket_and_is_logged_once(hub: Served, callers: FakeCallers):
    callers.refusal = RuntimeError("secret")
    with capture_logs() as logs:
        async with hub.socket() as peer:
            await peer.send("connection_init")
            code, reason = await peer.closed()
    assert code == 4500
    assert "secret" not in reason
    assert [entry["event"] for entry in logs] == ["A socket broke."]


async def test_the_operations_of_a_socket_are_limited(serve: Serve, engine: FakeEngine):
    engine.ticks = forever()
    async with serve(operations_per_socket=2) as hub, hub.greeted() as peer:
        for operation_id in "abc":
            await peer.subscribe(operation_id)
        refusal = await peer.take()
        assert (refusal["id"], refusal["type"]) == ("c", "error")
        assert refusal["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
        await peer.send("complete", id="a")
        await engine.ended.get()
        await peer.subscribe("c", "{ greeting }")
        assert (await peer.take())["type"] == "next"


async def test_the_messages_of_a_socket_are_limited(serve: Serve):
    async with serve(messages_per_second=5) as hub, hub.greeted() as peer:
        for _ in range(6):
            await peer.send("pong")
        assert (await peer.closed())[0] == 4529


async def test_a_socket_ends_when_its_token_expires(serve: Serve, callers: FakeCallers):
    callers.expires_at = datetime.now(UTC) + timedelta(seconds=0.2)
    async with serve() as hub, hub.greeted("good") as peer:
        assert (await peer.closed())[0] == 4510


async def test_a_revoked_token_ends_open_subscriptions(
    serve: Serve, callers: FakeCallers, engine: FakeEngine, relay: FakeRelay
):
    engine.ticks = ticking({"data": {"ticks": 1}}, then=asyncio.Event())
    async with serve() as hub, hub.greeted("good") as peer, hub.greeted("other") as other:
        await peer.subscribe()
        assert (await peer.take())["type"] == "next"
        callers.revoked.add("good")
        relay.tell("other")
        relay.tell("good")
        assert (await peer.closed())[0] == 4510
        assert await engine.ended.get() == "closed"
        await other.subscribe("a", "{ greeting }")
        assert (await other.take())["type"] == "next"


async def test_each_socket_of_a_person_is_told_and_the_person_is_followed_once(
    serve: Serve, callers: FakeCallers, relay: FakeRelay
):
    async with serve() as hub:
        async with hub.greeted("good") as one, hub.greeted("good") as two:
            assert [*relay.watches] == ["good"]
            callers.revoked.add("good")
            relay.tell("good")
            assert [(await peer.closed())[0] for peer in (one, two)] == [4510, 4510]
        await hub.connections.at_most(0)
        assert relay.watches == {}


async def test_a_change_between_the_look_up_and_the_greeting_is_not_missed(
    serve: Serve, callers: FakeCallers, relay: FakeRelay
):
    async with serve() as hub, hub.greeted("good") as first:
        callers.seq = 1
        relay.tell("good")
        await callers.asked.get()
        callers.seq = 0  # as of before
        callers.revoked.add("good")
        async with hub.socket() as second:
            await second.send("connection_init", payload={"Authorization": "Bearer good"})
            assert (await second.closed())[0] == 4510
        await first.send("ping")
        assert (await first.take())["type"] == "pong"


async def test_a_revoked_token_starts_nothing_new(serve: Serve, callers: FakeCallers, engine: FakeEngine):
    async with serve(session_interval=0) as hub, hub.greeted("good") as peer:
        callers.revoked.add("good")
        await peer.subscribe("a", "{ greeting }")
        assert (await peer.closed())[0] == 4510
        assert engine.executed == []


async def test_a_look_is_good_for_a_while(serve: Serve, callers: FakeCallers):
    async with serve(session_interval=600) as hub, hub.greeted("good") as peer:
        await peer.subscribe("a", "{ greeting }")
        assert (await peer.take())["type"] == "next"
        assert callers.asked.empty()


async def test_nobody_has_no_session_to_ask_about(
    serve: Serve, callers: FakeCallers, engine: FakeEngine, relay: FakeRelay
):
    engine.ticks = forever()
    async with serve(session_interval=0, ping_interval=0.1) as hub, hub.greeted() as peer:
        await peer.subscribe()
        assert await peer.take() == {"type": "ping"}
        assert callers.asked.empty()
        assert relay.watches == {}


async def test_an_open_socket_is_not_asked_about(serve: Serve, callers: FakeCallers, engine: FakeEngine):
    engine.ticks = forever()
    async with serve(ping_interval=0.1) as hub, hub.greeted("good") as peer:
        await peer.subscribe()
        assert await peer.take() == {"type": "ping"}
        assert callers.asked.empty()


async def test_a_session_that_cannot_be_checked_goes_on_and_is_checked_again(
    serve: Serve, callers: FakeCallers, relay: FakeRelay, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hub.web.sessions._RETRY_SECONDS", 0.01)
    async with serve() as hub, hub.greeted("good") as peer:
        callers.problem = RuntimeError("database away")
        with capture_logs() as logs:
            relay.tell("good")
            await callers.asked.get()
            await callers.asked.get()
        await peer.subscribe("a", "{ greeting }")
        assert (await peer.take())["type"] == "next"
        assert logs[0]["event"] == "A session could not be checked."
        callers.problem = None
        callers.revoked.add("good")
        assert (await peer.closed())[0] == 4510


async def test_pages_of_other_hosts_may_not_connect(serve: Serve, callers: FakeCallers):
    async with serve(allowed_origins=("https://club.example",)) as hub:
        for origin in ("https://evil.example", "null", "http://[", "http://127.0.0.1:1"):
            with pytest.raises(InvalidStatus) as refused:
                async with hub.socket(origin=origin):
                    pass
            assert refused.value.response.status_code == 403
        ours = "http://{}:{}".format(*hub.address)
        for origin in ("https://club.example", ours, None):
            async with hub.greeted(origin=origin):
                pass
        assert callers.origins == ["https://club.example", ours, None]


async def refused(hub: Served) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as refusal:
        async with hub.socket():
            pass
    return refusal.value.response.status_code, refusal.value.response.headers["retry-after"]


async def test_the_sockets_of_an_address_are_limited(serve: Serve):
    async with serve(sockets_per_address=1) as hub:
        async with hub.greeted():
            assert await refused(hub) == (429, "5")
        await emptied(hub)
        async with hub.greeted():
            pass


async def test_the_sockets_of_a_process_are_limited(serve: Serve):
    async with serve(sockets_total=1) as hub, hub.greeted():
        assert await refused(hub) == (503, "5")


async def test_the_sockets_of_a_viewer_are_limited(serve: Serve):
    async with serve(sockets_per_viewer=1) as hub, hub.greeted("good") as first:
        async with hub.socket() as second:
            await second.send("connection_init", payload={"Authorization": "Bearer good"})
            assert (await second.closed())[0] == 4530
        async with hub.greeted("other"), hub.greeted(), hub.greeted():
            await first.subscribe("a", "{ greeting }")
            assert (await first.take())["type"] == "next"


async def emptied(hub: Served) -> None:
    async with asyncio.timeout(5):
        await hub.web.sockets.emptied()


async def test_nothing_of_a_socket_outlives_it(hub: Served, engine: FakeEngine):
    engine.ticks = forever()
    before = asyncio.all_tasks()
    async with hub.greeted("good") as peer:
        for operation_id in "abc":
            await peer.subscribe(operation_id)
        await peer.subscribe("d", "{ slow }")
        await engine.started.wait()
        # The socket, its writer, ping and session, four operations, and the client's own.
        assert len(asyncio.all_tasks() - before) >= 8
    for _ in range(4):
        await engine.ended.get()
    await emptied(hub)
    if ending := asyncio.all_tasks() - before:
        await asyncio.wait(ending, timeout=5)
    assert asyncio.all_tasks() == before


async def test_a_long_replay_waits_for_the_peer_and_loses_nothing(serve: Serve, engine: FakeEngine):
    engine.ticks = ticking(*({"data": {"ticks": n}} for n in range(1_000)))
    async with serve(queue_limit=3) as hub, hub.greeted() as peer:
        await peer.subscribe()
        got = [(await peer.take())["payload"]["data"]["ticks"] for _ in range(1_000)]
        assert got == list(range(1_000))
        assert (await peer.take())["type"] == "complete"
