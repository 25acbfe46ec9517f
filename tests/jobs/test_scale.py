"""With a full table, what workers ask all the time reads a few rows along an index: PostgreSQL's own plan says so."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hub.jobs import queue
from hub.store.chain import Chain
from hub.store.database import Database, Transaction
from hub.store.sql import prepare
from tests.conftest import scaled_alone

ROWS = 30_000
FILL = f"""insert into jobs (id, kind, key, arguments, priority, run_at, attempts_limit, created_at, dead_at)
    select n, 'k' || n % 5, 'key' || n, '{{}}', n % 3,
        now() + (n - {ROWS} / 2) * interval '1 minute', 9, now(), case when n % 50 = 0 then now() end
    from generate_series(1, {ROWS}) n"""


@pytest.fixture
def form() -> str:
    return scaled_alone()


@pytest.fixture
async def full(database: Database) -> Database:
    await database.write(FILL)
    await database.write("analyze jobs")
    return database


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


async def plan_of(database: Database, sql: str, values: str) -> list[dict[str, Any]]:
    async def explain(transaction: Transaction) -> list[dict[str, Any]]:
        text = prepare(sql, "postgres").text
        await transaction.fetch(f"prepare explained as {text}")
        rows = await transaction.fetch(f"explain (analyze, format json) execute explained ({values})")
        await transaction.fetch("deallocate explained")
        return [*nodes(json.loads(rows[0]["QUERY PLAN"])[0]["Plan"])]

    return await database.transact(explain)


def faults(found: list[dict[str, Any]]) -> list[str]:
    """Tables read whole, rows sorted, and steps that touched more rows than workers asked for."""
    bad = [node["Node Type"] for node in found if node["Node Type"] in {"Seq Scan", "Sort", "Bitmap Heap Scan"}]
    return bad + [f"{node['Node Type']}: {node['Actual Rows']} rows" for node in found if _touched(node) > 200]


def _touched(node: dict[str, Any]) -> int:
    return node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0)


async def test_claiming_walks_along_the_index(full: Database):
    # In the order in which the statement names them.
    values = {"kinds": "'{k0,k1,k2,k3,k4}'", "first": "0", "second": "1", "third": "2", "most": "50"}
    values |= {"claim": "7", "lease": "60", "suspects": "true"}
    names = prepare(queue._CLAIM, "postgres").names
    found = await plan_of(full, queue._CLAIM, ", ".join(values[name] for name in names))
    assert {node.get("Index Name") for node in found} >= {"jobs_due"}
    assert faults(found) == []


@pytest.mark.parametrize("chain", [queue._RENEW, queue.FINISH], ids=["renew", "finish"])
async def test_keeping_and_ending_find_their_rows_by_id(full: Database, chain: Chain):
    held = json.dumps([{"id": n, "claim": 7} for n in range(100, 150)])
    sql = chain._one_statement
    names = prepare(sql, "postgres").names
    values = {"held": f"'{held}'", "lease": "60"}
    found = await plan_of(full, sql, ", ".join(values[name] for name in names))
    assert {node.get("Index Name") for node in found} >= {"jobs_pkey"}
    assert faults(found) == []
