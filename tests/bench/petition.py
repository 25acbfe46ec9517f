"""The rush on a petition, over HTTP: many connections sign one action while others read its post.

Each answered receipt must be one stored row, the tally must be exact within two intervals, and the readers must not
starve. Half the time the same number of connections comments on quiet threads, to compare. Then a rush is cut short by
kill -9, and a recount must change nothing.
"""

import asyncio
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2

from hub.demo.loading import load
from hub.demo.story import STORY
from hub.settings import Settings
from hub.store.database import Database, Transaction
from hub.store.ids import new_id
from hub.store.migrating import migrate
from hub.users.commands import issue_token
from hub.users.tokens import digest_of
from tests.bench.reading import Reading, again_for
from tests.bench.rush import percentile
from tests.bench.unlimited import UNLIMITED
from tests.cli.servers import Server, serving
from tests.cli.servers import run as command
from tests.mutations import row_id

_PEOPLE = 40_000
_PATIENCE = 30
_POST = """{ post(slug: "her-first-ride") { title body { html } action { id state tally { value precision }
    tallyByRegion { region count } recentPublic(first: 5) { displayName publicNote } } } }"""
_CATEGORY = "{ categories { id slug } }"
_SIGN = """mutation ($on: ID!, $k: ID!) { participate(input: {actionId: $on, consent: true, region: "NE",
    idempotencyKey: $k}) { participation { receipt } errors { code } } }"""
_COMMENT = """mutation ($on: ID!, $k: ID!) { addComment(input: {subjectId: $on, body: "Here I am.",
    idempotencyKey: $k}) { comment { id } errors { code } } }"""
_THREAD = """mutation ($on: ID!, $k: ID!) { createThread(input: {categoryId: $on, title: "A quiet thread", body: "x",
    idempotencyKey: $k}) { thread { id } errors { code } } }"""
_COUNTS = """select count(*) as stored, count(distinct receipt) as receipts,
    (select value from action_tallies where id = {as_id action}) as tally
    from participations where action_id = {as_id action}"""

_STORED = "select receipt from participations where receipt {in_text receipts}"


async def run(database_url: str, connections: int, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), database_url=database_url)
        await migrate(settings)
        database = await Database.open(settings)
        try:
            await load(database, STORY)
            tokens = iter(await _people(database))
            bench = _Bench(settings, database, connections, seconds, tokens)
            return {**await bench.rush(), **await bench.cut_short()}
        finally:
            await database.close()


async def _people(database: Database) -> list[str]:
    """Tokens of so many people who are there already."""
    texts = [f"hub_{uuid.uuid4().hex}" for _ in range(_PEOPLE)]
    ids = [new_id() for _ in texts]
    given = {"ids": ids, "digests": [digest_of(text) for text in texts]}

    async def write(transaction: Transaction) -> None:
        for sql in (
            """insert into users (id, handle, handle_key, display_name, joined_at)
               select value, 's' || value, 's' || value, '', {now} from {any ids}""",
            "insert into accounts (id) select value from {any ids}",
            "insert into streams (id, epoch) select value, 1 from {any ids}",
            """insert into tokens (id, user_id, digest, created_at, expires_at)
               select ids.value, ids.value, digests.value, {now}, {now} + interval '1 day'
               from {any ids} join {any_text digests} on digests.place = ids.place""",
        ):
            await transaction.fetch(sql, {name: value for name, value in given.items() if name in sql})

    await database.transact(write)
    return texts


class _Bench:
    def __init__(
        self, settings: Settings, database: Database, connections: int, seconds: float, tokens: Iterator[str]
    ) -> None:
        self._settings = settings
        self._database = database
        self._connections = connections
        self._seconds = seconds
        self._tokens = tokens
        self._receipts: list[str] = []

    async def rush(self) -> dict[str, Any]:
        """Readers alone, then with those who sign, then comments; and how long the tally was behind."""
        async with (
            serving(self._settings, "serve", **UNLIMITED) as server,
            self._client(server) as client,
            Reading(server.address, _POST) as readers,
        ):
            action = (await server.ask(_POST))["data"]["post"]["action"]["id"]
            calm = await readers.for_seconds(self._seconds / 4)
            signing = [self._sign(client, action) for _ in range(self._connections)]
            reads, signed = await asyncio.gather(readers.for_seconds(self._seconds), again_for(self._seconds, signing))
            behind = await self._until_counted(action)
            threads = await self._threads(server)
            commenting = [self._comment(client, *thread) for thread in threads]
            comments = await again_for(self._seconds / 2, commenting)
        found = await self._counts(action)
        rows = await self._database.fetch(_STORED, {"receipts": self._receipts})
        return {
            "signatures answered": len(self._receipts),
            "of these stored once": len(rows),
            "stored": found["stored"],
            "tally": found["tally"],
            "intervals until the tally was exact": round(behind / self._settings.tally_interval, 2),
            "signatures per s": round(len(self._receipts) / self._seconds),
            "comments on quiet threads per s": round(sum(map(len, comments)) / (self._seconds / 2)),
            "signature p99 ms": percentile([took for one in signed for took in one], 99),
            "read p99 ms before": percentile(calm, 99),
            "read p99 ms meanwhile": percentile(reads, 99),
            "reads meanwhile": len(reads),
        }

    async def cut_short(self) -> dict[str, Any]:
        """A rush that ends by kill -9, another process that counts, and a recount."""
        before = len(self._receipts)
        async with serving(self._settings, "serve", **UNLIMITED) as server, self._client(server) as client:
            action = (await server.ask(_POST))["data"]["post"]["action"]["id"]
            signing = [self._sign(client, action) for _ in range(self._connections)]
            rush = asyncio.create_task(again_for(self._seconds, signing))
            await asyncio.sleep(self._seconds / 3)
            await server.kill()
            await asyncio.gather(rush, return_exceptions=True)
        rows = await self._database.fetch(_STORED, {"receipts": self._receipts})
        async with serving(self._settings, "serve", **UNLIMITED) as server:
            await self._until_counted(action)
        found = await self._counts(action)
        _, output = await command(self._settings, "recount")
        lines = [line.split("\t") for line in output.splitlines()]
        return {
            "answered until kill -9": len(self._receipts) - before,
            "answered and lost": len(self._receipts) - len(rows),
            "tally less rows": found["tally"] - found["stored"],
            "changed by a recount": sum(said != says for _, said, says, *_ in lines),
        }

    def _client(self, server: Server) -> httpx2.AsyncClient:
        limits = httpx2.Limits(max_connections=self._connections)
        return httpx2.AsyncClient(base_url=f"http://{server.address}", limits=limits, timeout=_PATIENCE)

    def _sign(self, client: httpx2.AsyncClient, action: str) -> Any:
        async def sign() -> None:
            token = next(self._tokens)
            payload = await _write(client, _SIGN, "participate", action, token)
            self._receipts.append(payload["participation"]["receipt"])

        return sign

    async def _threads(self, server: Server) -> list[tuple[str, str]]:
        """A thread and a token for each connection."""
        token = (await issue_token(self._database, "ines", 1)).text
        talk = next(
            one["id"] for one in (await server.ask(_CATEGORY))["data"]["categories"] if one["slug"] == "hub-talk"
        )
        found: list[tuple[str, str]] = []
        for _ in range(self._connections):
            body = await server.ask(_THREAD, token, on=talk, k=uuid.uuid4().hex)
            found.append((body["data"]["createThread"]["thread"]["id"], next(self._tokens)))
        return found

    def _comment(self, client: httpx2.AsyncClient, thread: str, token: str) -> Any:
        async def comment() -> None:
            await _write(client, _COMMENT, "addComment", thread, token)

        return comment

    async def _until_counted(self, action: str) -> float:
        """Seconds until the tally says what is stored."""
        begun = time.monotonic()
        while time.monotonic() < begun + _PATIENCE:
            found = await self._counts(action)
            if found["tally"] == found["stored"]:
                break
            await asyncio.sleep(0.02)
        return time.monotonic() - begun

    async def _counts(self, action: str) -> dict[str, Any]:
        (found,) = await self._database.fetch(_COUNTS, {"action": row_id(action)})
        return found


async def _write(client: httpx2.AsyncClient, query: str, name: str, on: str, token: str) -> Any:
    body = {"query": query, "variables": {"on": on, "k": uuid.uuid4().hex}}
    answer = await client.post("/graphql", json=body, headers={"Authorization": f"Bearer {token}"})
    payload = answer.json()["data"][name]
    assert payload["errors"] == [], answer.text
    return payload
