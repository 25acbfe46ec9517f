"""What admins see of the queue by the API and on the command line, and that others see nothing."""

from datetime import timedelta

import pytest

from hub.jobs import queue
from hub.jobs.kinds import Priority
from hub.settings import Settings
from hub.store.database import Database
from hub.store.instants import now
from tests.cli.servers import run
from tests.client import Client
from tests.jobs.chores import BULK, CHORE, Chore

JOBS = """query ($kind: String, $failed: Boolean! = false, $first: Int = 20, $after: String) {
    jobs(kind: $kind, failed: $failed, first: $first, after: $after) {
        nodes { kind state attempts reason startedAt finishedAt } pageInfo { hasNextPage endCursor } } }"""


async def fill(database: Database) -> None:
    """One that waits, one under way, one given up."""
    await queue.enqueue(database, CHORE.job(Chore(1)))
    order = (Priority.URGENT, Priority.NORMAL, Priority.BULK)
    (held,) = await queue.claim(database, ["chore"], order, 5, 60)
    await queue.bury(database, held, "Enough.")
    await queue.enqueue(database, BULK.job(Chore(2)))
    await queue.claim(database, ["bulk"], order, 5, 60)
    await queue.enqueue(database, CHORE.job(Chore(3), run_at=now() + timedelta(hours=1)))


async def test_admins_see_the_newest_first(client: Client):
    await fill(client.backend.database)
    nodes = (await client.data(JOBS, "wanda"))["jobs"]["nodes"]
    assert [(job["kind"], job["state"], job["attempts"], job["reason"]) for job in nodes] == [
        ("chore", "QUEUED", 0, None),
        ("bulk", "RUNNING", 1, None),
        ("chore", "FAILED", 1, "Enough."),
    ]
    assert [job["startedAt"] is None for job in nodes] == [True, False, False]
    assert [job["finishedAt"] is None for job in nodes] == [True, True, False]


async def test_pages_and_filters(client: Client):
    await fill(client.backend.database)
    page = (await client.data(JOBS, "wanda", first=2))["jobs"]
    rest = (await client.data(JOBS, "wanda", first=2, after=page["pageInfo"]["endCursor"]))["jobs"]
    assert [job["state"] for job in page["nodes"] + rest["nodes"]] == ["QUEUED", "RUNNING", "FAILED"]
    assert (page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    for filters, states in (({"kind": "chore"}, ["QUEUED", "FAILED"]), ({"failed": True}, ["FAILED"])):
        assert [job["state"] for job in (await client.data(JOBS, "wanda", **filters))["jobs"]["nodes"]] == states
    assert (await client.data(JOBS, "wanda", kind="bulk", failed=True))["jobs"]["nodes"] == []


@pytest.mark.parametrize("handle", [None, "ines", "jonas", "mara", "otto"])
async def test_nobody_else_sees_any(client: Client, handle: str | None):
    await fill(client.backend.database)
    assert (await client.data(JOBS, handle))["jobs"]["nodes"] == []


async def test_a_page_is_one_statement(client: Client):
    await client.caller("wanda")
    async with client.backend.database.watching() as log:
        await client.data(JOBS, "wanda")
    assert len(log.statements) == 2  # the token's and the page's


async def test_the_command_line_lists_the_dead_and_queues_them_anew(settings: Settings, database: Database):
    assert await run(settings, "jobs", "dead") == (0, "")
    await fill(database)
    code, output = await run(settings, "jobs", "dead")
    job_id, kind, _, reason = output.strip().split("\t")
    assert (code, kind, reason) == (0, "chore", "Enough.")
    assert (await run(settings, "jobs", "retry", job_id))[0] == 0
    assert await run(settings, "jobs", "dead") == (0, "")
    assert (await run(settings, "jobs", "retry", job_id))[0] == 1
