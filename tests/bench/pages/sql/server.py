"""`uvicorn --factory tests.bench.pages.sql.server:make`; the database by BENCH_DATABASE_URL. A bare ASGI application."""

import base64
import os
import re
import sqlite3
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from tests.bench.pages.sql import adding
from tests.bench.pages.sql.statements import READS
from tests.bench.pages.sql.text import Dialect

_NAME = re.compile(r"\s*(?:query|mutation)\s+(\w+)")
_NOTHING = '{"data":null}'


class Postgres:
    def __init__(self, url: str) -> None:
        self._url = url
        self._statements = {name: page(Dialect("postgres")) for name, page in READS.items()}

    async def open(self) -> None:
        # As the hub opens its own, so that the two differ by what they send and nothing else.
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=int(os.environ["BENCH_POOL"]),
            reset=_keep_session,
            max_cacheable_statement_size=0,
            server_settings={"timezone": "UTC", "plan_cache_mode": "force_generic_plan", "jit": "off"},
        )

    async def close(self) -> None:
        await self._pool.close()

    async def read(self, name: str, given: list[Any]) -> str | None:
        values = [datetime.fromisoformat(value) if place else value for place, value in enumerate(given)]
        return await self._pool.fetchval(self._statements[name], *values)

    async def add(self, token: str, subject: int, given: dict[str, Any]) -> str | None:
        return await adding.in_postgres(self._pool, token, subject, given)


class Sqlite:
    """On the event loop: these statements take less time than handing them to a thread."""

    def __init__(self, url: str) -> None:
        self._path = url.removeprefix("sqlite://")
        self._statements = {name: page(Dialect("sqlite")).replace("$", "?") for name, page in READS.items()}

    async def open(self) -> None:
        self._connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.create_function("base64", 1, _base64, deterministic=True)

    async def close(self) -> None:
        self._connection.close()

    async def read(self, name: str, given: list[Any]) -> str | None:
        values = [value.replace("Z", ".000Z") if place else value for place, value in enumerate(given)]
        found = self._connection.execute(self._statements[name], values).fetchone()
        return found[0] if found else None

    async def add(self, token: str, subject: int, given: dict[str, Any]) -> str | None:
        return adding.in_sqlite(self._connection, token, subject, given)


async def _keep_session(_connection: object) -> None:
    pass


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _row_id(text: str) -> int:
    return int(base64.b64decode(text).decode().partition(":")[2])


class Application:
    def __init__(self, database: Postgres | Sqlite) -> None:
        self.database = database

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        answer = ((await self.answer(orjson.loads(body), scope["headers"])) or _NOTHING).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def answer(self, request: dict[str, Any], headers: Any) -> str | None:
        given = request["variables"]
        name = _NAME.match(request["query"])[1]
        if name == "AddComment":
            token = dict(headers).get(b"authorization", b"").decode().removeprefix("Bearer ")
            return await self.database.add(token, _row_id(given["input"]["subjectId"]), given["input"])
        values = [_row_id(value) if key == "id" else value for key, value in given.items()]
        return await self.database.read(name, values)

    async def _live(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.database.open()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.database.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def make() -> Application:
    url = os.environ["BENCH_DATABASE_URL"]
    return Application(Postgres(url) if url.startswith("postgres") else Sqlite(url))
