"""Who runs a hub sees each operation: its name, cost, statements and time; and nothing that a person wrote."""

import json

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from hub.graph.documents import BadDocument
from hub.live.backend import Backend
from tests.client import Client
from tests.mutations import a_thread, document
from tests.web.real import asking

PAGE = "query Page { posts(first: 2) { nodes { title comments(first: 1) { nodes { id author { handle } } } } } }"


def number(sample: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(sample, labels) or 0.0


async def test_an_operation_is_one_line_with_its_name_cost_statements_and_time(client: Client):
    with capture_logs() as lines:
        await client.data(PAGE)
    (line,) = [line for line in lines if line["event"] == "operation"]
    assert line["request_id"] == "test"
    assert (line["operation"], line["kind"], len(line["document"])) == ("Page", "query", 16)
    assert line["cost"] > 0
    assert line["statements"] > 0
    assert line["ms"] > 0


async def test_the_line_has_neither_token_nor_text(client: Client):
    subject = await a_thread(client)
    with capture_logs() as lines:
        added = {"subjectId": subject, "body": "a secret of ours", "idempotencyKey": "k"}
        await client.data(document("addComment"), "ines", input=added)
    told = json.dumps(lines, default=str)
    assert "operation" in {line["event"] for line in lines}
    assert "a secret of ours" not in told
    assert client._tokens["ines"] not in told


async def test_a_slow_operation_is_told_with_the_plans_of_its_statements(client: Client):
    slow = client.under(slow_operation=0.000_001, plans=False)
    with capture_logs() as lines:
        await slow.data(PAGE)
        await slow._engine._watching._explaining
    (line,) = [line for line in lines if line["event"] == "operation.slow"]
    assert len(line["plans"]) == line["statements"]
    assert all(one["plan"] for one in line["plans"])
    assert all("Error" not in step for one in line["plans"] for step in one["plan"])


async def test_the_plan_of_a_slow_write_writes_nothing_again(client: Client):
    slow = client.under(slow_operation=0.000_001)
    subject = await a_thread(client)
    before = await client.backend.database.fetch("select count(*) as n from comments")
    added = {"subjectId": subject, "body": "Once.", "idempotencyKey": "once"}
    await slow.data(document("addComment"), "ines", input=added)
    await slow._engine._watching._explaining
    after = await client.backend.database.fetch("select count(*) as n from comments")
    assert after[0]["n"] == before[0]["n"] + 1


async def test_names_that_clients_make_up_are_bounded(client: Client):
    seen, others = (number("hub_operations_total", name=n, kind="query", outcome="ok") for n in ("Made1", "other"))
    for i in range(205):
        await client.data(f"query Made{i} {{ status {{ __typename }} }}")
    assert number("hub_operations_total", name="Made1", kind="query", outcome="ok") == seen + 1
    assert number("hub_operations_total", name="Made204", kind="query", outcome="ok") == 0
    assert number("hub_operations_total", name="other", kind="query", outcome="ok") >= others + 5


async def test_a_name_without_end_is_no_label_and_is_cut_in_the_log(client: Client):
    others = number("hub_operations_total", name="other", kind="query", outcome="ok")
    with capture_logs() as lines:
        await client.data(f"query {'N' * 50_000} {{ status {{ __typename }} }}")
    assert number("hub_operations_total", name="other", kind="query", outcome="ok") == others + 1
    (line,) = [line for line in lines if line["event"] == "operation"]
    assert line["operation"] == "N" * 100


async def test_mistakes_of_clients_are_told_a_few_times_a_second_without_a_traceback(client: Client):
    strict = client.under(document_cost=1)
    with capture_logs() as lines:
        for _ in range(30):
            with pytest.raises(BadDocument):
                await strict.ask(PAGE)
    told = [line for line in lines if line["event"] == "operation.refused"]
    assert 1 <= len(told) <= 15
    assert {line["code"] for line in told} == {"QUERY_TOO_COSTLY"}
    assert all("exc_info" not in line for line in told)


async def test_batches_of_loaders_and_connections_are_counted(client: Client):
    before = number("hub_loader_batch_count")
    await client.under(plans=False).data(PAGE)
    assert number("hub_loader_batch_count") > before
    assert number("hub_database_connections_lent") == 0


STREAM = """subscription Follow($id: ID!) { commentStream(subjectId: $id) { __typename ... on Change { cursor } } }"""


async def test_a_subscription_is_counted_when_it_begins_and_told_when_it_ends(client: Client):
    subject = await a_thread(client)
    before = number("hub_operations_total", name="Follow", kind="subscription", outcome="ok")
    with capture_logs() as lines:
        async with client.listen(STREAM, id=subject) as answers:
            await anext(answers)
            assert number("hub_operations_total", name="Follow", kind="subscription", outcome="ok") == before + 1
            assert [line for line in lines if line.get("kind") == "subscription"] == []
    (line,) = [line for line in lines if line.get("kind") == "subscription"]
    assert (line["event"], line["operation"], len(line["document"])) == ("operation", "Follow", 16)
    assert line["cost"] > 0
    assert "codes" not in line


async def test_a_subscription_of_what_is_not_there_is_told_with_its_code(client: Client):
    with capture_logs() as lines:
        async with client.listen(STREAM, id="VGhyZWFkOjE=") as answers:
            with pytest.raises(BadDocument):
                await anext(answers)
    (line,) = [line for line in lines if line.get("kind") == "subscription"]
    assert line["codes"] == ["NOT_FOUND"]


async def test_a_subscription_that_may_not_begin_is_refused_in_the_log(client: Client):
    strict = client.under(document_cost=1)
    wide = STREAM.replace("cursor", "cursor ... on CommentAdded { comment { replies(first: 50) { nodes { id } } } }")
    with capture_logs() as lines:
        async with strict.listen(wide, id="x") as answers:
            with pytest.raises(BadDocument):
                await anext(answers)
    (line,) = [line for line in lines if line["event"] == "operation.refused"]
    assert line["code"] == "QUERY_TOO_COSTLY"


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        (b"{", {}, "BAD_REQUEST"),
        (b"{}", {"Content-Type": "text/plain"}, "UNSUPPORTED_MEDIA_TYPE"),
        (b'{"query": "{ our secret {"}', {}, "GRAPHQL_PARSE_FAILED"),
        (b'{"query": "{ secret }"}', {}, "GRAPHQL_VALIDATION_FAILED"),
        (b'{"documentId": "secret"}', {}, "PERSISTED_QUERY_NOT_FOUND"),
        (b'{"query": "{ __typename }"}', {"Authorization": "Bearer secret"}, "UNAUTHENTICATED"),
        (b'{"query": "query A { __typename }", "operationName": "secret"}', {}, "OPERATION_UNKNOWN"),
        (b'{"query": "subscription { viewerStream { __typename } }"}', {}, "SUBSCRIPTION_NEEDS_SOCKET"),
    ],
)
async def test_what_is_refused_before_it_is_run_is_told_once_by_code_and_not_by_its_words(
    story: Backend, content: bytes, headers: dict[str, str], code: str
):
    async with asking(story) as hub:
        with capture_logs() as lines:
            answer = await hub.post(
                "/graphql", content=content, headers={"Content-Type": "application/json", **headers}
            )
    assert answer.json()["errors"][0]["extensions"]["code"] == code
    (line,) = [line for line in lines if line["event"] == "operation.refused"]
    assert (line["code"], line["request_id"]) == (code, answer.headers["x-request-id"])
    assert "secret" not in json.dumps(lines).lower()
