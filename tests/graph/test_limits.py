"""What an operation costs its caller, and how often a mutation may be tried: each field counts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from graphql import build_schema, parse

from hub.graph.callers import Caller
from hub.graph.charging import used_by
from hub.graph.deprecated import deprecated_in
from hub.graph.operations import Engine
from hub.refusals import ThrottleRefusal
from hub.store.audience import NOBODY
from hub.store.instants import now
from tests.client import Client, Following
from tests.mutations import a_thread, document

PAGE = "query ($first: Int) { posts(first: $first) { nodes { title comments(first: 50) { nodes { id } } } } }"
LOGIN = """{0}: login(input: {{login: "{1}", password: "a wrong guess"}}) {{
    accessToken errors {{ __typename code ... on ThrottleError {{ retryAfterMs }} }} }}"""


def guesses(count: int, name: str = "mara") -> str:
    return f"mutation {{ {' '.join(LOGIN.format(f'a{n}', name) for n in range(count))} }}"


def codes(answer: dict[str, Any]) -> list[str]:
    return [field["errors"][0]["code"] for field in answer["data"].values()]


async def test_a_hundred_aliases_of_login_are_a_hundred_attempts(client: Client):
    here = client.under(
        document_aliases=100, document_mutations=100, document_tokens=10_000, logins_per_account="3/hour"
    )
    answer = await here.ask(guesses(100))
    assert codes(answer) == ["INVALID"] * 3 + ["RATE_LIMITED"] * 97
    (error,) = answer["data"]["a99"]["errors"]
    assert error["__typename"] == "ThrottleError"
    assert 0 < error["retryAfterMs"] <= 3_600_000
    assert codes(await here.ask(guesses(1, " MARA "))) == ["RATE_LIMITED"]
    assert codes(await here.ask(guesses(1, "otto"))) == ["INVALID"]


async def test_more_mutations_than_a_document_may_hold_are_not_even_tried(client: Client):
    with pytest.raises(Exception, match="mutations in one operation"):
        await client.ask(guesses(11))


async def test_an_address_tries_many_names_no_more_often_than_it_may(client: Client):
    here = client.under(logins_per_address="4/hour")
    tried = [code for name in "abcdefgh" for code in codes(await here.ask(guesses(1, name)))]
    assert tried == ["INVALID"] * 4 + ["RATE_LIMITED"] * 4


async def test_registering_counts_by_address_of_mail_and_caller(client: Client):
    here = client.under(registrations_per_account="2/hour", registrations_per_address="3/hour")
    given = {"handle": "x", "password": "long enough", "idempotencyKey": "k"}

    async def tried(email: str) -> str:
        answer = await here.data(document("register"), input={**given, "email": email})
        return answer["register"]["errors"][0]["code"]

    assert [await tried("a@example.org") for _ in range(3)] == ["INVALID", "INVALID", "RATE_LIMITED"]
    assert await tried("b@example.org") == "RATE_LIMITED"


async def test_a_member_writes_so_many_comments_at_once_and_then_one_a_while(client: Client):
    thread = await a_thread(client)
    here = client.under(comment_burst=3, comments_per_second=0.001)

    async def write(handle: str, key: str) -> list[Any]:
        given = {"subjectId": thread, "body": "Yes", "idempotencyKey": key}
        return (await here.data(document("addComment"), handle, input=given))["addComment"]["errors"]

    assert [await write("ines", f"k{n}") for n in range(3)] == [[]] * 3
    (error,) = await write("ines", "k3")
    assert error["code"] == "RATE_LIMITED"
    assert await write("jonas", "k0") == []


async def ask(engine: Engine, caller: Caller, text: str, **variables: Any) -> Any:
    answer = await engine.execute(engine.prepare(text, None), variables, caller)
    return orjson.loads(orjson.dumps(answer.body))


def caller(address: str = "192.0.2.1") -> Caller:
    return Caller(NOBODY, None, None, "test", address)


async def test_what_an_answer_had_no_room_for_is_given_back_planned_or_not(client: Client):
    here = client.under(address_cost_per_minute=100_000, plan_sights=2)
    engine, left = here._engine, 100_000
    for _ in range(4):
        body = await ask(engine, caller(), PAGE, first=100)
        cost = body["extensions"]["cost"]
        used = used_by(orjson.dumps(body["data"]))
        assert (cost["requested"], cost["limit"]) == (5_202, 100_000)
        assert used < cost["requested"]
        # The budget fills up by 1,667 a second meanwhile.
        assert left - used <= cost["remaining"] < left - used + 5_000
        left = cost["remaining"]


async def test_who_has_spent_the_budget_is_refused_and_nobody_else(client: Client):
    here = client.under(address_cost_per_minute=600)
    engine, page = here._engine, "{ posts(first: 100) { nodes { title body { html } comments { nodes { id } } } } }"
    await ask(engine, caller(), page)
    with pytest.raises(ThrottleRefusal) as refusal:
        await ask(engine, caller(), page)
    assert refusal.value.code == "RATE_LIMITED"
    assert 0 < refusal.value.retry_after_ms <= 60_000
    assert "data" in await ask(engine, caller("192.0.2.2"), page)
    assert "data" in await here.ask(page, "ines")


async def test_a_person_pays_wherever_the_person_is(client: Client):
    here = client.under(cost_per_minute=1_000)
    known = await here.caller("ines")
    first = await ask(here._engine, known, "{ viewer { email } }")
    moved = Caller(known.viewer, None, None, "test", "198.51.100.7")
    second = await ask(here._engine, moved, "{ viewer { email } }")
    assert second["extensions"]["cost"]["remaining"] <= first["extensions"]["cost"]["remaining"] <= 999


async def test_what_cannot_run_costs_nothing(client: Client):
    here = client.under(address_cost_per_minute=1_000, document_cost=10)
    for text, variables in [(PAGE, {"first": "many"}), (PAGE, {"first": 100})]:
        with pytest.raises(Exception, match=r"variables do not fit|costs"):
            await ask(here._engine, caller(), text, **variables)
    assert here._engine.budget_of(caller()).remaining == 1_000


async def test_a_subscription_is_charged_when_it_begins(client: Client):
    here = client.under(cost_per_minute=1)
    text = 'subscription { commentAdded(subjectId: "nothing") { comment { id } } }'
    engine, following = here._engine, Following(await here.caller("ines"))
    operation = engine.prepare(text, None)
    with pytest.raises(Exception, match="Not an id|subject|id"):
        await engine.follow(operation, {}, following, "test", None)
    with pytest.raises(ThrottleRefusal):
        await engine.follow(operation, {}, following, "test", None)


async def test_an_app_pays_for_whom_it_serves_and_what_it_uses_is_kept(client: Client):
    here = client.under(app_cost_per_minute=60)
    person = (await here.caller("ines")).viewer
    app = Caller(replace(person, app_id=77), None, None, "test", "192.0.2.1")
    first = await ask(here._engine, app, "{ viewer { email } }")
    await ask(here._engine, app, '{ node(id: "nonsense") { id } }')
    page = "{ posts(first: 100) { nodes { title body { html } slug } } }"
    await ask(here._engine, app, "{ posts(first: 40) { nodes { title body { html } } } }")
    with pytest.raises(ThrottleRefusal):
        await ask(here._engine, app, page)
    await here.backend.usage.close()
    used = dict(await here.backend.usage.of(77, now() - timedelta(hours=2), now()))
    assert first["extensions"]["cost"]["limit"] == 60
    assert used["throttled"] == used["errors"] == 1
    assert used["requests"] == 4
    assert 10 < used["cost"] <= 60
    assert here._engine.budget_of(Caller(person, None, None, "test", "192.0.2.1")).remaining > 60


def test_deprecated_fields_are_found_by_their_names():
    schema = build_schema("""type Query { old: A @deprecated, new: A, many: [A!] }
        type A { gone: Int @deprecated(reason: "Use kept."), kept: Int }""")
    text = "{ x: old { kept } new { ...f } many { kept __typename } } fragment f on A { y: gone }"
    assert deprecated_in(schema, parse(text)) == {"Query.old", "A.gone"}
    assert deprecated_in(schema, parse("{ new { kept } }")) == frozenset()
