import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx2
import orjson
import pytest
from structlog.testing import capture_logs

from hub.refusals import AccessRefusal, ErrorCode, ThrottleRefusal

from .fakes import FakeAnswer, FakeCallers, FakeEngine

GREETING = {"query": "{ greeting }"}
JSON = {"Content-Type": "application/json"}
RESPONSE = "application/graphql-response+json"


def code(answer: httpx2.Response) -> str:
    [error] = answer.json()["errors"]
    return error["extensions"]["code"]


async def test_a_query_is_answered_by_post(client):
    answer = await client.post("/graphql", json=GREETING)
    assert answer.status_code == 200
    assert answer.json()["data"] == {"greeting": "Hello"}


async def test_a_query_is_answered_by_get_with_variables(client):
    variables = orjson.dumps({"t": "hi"}).decode()
    params = {"query": "query ($t: String) { echo(text: $t) }", "variables": variables, "operationName": ""}
    answer = await client.get("/graphql", params=params)
    assert answer.status_code == 200
    assert answer.json()["data"] == {"echo": "hi"}


async def test_the_named_operation_is_executed(client):
    document = 'query A { greeting } query B { echo(text: "b") }'
    answer = await client.post("/graphql", json={"query": document, "operationName": "B"})
    assert answer.json()["data"] == {"echo": "b"}


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (RESPONSE, RESPONSE),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        (f"{RESPONSE}, application/json;q=0.9", RESPONSE),
    ],
)
async def test_the_answer_has_the_media_type_that_was_asked_for(client, accept, media):
    answer = await client.post("/graphql", json=GREETING, headers={"Accept": accept})
    assert answer.headers["content-type"] == f"{media}; charset=utf-8"


async def test_without_an_accept_header_the_answer_has_the_media_type_of_graphql(client):
    del client.headers["accept"]
    answer = await client.post("/graphql", json=GREETING)
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{RESPONSE}; charset=utf-8")
    refused = await client.post("/graphql", json={"query": "{ nothing }"})
    assert (refused.status_code, refused.headers["content-type"]) == (400, f"{RESPONSE}; charset=utf-8")
    assert "data" not in refused.json()


@pytest.mark.parametrize(("method", "body"), [("POST", b"{"), ("POST", b'{"query": "{ nothing }"}'), ("PUT", b"")])
async def test_who_takes_anything_is_refused_in_the_media_type_of_graphql(client, method, body):
    answer = await client.request(method, "/graphql", content=body, headers={**JSON, "Accept": "*/*"})
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == f"{RESPONSE}; charset=utf-8"
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    "document", ["{", "{ nothing }", "query ($id: ID!) { greeting }", "query A { greeting } query B { greeting }"]
)
@pytest.mark.parametrize(("accept", "status"), [(RESPONSE, 400), ("*/*", 400), ("application/json", 200)])
async def test_a_bad_document_has_an_honest_status_unless_old_json_is_asked_for(client, document, accept, status):
    answer = await client.post("/graphql", json={"query": document}, headers={"Accept": accept})
    assert answer.status_code == status
    assert "data" not in answer.json()
    assert answer.json()["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"query": ',
        b"12",
        b"true",
        b"null",
        b'"{ greeting }"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"query": "{ greeting }", "variables": {"n": ' + b"9" * 5_000 + b"}}",
        b'{"query": "\\ud800"}',
        b'{"query": "{ greeting }", "variables": {"text": "\\u0000"}}',
        b'{"query": "{ greeting }", "variables": {"\\u0000": 1}}',
        b'{"query": "\x00"}',
        b'{"query": "{ greeting }", "variables": ' + b'{"a":' * 100 + b"1" + b"}" * 101,
    ],
)
@pytest.mark.parametrize("accept", [RESPONSE, "application/json", "*/*"])
async def test_what_is_no_request_is_answered_400_as_json(client, engine, body, accept):
    answer = await client.post("/graphql", content=body, headers={**JSON, "Accept": accept})
    assert answer.status_code == 400
    assert code(answer) == "BAD_REQUEST"
    assert engine.executed == []


@pytest.mark.parametrize(
    "part",
    [
        {"query": None}, {"query": 0}, {"query": {}}, {"query": ["{ greeting }"]},
        {"variables": "x"}, {"variables": 0}, {"variables": []}, {"variables": False},
        {"operationName": 1}, {"operationName": {}}, {"operationName": []}, {"operationName": False},
        {"extensions": "x"}, {"extensions": 0}, {"extensions": []}, {"extensions": False},
    ],
)  # fmt: skip
async def test_a_parameter_of_the_wrong_type_is_refused(client, part):
    answer = await client.post("/graphql", json=GREETING | part)
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


async def test_null_parameters_and_unknown_keys_are_tolerated(client):
    body = GREETING | {"variables": None, "operationName": None, "extensions": None, "mine": [1]}
    assert (await client.post("/graphql", json=body)).status_code == 200


async def test_batches_are_refused(client, engine):
    answer = await client.post("/graphql", json=[GREETING, GREETING])
    assert (answer.status_code, code(answer)) == (400, "BATCHING_NOT_SUPPORTED")
    assert engine.executed == []


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "variables={}",
        "query={greeting}&variables=[]",
        "query={greeting}&variables={",
        "query={greeting}&extensions=1",
        "query={greeting}&query={greeting}",
        "query=%ff",
        "query={greeting}%00",
        "&".join(f"a{n}=1" for n in range(100)),
    ],
)
async def test_an_address_that_is_no_request_is_refused(client, query_string):
    answer = await client.get(f"/graphql?{query_string}")
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


async def test_a_long_address_is_refused(browse):
    answer = await browse(body_limit=100).get("/graphql", params={"query": "{ greeting }" + " " * 100})
    assert (answer.status_code, code(answer)) == (414, "ADDRESS_TOO_LONG")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1",
        "application/graphql",
        "",
    ],
)
async def test_other_content_types_are_refused(client, content_type):
    answer = await client.post("/graphql", content=orjson.dumps(GREETING), headers={"Content-Type": content_type})
    assert (answer.status_code, code(answer)) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_header_in_several_lines_is_one_list(client):
    json, other = ("Accept", "application/json"), ("Accept", "text/html")
    for lines in ([other, json], [json, other]):
        answer = await client.post("/graphql", json=GREETING, headers=lines)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")
    twice = [("Content-Type", "application/json"), ("Content-Type", "text/plain")]
    assert (await client.post("/graphql", content=orjson.dumps(GREETING), headers=twice)).status_code == 415


async def test_a_missing_content_type_is_refused(client):
    answer = await client.post("/graphql", content=orjson.dumps(GREETING))
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
async def test_json_in_utf_8_is_taken(client, content_type):
    answer = await client.post("/graphql", content=orjson.dumps(GREETING), headers={"Content-Type": content_type})
    assert answer.status_code == 200


async def test_compressed_bodies_are_refused(client):
    answer = await client.post("/graphql", content=b"x", headers={**JSON, "Content-Encoding": "gzip"})
    assert answer.status_code == 415


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
async def test_other_methods_are_told_which_ones_there_are(client, method):
    answer = await client.request(method, "/graphql")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


async def test_a_mutation_by_get_is_refused_and_not_executed(client, engine):
    answer = await client.get("/graphql", params={"query": "mutation { write }"})
    assert (answer.status_code, code(answer)) == (405, "MUTATION_NEEDS_POST")
    assert answer.headers["allow"] == "POST"
    assert engine.executed == []


@pytest.mark.parametrize(
    "accept", ["text/plain", "text/html", "application/xml;q=1, */*;q=0", "application/json;charset=latin1"]
)
async def test_what_we_cannot_answer_in_is_refused(client, accept):
    answer = await client.post("/graphql", json=GREETING, headers={"Accept": accept})
    assert (answer.status_code, code(answer)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("accept", ["application/json", RESPONSE, "*/*", f"{RESPONSE}, */*;q=0.1"])
async def test_a_subscription_is_sent_to_the_socket(client, method, accept):
    request = {"params" if method == "GET" else "json": {"query": "subscription { ticks }"}}
    answer = await client.request(method, "/graphql", headers={"Accept": accept}, **request)
    assert (answer.status_code, code(answer)) == (406, "SUBSCRIPTION_NEEDS_SOCKET")
    assert "graphql-transport-ws" in answer.json()["errors"][0]["message"]


class Body:
    """A body that counts how much of it was read."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = list(parts)
        self.read = 0

    async def __call__(self) -> dict[str, Any]:
        if not self.parts:
            await asyncio.Event().wait()
        self.read += 1
        return {"type": "http.request", "body": self.parts.pop(0), "more_body": True}


async def post_raw(app: Any, receive: Any, *headers: tuple[bytes, bytes]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "client": ("127.0.0.1", 1),
        "headers": [(b"content-type", b"application/json"), *headers],
    }  # fmt: skip
    await app(scope, receive, send)
    return sent


def endpoint(web: Any) -> Any:
    return web.routes[0].app


async def test_a_body_past_the_limit_is_refused_while_it_comes(build_web):
    body = Body(*[b" " * 600] * 10)
    start, *_ = await post_raw(endpoint(build_web(body_limit=1_024)), body)
    assert start["status"] == 413
    assert body.read == 2


async def test_a_body_announced_as_too_large_is_not_read(build_web):
    for length in (b"1025", b"9" * 5_000):
        body = Body(b"{}")
        start, *_ = await post_raw(endpoint(build_web(body_limit=1_024)), body, (b"content-length", length))
        assert start["status"] == 413
        assert body.read == 0


async def test_a_body_that_does_not_come_is_given_up(build_web):
    start, end = await post_raw(endpoint(build_web(body_deadline=0.01)), Body(b"{"))
    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]
    assert orjson.loads(end["body"])["errors"][0]["extensions"]["code"] == "BODY_TOO_SLOW"


class Leaver:
    """Sends one request and hangs up when told."""

    def __init__(self, document: str, left: asyncio.Event) -> None:
        self._body: bytes | None = orjson.dumps({"query": document})
        self._left = left

    async def __call__(self) -> dict[str, Any]:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body}
        await self._left.wait()
        return {"type": "http.disconnect"}


async def test_a_query_that_nobody_waits_for_is_cancelled(build_web, engine: FakeEngine):
    sent = await post_raw(endpoint(build_web()), Leaver("{ slow }", engine.started))
    assert sent == []
    assert await engine.ended.get() == "CancelledError"


async def test_a_query_by_get_that_nobody_waits_for_is_cancelled(build_web, engine: FakeEngine):
    messages = [{"type": "http.request", "body": b""}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await engine.started.wait()
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "query_string": b"query={slow}", "client": None, "headers": []}
    async with asyncio.timeout(5):
        await endpoint(build_web())(scope, receive, None)
    assert await engine.ended.get() == "CancelledError"


async def test_a_mutation_that_nobody_waits_for_is_finished(build_web, engine: FakeEngine):
    web = build_web()
    assert await post_raw(endpoint(web), Leaver("mutation { write }", engine.started)) == []
    engine.release.set()
    assert await engine.ended.get() == "answered"
    await web.shutdown(1)


async def test_a_client_that_leaves_before_its_body_is_complete_gets_no_answer(build_web, engine: FakeEngine):
    async def leave() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    assert await post_raw(endpoint(build_web()), leave) == []


async def test_a_request_leaves_no_task_behind(build_web, engine: FakeEngine):
    before = asyncio.all_tasks()
    await post_raw(endpoint(build_web()), Leaver("{ greeting }", asyncio.Event()))
    _, left = await asyncio.wait(asyncio.all_tasks() - before, timeout=5)
    assert not left


async def test_the_token_says_who_asks(client, engine: FakeEngine):
    await client.post("/graphql", json=GREETING)
    await client.post("/graphql", json=GREETING, headers={"Authorization": "bearer good"})
    assert [caller.token for caller in engine.callers] == [None, "good"]


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "good", "Basic good", "Bearer", "Bearer a b", "Bearer " + "a" * 5_000]
)
@pytest.mark.parametrize("accept", [RESPONSE, "application/json"])
async def test_a_bad_token_is_no_login(client, engine, header, accept):
    answer = await client.post("/graphql", json=GREETING, headers={"Authorization": header, "Accept": accept})
    assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert engine.executed == []


@pytest.mark.parametrize("header", ["", " "])
async def test_who_says_nothing_in_the_header_is_nobody(client, engine: FakeEngine, header):
    """As the documentation of Apollo Client has it for visitors who are not logged in."""
    answer = await client.post("/graphql", json=GREETING, headers={"Authorization": header})
    assert (answer.status_code, engine.callers[0].token) == (200, None)


@pytest.mark.parametrize("name", ["token", "access_token", "authorization", "Authorization"])
@pytest.mark.parametrize("value", ["good", "Bearer good"])
async def test_a_token_in_the_address_is_nobodys(client, engine: FakeEngine, name, value):
    address = {"query": "{ greeting }", name: value}
    assert (await client.get("/graphql", params=address)).status_code == 200
    assert (await client.post("/graphql", params=address, json=GREETING)).status_code == 200
    assert [caller.token for caller in engine.callers] == [None, None]


async def test_two_tokens_are_no_login(client):
    headers = [("Authorization", "Bearer good"), ("Authorization", "Bearer other")]
    assert (await client.post("/graphql", json=GREETING, headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (ThrottleRefusal(ErrorCode.RATE_LIMITED, "Slower.", retry_after_ms=1_500), 429),
        (ThrottleRefusal(ErrorCode.OVERLOADED, "Busy.", retry_after_ms=2_000), 503),
    ],
)
async def test_a_throttled_caller_is_told_when_to_come_back(client, callers: FakeCallers, refusal, status):
    callers.refusal = refusal
    answer = await client.post("/graphql", json=GREETING)
    assert (answer.status_code, code(answer)) == (status, refusal.code)
    assert answer.headers["retry-after"] == "2"


async def test_a_banned_caller_is_forbidden(client, callers: FakeCallers):
    callers.refusal = AccessRefusal(ErrorCode.BANNED, "Banned.")
    answer = await client.post("/graphql", json=GREETING)
    assert (answer.status_code, code(answer)) == (403, "BANNED")
    assert "until" not in answer.json()["errors"][0]["extensions"]


async def test_a_suspended_caller_hears_until_when(client, callers: FakeCallers):
    until = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    callers.refusal = AccessRefusal(ErrorCode.SUSPENDED, "Suspended.", until=until)
    answer = await client.post("/graphql", json=GREETING)
    assert (answer.status_code, code(answer)) == (403, "SUSPENDED")
    assert answer.json()["errors"][0]["extensions"]["until"] == "2030-01-02T03:04:05.000Z"


async def test_a_shed_operation_is_told_when_to_come_back(client, engine: FakeEngine):
    engine.answer = FakeAnswer({"errors": [{"message": "Busy."}]}, retry_after_ms=100, status=503)
    answer = await client.post("/graphql", json=GREETING, headers={"Accept": "application/json"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


async def test_a_sane_request_id_is_kept(client, engine: FakeEngine):
    answer = await client.post("/graphql", json=GREETING, headers={"X-Request-Id": "my-id_1.2"})
    assert answer.headers["x-request-id"] == "my-id_1.2"
    assert answer.json()["extensions"]["requestId"] == "my-id_1.2"
    assert engine.callers[0].request_id == "my-id_1.2"


@pytest.mark.parametrize("given", [None, "", "a b", "a" * 65, 'x"y', "é".encode()])
async def test_other_request_ids_are_replaced(client, given):
    headers = {} if given is None else {"X-Request-Id": given}
    first = await client.post("/graphql", json=GREETING, headers=headers)
    second = await client.post("/graphql", json=GREETING, headers=headers)
    assert len(first.headers["x-request-id"]) == 24
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


@pytest.mark.parametrize("request_of", [{"method": "PUT"}, {"method": "POST", "content": b"{"}, {"method": "GET"}])
async def test_refusals_carry_the_request_id_too(client, request_of):
    answer = await client.request(url="/graphql", headers={**JSON, "X-Request-Id": "abc"}, **request_of)
    assert answer.headers["x-request-id"] == "abc"
    assert answer.json()["extensions"] == {"requestId": "abc"}


async def test_the_extensions_of_an_answer_are_kept_and_its_body_is_not_changed(client, engine: FakeEngine):
    body = {"data": {"greeting": "Hi"}, "extensions": {"cost": {"requested": 1}}}
    engine.answer = FakeAnswer(body)
    answer = await client.post("/graphql", json=GREETING, headers={"X-Request-Id": "abc"})
    assert answer.json()["extensions"] == {"cost": {"requested": 1}, "requestId": "abc"}
    assert body["extensions"] == {"cost": {"requested": 1}}


async def test_an_answer_may_hold_encoded_parts(client, engine: FakeEngine):
    engine.answer = FakeAnswer({"data": orjson.Fragment(b'{"greeting":"Hi"}')})
    assert (await client.post("/graphql", json=GREETING)).json()["data"] == {"greeting": "Hi"}


@pytest.mark.parametrize("body", [{"data": object()}, {"data": "\ud800"}])
async def test_a_bug_is_masked_and_logged_once_with_the_id_that_the_client_got(client, engine: FakeEngine, body):
    engine.answer = FakeAnswer(body)
    with capture_logs() as logs:
        answer = await client.post("/graphql", json=GREETING)
    assert (answer.status_code, code(answer)) == (500, "INTERNAL")
    assert "Traceback" not in answer.text
    assert "serializable" not in answer.text
    [entry] = logs
    assert entry["request_id"] == answer.json()["errors"][0]["extensions"]["requestId"]
    assert entry["exc_info"]


async def test_a_failing_field_leaves_the_rest(client):
    answer = await client.post("/graphql", json={"query": "{ greeting half }"}, headers={"Accept": RESPONSE})
    assert answer.status_code == 200
    assert answer.json()["data"] == {"greeting": "Hello", "half": None}


async def test_the_draft_has_codes_of_its_own(browse, engine: FakeEngine):
    engine.bad_status = 422
    client = browse(draft_statuses=True)
    headers = {"Accept": RESPONSE}
    for document, status in (("{ greeting half }", 294), ("{ nothing }", 422), ("{", 400), ("{ greeting }", 200)):
        answer = await client.post("/graphql", json={"query": document}, headers=headers)
        assert answer.status_code == status
    assert (
        await client.post("/graphql", json={"query": "{ nothing }"}, headers={"Accept": "application/json"})
    ).status_code == 200


async def test_without_the_draft_a_judged_document_is_a_bad_request(client, engine: FakeEngine):
    engine.bad_status = 422
    answer = await client.post("/graphql", json={"query": "{ nothing }"}, headers={"Accept": RESPONSE})
    assert answer.status_code == 400


async def test_a_limit_with_a_status_of_its_own_keeps_it(client, engine: FakeEngine):
    engine.bad_status = 429
    answer = await client.post("/graphql", json={"query": "{ nothing }"}, headers={"Accept": "application/json"})
    assert answer.status_code == 429


async def test_pages_of_known_origins_may_read_answers(browse):
    client = browse(allowed_origins=("https://club.example",))
    preflight = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, authorization",
    }
    known = await client.options("/graphql", headers={"Origin": "https://club.example", **preflight})
    assert known.status_code == 200
    assert known.headers["access-control-allow-origin"] == "https://club.example"
    stranger = await client.options("/graphql", headers={"Origin": "https://evil.example", **preflight})
    assert stranger.status_code == 400
    assert "access-control-allow-origin" not in stranger.headers
    answer = await client.post("/graphql", json=GREETING, headers={"Origin": "https://club.example"})
    assert "X-Request-Id" in answer.headers["access-control-expose-headers"]


async def test_without_known_origins_no_page_of_another_host_may(client):
    answer = await client.post("/graphql", json=GREETING, headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


async def test_the_token_is_looked_up_for_the_page_that_sends_it(client, callers: FakeCallers):
    for headers in ({"Origin": "https://club.example"}, {}):
        await client.post("/graphql", json=GREETING, headers=headers)
    assert callers.origins == ["https://club.example", None]


async def test_a_timeout_within_the_engine_is_a_bug_of_ours(client, engine: FakeEngine, monkeypatch):
    async def execute(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(engine, "execute", execute)
    with capture_logs():
        assert (await client.post("/graphql", json=GREETING)).status_code == 500
