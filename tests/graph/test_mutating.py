"""Mutations by the short way answer what the executor answers, and their resolver runs once."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub.graph.comments import mutations
from hub.graph.operations import Engine
from hub.graph.plans.planner import Planner
from hub.store.connections import Overloaded
from tests.client import Client
from tests.mutations import a_thread

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADD = """mutation ($input: AddCommentInput!) { addComment(input: $input) { SELECTION } }"""
SELECTIONS = {
    "usual": "comment { number depth body { source } author { handle } } errors { code } replayed clientMutationId",
    "aliases": "it: comment { n: number } why: errors { code } again: replayed",
    "nothing planned": "replayed clientMutationId",
    "fragments": "...P comment { number } } } fragment P on CommentPayload { comment { depth } ... on Payload { replayed",
    "skipped": "comment { number } replayed @skip(if: true) errors @include(if: true) { code }",
    "the name of the payload": "__typename comment { number }",
    "what only Python knows": "comment { number viewerCan(abilities: [EDIT]) { allowed } }",
}


@pytest.fixture(autouse=True)
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bodies that the command was called with."""
    called: list[str] = []
    command = mutations.add_comment

    async def counted(*given: Any, **named: Any) -> Any:
        called.append(named["body"])
        return await command(*given, **named)

    monkeypatch.setattr(mutations, "add_comment", counted)
    return called


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations that the executor had to run, or to complete."""
    seen: list[str] = []
    execute: Callable[..., Awaitable[Any]] = Engine._executed

    async def noted(engine: Engine, operation: Any, *given: Any) -> Any:
        seen.append(operation.kind)
        return await execute(engine, operation, *given)

    monkeypatch.setattr(Engine, "_executed", noted)
    return seen


async def add(client: Client, thread: str, selection: str = "usual", **more: Any) -> dict[str, Any]:
    given = {"subjectId": thread, "body": "Yes.", "idempotencyKey": uuid.uuid4().hex, "clientMutationId": "7", **more}
    return await client.ask(ADD.replace("SELECTION", SELECTIONS[selection]), "ines", input=given)


async def both(shared: Client, selection: str = "usual", **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answer by the short way, and that of the executor, each on a thread of its own."""
    short, long = shared.under(plans=True, plan_sights=2), shared.under(plans=False)
    answers = [await add(client, await a_thread(shared), selection, **more) for client in (short, short, long)]
    assert answers[0] == answers[1]
    return answers[1], answers[2]


@pytest.mark.parametrize("selection", SELECTIONS)
async def test_both_ways_answer_the_same(shared: Client, runs: list[str], selection: str) -> None:
    short, long = await both(shared, selection)
    assert short == long
    assert "errors" not in short
    assert runs == ["Yes."] * 3


async def test_the_executor_is_wanted_for_what_has_no_plan_yet(
    shared: Client, runs: list[str], executed: list[str]
) -> None:
    thread, client = await a_thread(shared), shared.under(plans=True, plan_sights=2)
    executed.clear()
    for number in (1, 2, 3):
        assert (await add(client, thread))["data"]["addComment"]["comment"]["number"] == number
    assert executed == ["mutation"]
    assert runs == ["Yes."] * 3


@pytest.mark.parametrize("body", ["", "x" * 30_000])
async def test_refusals_are_told_in_the_payload(shared: Client, runs: list[str], body: str) -> None:
    short, long = await both(shared, body=body)
    assert short == long
    assert short["data"]["addComment"]["comment"] is None
    assert [error["code"] for error in short["data"]["addComment"]["errors"]] != []
    assert runs == [body] * 3


async def test_a_bug_is_told_where_it_happened(shared: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_given: Any, **_named: Any) -> Any:
        raise LookupError("secret")

    monkeypatch.setattr(mutations, "add_comment", broken)
    short, long = await both(shared)
    assert short == long
    ((error,), data) = short["errors"], short["data"]
    assert (error["path"], error["extensions"]["code"], data) == (["addComment"], "INTERNAL", None)
    assert "secret" not in str(short)


async def test_what_cannot_be_shown_for_want_of_the_database_is_not_tried_again(
    shared: Client, runs: list[str], executed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def overloaded(*_given: Any) -> Any:
        raise Overloaded

    thread, client = await a_thread(shared), shared.under(plans=True)
    executed.clear()
    monkeypatch.setattr(Planner, "under", overloaded)
    body = await add(client, thread)
    assert body["data"]["addComment"] == {"comment": None, "errors": [], "replayed": False, "clientMutationId": "7"}
    assert [(error["path"], error["extensions"]["code"]) for error in body["errors"]] == [
        (["addComment", "comment"], "OVERLOADED")
    ]
    assert (runs, executed) == (["Yes."], [])


async def test_several_root_fields_run_one_after_the_other(shared: Client, runs: list[str]) -> None:
    thread, client = await a_thread(shared), shared.under(plans=True, plan_sights=1)
    fields = [
        f"""{name}: addComment(input: {{subjectId: "{thread}", body: "{name}", idempotencyKey: "{uuid.uuid4().hex}"}})
            {{ comment {{ number }} }}"""
        for name in ("a", "b", "c")
    ]
    data = await client.data(f"mutation {{ {' '.join(fields)} }}", "ines")
    assert [data[name]["comment"]["number"] for name in ("a", "b", "c")] == [1, 2, 3]
    assert runs == ["a", "b", "c"]
