"""Who runs a hub sees each operation: its name, cost, statements and time; and nothing that a person wrote."""

import json

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from hub.graph.documents import BadDocument
from tests.client import Client
from tests.mutations import a_thread, document

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
