"""Budgets over HTTP: status, headers, extensions; and whose they are."""

from typing import Any

import httpx2
import orjson
import pytest
from prometheus_client import REGISTRY
from starlette.applications import Starlette

from hub.graph.callers import Callers
from hub.graph.operations import Engine
from hub.live.backend import Backend
from hub.web.limits import Limits
from hub.web.routes import build

PAGE = "{ posts(first: 100) { nodes { title body { html } comments(first: 5) { nodes { id } } } } }"
BUDGET = 850


@pytest.fixture
async def hub(story: Backend):
    """Ask the hub from an address: budgets that hold one page."""
    limited = story.settings.model_copy(update={"address_cost_per_minute": BUDGET, "logins_per_address": "2/hour"})
    backend = Backend(limited, story.database, story.broker)
    callers = Callers(backend)
    limits = Limits(trusted_proxies=("10.0.0.0/8",))
    web = build(Engine(backend, callers), callers, backend.relay, limits, {}, lambda caller: caller.viewer.user_id)
    app = Starlette(routes=web.routes)

    async def ask(peer: str, query: str = PAGE, *, method: str = "POST", **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        transport = httpx2.ASGITransport(app, client=(peer, 4711))
        async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as client:
            if method == "GET":
                return await client.get("/graphql", params={"query": query}, headers=named)
            return await client.post("/graphql", json={"query": query}, headers=named)

    return ask


def code(answer: httpx2.Response) -> Any:
    return answer.json()["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("planned", [False, True])
async def test_each_answer_says_how_the_budget_stands(hub, method, planned):
    for _ in range(2 if planned else 0):
        await hub("192.0.2.2", method=method)
    answer = await hub("192.0.2.1", method=method)
    shown = answer.json()["extensions"]
    cost = shown["cost"]
    assert (answer.status_code, cost["requested"], cost["limit"]) == (200, 802, BUDGET)
    assert shown["requestId"] == answer.headers["x-request-id"]
    assert int(answer.headers["ratelimit-limit"]) == BUDGET
    assert cost["remaining"] == int(answer.headers["ratelimit-remaining"]) < BUDGET
    assert 0 < int(answer.headers["ratelimit-reset"]) <= 60
    assert cost["resetAt"].endswith("Z")


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_a_spent_budget_is_a_429_that_says_when_to_come_back(hub, accept):
    await hub("192.0.2.1")
    answer = await hub("192.0.2.1", accept=accept)
    assert (answer.status_code, code(answer)) == (429, "RATE_LIMITED")
    assert "data" not in answer.json()
    wait = answer.json()["errors"][0]["extensions"]["retryAfterMs"]
    assert int(answer.headers["retry-after"]) * 1_000 >= wait > 0
    assert int(answer.headers["ratelimit-remaining"]) < 802
    assert (await hub("192.0.2.2")).status_code == 200


async def test_a_document_that_cannot_run_says_how_the_budget_stands_too(hub):
    answer = await hub("192.0.2.1", "{ nonsense }")
    assert (answer.status_code, answer.headers["ratelimit-remaining"]) == (400, str(BUDGET))
    assert answer.json()["extensions"]["requestId"]


async def test_a_stranger_does_not_get_another_budget_by_a_forged_header(hub):
    await hub("192.0.2.1")
    for forged in ("203.0.113.1", "10.0.0.5", "127.0.0.1", "2001:db8::1"):
        assert (await hub("192.0.2.1", x_forwarded_for=forged, forwarded=f"for={forged}")).status_code == 429


async def test_behind_a_trusted_proxy_each_client_has_a_budget(hub):
    assert (await hub("10.0.0.1", x_forwarded_for="203.0.113.1")).status_code == 200
    assert (await hub("10.0.0.1", x_forwarded_for="203.0.113.2")).status_code == 200
    assert (await hub("10.0.0.2", x_forwarded_for="6.6.6.6, 203.0.113.1")).status_code == 429
    assert (await hub("203.0.113.1")).status_code == 429


async def test_one_network_of_ipv6_is_one_client(hub):
    assert (await hub("2001:db8::1")).status_code == 200
    assert (await hub("2001:db8::ffff:2")).status_code == 429
    assert (await hub("2001:db8:0:1::1")).status_code == 200


async def test_logins_count_by_address_whatever_a_stranger_forges(hub):
    login = 'mutation {{ login(input: {{login: "{0}", password: "a wrong guess"}}) {{ errors {{ code }} }} }}'
    answers = [await hub("192.0.2.9", login.format(f"n{n}"), x_forwarded_for=f"203.0.113.{n}") for n in range(4)]
    seen = [answer.json()["data"]["login"]["errors"][0]["code"] for answer in answers]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert seen == ["INVALID", "INVALID", "RATE_LIMITED", "RATE_LIMITED"]


async def test_a_spent_budget_is_told_to_event_streams_in_a_stream(hub):
    await hub("192.0.2.1")
    text = 'subscription { commentAdded(subjectId: "x") { comment { id } } }'
    for _ in range(60):
        answer = await hub("192.0.2.1", text, accept="text/event-stream")
        data = orjson.loads(answer.text.partition("data: ")[2].partition("\n")[0])
        if data["errors"][0]["extensions"]["code"] == "RATE_LIMITED":
            break
    assert data["errors"][0]["extensions"]["retryAfterMs"] > 0


async def test_what_was_charged_throttled_and_refused_is_counted(hub):
    def seen() -> list[float]:
        samples = {"hub_cost_total": {"budget": "address"}, "hub_throttled_total": {"kind": "cost"}}
        samples["hub_refusals_total"] = {"code": "RATE_LIMITED"}
        return [REGISTRY.get_sample_value(name, labels) or 0 for name, labels in samples.items()]

    before = seen()
    paid = (await hub("192.0.2.1")).json()["extensions"]["cost"]
    await hub("192.0.2.1")
    assert [after - was for after, was in zip(seen(), before, strict=True)] == [paid["requested"], 1, 1]
