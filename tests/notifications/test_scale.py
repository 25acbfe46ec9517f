"""With full tables, to tell many people of many things reads of each what concerns that one: PostgreSQL's own plans say so."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from hub.notifications.causes import Cause
from hub.notifications.concerned import Concerned
from hub.notifications.inbox import put
from hub.notifications.outside.preferences import Channels
from hub.store.database import Database, StatementLog, Transaction
from hub.store.tables import Row
from tests.conftest import scaled_alone
from tests.jobs.test_scale import nodes

PEOPLE = 100
FILL = f"""
insert into users (id, handle, handle_key, display_name, joined_at)
    select n, 'u' || n, 'u' || n, '', now() from generate_series(1, {PEOPLE}) n;
insert into follows (id, user_id, target_kind, target_id, level, reason, since)
    select n, n % {PEOPLE} + 1, 'POST', n / {PEOPLE} + 1000, 'ALL', 'MANUAL', now() from generate_series(1, 30000) n;
insert into notifications (id, user_id, group_key, kind, target_kind, target_id, position, count, actor_ids,
        actor_count, created_at, updated_at)
    select id, user_id, 'REPLY:POST:' || target_id, 'REPLY', 'POST', target_id, id, 1, '[]', 1, now(), now()
    from follows;
"""
MOST = 10 * PEOPLE
"""Pages that a statement reads, or rows that it compares: some for each person. Each with each would be many more."""


@pytest.fixture
def form() -> str:
    return scaled_alone()


@pytest.fixture
async def full(database: Database) -> Database:
    for statement in FILL.split(";")[:-1]:
        await database.write(statement)
    for table in ("follows", "notifications"):
        await database.write(f"analyze {table}")
    return database


async def costs(database: Database, log: StatementLog, *words: str) -> list[int]:
    """Pages and comparisons of the statements that have one of these words."""

    async def explain(transaction: Transaction) -> list[int]:
        found: list[int] = []
        for text, values in zip(log.statements, log.values, strict=True):
            if any(word in text for word in words):
                await transaction.fetch(f"prepare explained as {text}")
                given = ", ".join(map(literal, values))
                rows = await transaction.fetch(f"explain (analyze, buffers, format json) execute explained ({given})")
                await transaction.fetch("deallocate explained")
                plan = json.loads(rows[0]["QUERY PLAN"])[0]["Plan"]
                compared = sum(node.get("Rows Removed by Join Filter", 0) for node in nodes(plan))
                found.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] + compared)
        return found

    return await database.transact(explain)


def literal(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"'{{{','.join(map(str, value))}}}'"
    return f"'{value}'"


async def test_whom_what_concerns_is_looked_up_pair_by_pair(full: Database):
    happened = [
        (Row({"id": 1000 + n, "kind": "POST", "category_id": None, "club_id": None}), {n}, {PEOPLE + 1 - n})
        for n in range(1, PEOPLE + 1)
    ]
    async with full.watching() as log:
        await Concerned.of(full, happened)
    (asked,) = (json.loads(values[0]) for text, values in zip(log.statements, log.values) if "follows f" in text)
    pairs = {(n, target) for n in range(1, PEOPLE + 1) for target in (1000 + n, PEOPLE + 1 - n)}
    assert {(one["person"], one["target"]) for one in asked} == pairs
    (found,) = await costs(full, log, "follows f")
    assert found < MOST


async def test_inboxes_are_written_entry_by_entry(full: Database):
    told = [(n, Cause("REPLY", "POST", 1000 + n, PEOPLE + 1 - n, n)) for n in range(1, PEOPLE + 1)]
    async with full.watching() as log:
        await full.transact(lambda transaction: put(transaction, Channels((), 8), told))
    known, personal = await costs(full, log, "from notifications", "notifications n where", "personal_facts")
    assert known < MOST
    assert personal < MOST
