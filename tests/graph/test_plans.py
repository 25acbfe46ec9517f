"""When a plan answers, and when execution does."""

import re
from typing import Any

import asyncpg
import pytest

from hub import metrics
from hub.cli import plan
from hub.graph.declarations import Connected
from hub.graph.fields import declaration_of
from hub.graph.plans.leaves import NoPlan
from hub.graph.plans.planner import Planner
from hub.refusals import ErrorCode
from hub.store.audience import Standing
from hub.store.connections import Overloaded
from hub.store.loaders import Shape
from hub.users.commands import set_role
from tests.client import Client
from tests.graph.test_statements import CANONICAL

PAGE = "query ($n: Int) { posts(first: $n) { nodes { id title url liveCursor body { excerpt(chars: 40) } } } }"


@pytest.fixture(autouse=True)
def with_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the rest of the suite runs without."""
    monkeypatch.setenv("HUB_PLANS", "true")


def planner_of(client: Client) -> Planner:
    return client._engine.planner


@pytest.mark.parametrize("name", CANONICAL)
async def test_a_canonical_operation_that_comes_again_is_one_statement(client: Client, name: str) -> None:
    document, _ = CANONICAL[name]
    slug = (await client.data("{ threads(first: 1) { nodes { slug } } }"))["threads"]["nodes"][0]["slug"]
    document = document.replace("SLUG", slug)
    executed = await client.data(document)
    assert await client.data(document) == executed
    async with client.backend.database.watching() as log:
        assert await client.data(document) == executed
    # SQLite before 3.46 parses at most so many parentheses inside each other.
    deep = client.backend.database.dialect == "sqlite" and name == "all five nouns"
    assert len(log.statements) == (CANONICAL[name][1] if deep else 1)


async def test_a_plan_is_made_when_a_query_comes_again_and_serves_all_its_variables(client: Client) -> None:
    for size in (1, 2, 3):
        assert len((await client.data(PAGE, n=size))["posts"]["nodes"]) == size
    counters = planner_of(client).counters
    assert (counters.compiled, counters.answered["statement"]) == (1, 2)
    assert counters.executed["not seen often enough yet"] == 1


async def test_what_variables_bring_is_what_execution_takes(client: Client) -> None:
    edges = (await client.data("{ posts { edges { cursor node { id } } } }"))["posts"]["edges"]
    document = "query($n: Int, $after: String) { posts(first: $n, after: $after) { edges { cursor node { id } } } }"
    asked: list[tuple[dict[str, Any], Any]] = [
        ({"n": 2}, edges[:2]),
        ({"n": 1}, edges[:1]),
        ({}, edges),
        ({"n": None}, edges),
        ({"n": 1, "after": None}, edges[:1]),
        ({"n": 1, "after": edges[0]["cursor"]}, edges[1:2]),
        ({"after": edges[0]["cursor"]}, edges[1:]),
    ]
    for variables, shown in asked * 3:
        assert (await client.data(document, **variables))["posts"]["edges"] == shown
    assert planner_of(client).counters.answered["statement"] > len(asked)


@pytest.mark.parametrize(("document", "made"), [(PAGE, 0), ("{ posts(first: 2) { nodes { id title } } }", 2)])
async def test_what_is_prepared_has_its_plan_at_the_first_sight(client: Client, document: str, made: int) -> None:
    planner = planner_of(client)
    operation = client._engine.prepare(document, None)
    assert planner.prepare(operation, client.backend.database) is None
    assert planner.counters.compiled == made  # all that depends on no variable, for nobody and for members
    await client.data(document)
    assert planner.counters.answered["statement"] == 1
    assert not planner.counters.executed


async def test_preparing_tells_why_there_will_be_no_plan(client: Client) -> None:
    operation = client._engine.prepare("{ status { __typename } }", None)
    assert planner_of(client).prepare(operation, client.backend.database)


async def test_each_standing_has_a_plan_of_its_own(client: Client) -> None:
    seen = [await client.data(PAGE, handle, n=2) for handle in (None, "ines", "otto", None, "jonas", "otto")]
    assert seen[0] == seen[3]
    assert planner_of(client).counters.compiled == 3


async def test_without_plans_everything_is_executed(client: Client) -> None:
    off = client.under(plans=False)
    for _ in range(3):
        await off.data(PAGE, n=1)
    assert planner_of(off).counters.compiled == 0


async def test_what_an_argument_is_refused_with_is_told_by_execution(client: Client) -> None:
    eager = client.under(plan_sights=1)
    for arguments in ("first: 0", 'after: "no"', "first: 101"):
        document = f"{{ posts({arguments}) {{ nodes {{ id }} }} }}"
        assert await eager.ask(document) == await client.under(plans=False).ask(document)
    assert planner_of(eager).counters.executed["an argument is refused"] == 3


async def test_a_value_that_is_missing_is_a_miss_and_a_plan_that_misses_often_rests(client: Client) -> None:
    eager = client.under(plan_sights=1, plan_misses=3)
    await client.backend.database.write("update posts set kind = 'NOTHING'")
    document = "{ posts(first: 1) { nodes { kind } } }"
    expected = await client.under(plans=False).ask(document)
    for _ in range(4):
        found = await eager.ask(document)
        assert [error["path"] for error in found["errors"]] == [error["path"] for error in expected["errors"]]
    counters = planner_of(eager).counters
    assert (counters.missed.total(), counters.rested, counters.executed["the plan rests"]) == (3, 1, 1)


async def test_a_list_of_names_is_shown_where_each_is_one_of_its_enum(client: Client) -> None:
    await set_role(client.backend, "otto", Standing.ADMIN)
    save = """mutation { saveApp(input: {name: "Trips", scopes: [CLUBS_READ, RSVPS_WRITE]}) { app { id }
        errors { message } } }"""
    app = (await client.data(save, "otto"))["saveApp"]["app"]["id"]
    document = f'{{ node(id: "{app}") {{ ... on PartnerApp {{ scopes }} }} }}'
    eager, plain = client.under(plan_sights=1), client.under(plans=False)
    assert await eager.data(document, "otto") == {"node": {"scopes": ["RSVPS_WRITE", "CLUBS_READ"]}}
    await client.backend.database.write("""update partner_apps set scopes = '["CLUBS_READ", "NOTHING"]'""")
    found, expected = [await one.ask(document, "otto") for one in (eager, plain)]
    assert [error["path"] for error in found["errors"]] == [error["path"] for error in expected["errors"]]
    counters = planner_of(eager).counters
    assert (counters.answered["statement"], counters.missed.total()) == (1, 1)


@pytest.mark.parametrize("failure", [Overloaded(), TimeoutError(), asyncpg.QueryCanceledError("too long")])
async def test_nothing_is_run_again_for_want_of_time(
    client: Client, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    eager = client.under(plan_sights=1)
    asked: list[Any] = []

    async def fail(*given: Any, **_how: Any) -> None:
        asked.append(given)
        raise failure

    monkeypatch.setattr(client.backend.database, "text", fail)
    async with client.backend.database.watching() as log:
        body = await eager.ask("{ posts(first: 1) { nodes { id } } }")
    assert (len(asked), log.statements, body["data"]) == (1, [], None)
    code = "INTERNAL" if isinstance(failure, asyncpg.PostgresError) else ErrorCode.OVERLOADED
    assert body["errors"][0]["extensions"]["code"] == code


async def test_plans_are_bounded(client: Client) -> None:
    few = client.under(plan_sights=1, plans_cached=5, documents_cached=5)
    for size in range(1, 30):
        await few.data(f"{{ posts(first: {size}) {{ nodes {{ id }} }} }}")
    planner = planner_of(few)
    assert [len(shelf) for shelf in (planner._plans, planner._saplings, planner._flags)] == [5, 5, 5]


async def test_shadows_compare_and_count(client: Client) -> None:
    shadowed = client.under(plan_sights=1, plans_shadowed=2)
    for _ in range(4):
        await shadowed.data(PAGE, n=3)
    await shadowed._engine._shadows.settle()
    counters = planner_of(shadowed).counters
    assert (counters.answered.total(), counters.shadowed, counters.differed) == (4, 2, 0)


async def test_what_a_mutation_shows_is_planned(client: Client) -> None:
    eager, plain = client.under(plan_sights=1), client.under(plans=False)
    post = (await plain.data('{ post(slug: "welcome") { id } }'))["post"]["id"]
    add = """mutation ($post: ID!, $key: ID!) { addComment(input: {subjectId: $post, body: "Hello **you**",
        idempotencyKey: $key}) { replayed errors { code } comment { id number body { html excerpt } author { handle }
        subject { ... on Post { title commentCount { value } } } replies { totalCount { value } } } } }"""
    planned = await eager.data(add, "ines", post=post, key="one")
    executed = await plain.data(add, "ines", post=post, key="one")
    assert planned["addComment"].pop("replayed") is False
    assert executed["addComment"].pop("replayed") is True
    assert planned == executed
    assert planner_of(eager).counters.answered["statement"] == 1


async def test_a_computed_field_without_a_formula_is_a_hole_that_python_fills(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    eager = client.under(plan_sights=1)
    engine = eager._engine
    shown = engine.schema.type_map["Body"].fields["excerpt"].extensions["strawberry-definition"]
    declaration = shown.metadata["declared"]
    bare = type(declaration)(declaration.function, declaration.needs)
    monkeypatch.setattr(shown, "metadata", {"declared": bare})
    document = "query ($n: Int!) { posts(first: 5) { nodes { body { excerpt(chars: $n) e: excerpt } } } }"
    for chars in (0, 17, 300):
        assert await eager.data(document, n=chars) == await client.under(plans=False).data(document, n=chars)
    assert engine.planner.counters.answered == {"holes": 3}


async def test_what_a_row_lies_within_is_joined_once_and_shown_as_often_as_asked(client: Client) -> None:
    asked = """{ user(handle: "ines") { clubs { nodes { a: club { id } role b: club { name members { nodes { title } } } } }
        again: clubs { edges { node { club { slug } } } } } }"""
    eager = client.under(plan_sights=1)
    async with client.backend.database.watching() as log:
        planned = await eager.data(asked)
    assert planned == await client.under(plans=False).data(asked)
    (statement,) = log.statements
    assert statement.count(" join clubs ") == 2
    assert planned["user"]["clubs"]["nodes"]


async def test_metrics_tell_of_plans_and_of_what_had_none(client: Client) -> None:
    eager = client.under(plan_sights=1)
    await eager.data("{ status { version } threads(first: 1) { nodes { title } } }")
    await eager.data("{ posts(first: 1) { nodes { title } } }")
    shown = metrics.page().decode()
    assert re.search(r'hub_plan_seconds_count\{kind="statement"\} [1-9]', shown)
    assert re.search(r'hub_unplanned_total\{reason="[^"]*status[^"]*"\} [1-9]', shown)


async def test_each_list_of_a_plan_walks_along_an_index_of_its_key_and_order(client: Client) -> None:
    """What stands inside a plan is what stands in a loader's own statement, whose indexes `test_indexes.py` proves."""
    for loader in {loader for declaration in connected(client) for loader in declaration.loaders}:
        for standing in Standing:
            suffix, shape = "9", Shape(0, 0, backward=False, args=frozenset())
            own = " and ".join(loader.conditions(standing, shape))
            inside = " and ".join(loader.conditions(standing, shape, suffix))
            assert re.sub(r"\b([tov])9(w*)\b", r"\1\2", inside) == own


def connected(client: Client) -> list[Connected]:
    found: list[Connected] = []
    for graphql_type in client._engine.schema.type_map.values():
        for shown in getattr(graphql_type, "fields", {}).values():
            declaration = declaration_of(shown) if hasattr(shown, "resolve") else None
            if isinstance(declaration, Connected):
                found.append(declaration)
    return found


async def test_hub_plan_prints_tree_and_statement(client: Client) -> None:
    text = await plan.shown(client.backend.settings, '{ post(slug: "welcome") { title } }', Standing.MEMBER)
    assert "title: Scalar" in text
    assert "x1.title" in text
    with pytest.raises(NoPlan, match="Query.status is not declared"):
        await plan.shown(client.backend.settings, "{ status { mode } }", Standing.MEMBER)


async def test_hub_plan_takes_variables_and_tells_of_those_that_are_missing(client: Client) -> None:
    document, settings = "query ($slug: String!) { post(slug: $slug) { title } }", client.backend.settings
    assert "x1.title" in await plan.shown(settings, document, Standing.MEMBER, {"slug": "welcome"})
    with pytest.raises(NoPlan, match="slug"):
        await plan.shown(settings, document, Standing.MEMBER)
