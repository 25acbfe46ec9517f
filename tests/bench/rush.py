"""The busy day: many people comment on one post at once, over HTTP, while others read another page.

What is answered must be stored, numbers and sequence must be dense, and the readers must not starve: their p99
is given beside that of a calm run of the same length in the same process.
"""

import asyncio
import statistics
import tempfile
import uuid
from pathlib import Path
from typing import Any

import httpx2

from hub.demo.loading import load
from hub.demo.story import STORY
from hub.settings import Settings
from hub.store.database import Database
from hub.store.migrating import migrate
from hub.users.commands import issue_token
from tests.bench.reading import Reading, again_for
from tests.bench.unlimited import UNLIMITED
from tests.cli.servers import Server, serving

_POST = '{ post(slug: "welcome") { id } }'
_OTHER = '{ post(slug: "her-first-ride") { title comments(first: 20) { nodes { body { html } author { handle } } } } }'
_ADD = """mutation ($s: ID!, $k: ID!) { addComment(input: {subjectId: $s, body: "We are here", idempotencyKey: $k}) {
    comment { id number } errors { code } } }"""


async def run(database_url: str, writers: int, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), database_url=database_url)
        await migrate(settings)
        database = await Database.open(settings)
        try:
            await load(database, STORY)
            token = (await issue_token(database, "ines", 1)).text
            async with serving(settings, "serve", **UNLIMITED) as server:
                return await _measure(server, database, token, writers, seconds)
        finally:
            await database.close()


async def _measure(server: Server, database: Database, token: str, writers: int, seconds: float) -> dict[str, Any]:
    subject = (await server.ask(_POST))["data"]["post"]["id"]
    limits = httpx2.Limits(max_connections=writers)
    async with (
        httpx2.AsyncClient(base_url=f"http://{server.address}", limits=limits, timeout=30) as client,
        Reading(server.address, _OTHER) as readers,
    ):
        calm = await readers.for_seconds(seconds / 2)
        writing = [_write(client, subject, token) for _ in range(writers)]
        reads, rush = await asyncio.gather(readers.for_seconds(seconds), again_for(seconds, writing))
    answers = [took for found in rush for took in found]
    stored = await database.fetch(
        """select count(*) as stored, max(number) - min(number) + 1 as numbers, count(distinct number) as different
           from comments where body_source = 'We are here'"""
    )
    log = await database.fetch(
        "select count(*) as rows, max(seq) as last from log where kind = 'comment_added' group by stream_id"
    )
    return {
        "writers": writers,
        "seconds": seconds,
        "comments_answered": len(answers),
        "comments_stored": stored[0]["stored"],
        "numbers_dense": stored[0]["stored"] == stored[0]["numbers"] == stored[0]["different"],
        "sequence_dense": log[0]["rows"] == log[0]["last"],
        "comments_per_second": round(len(answers) / seconds, 1),
        "comment_p50_ms": percentile(answers, 50),
        "comment_p99_ms": percentile(answers, 99),
        "calm_read_p99_ms": percentile(calm, 99),
        "rush_read_p50_ms": percentile(reads, 50),
        "rush_read_p99_ms": percentile(reads, 99),
        "rush_reads_per_second": round(len(reads) / seconds, 1),
    }


def _write(client: httpx2.AsyncClient, subject: str, token: str) -> Any:
    async def write() -> None:
        body = {"query": _ADD, "variables": {"s": subject, "k": uuid.uuid4().hex}}
        answer = await client.post("/graphql", json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["data"]["addComment"]["errors"] == [], answer.text

    return write


def percentile(values: list[float], percent: int) -> float:
    return round(statistics.quantiles(values, n=100)[percent - 1], 1)
