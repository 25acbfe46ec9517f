"""The one door to the database: `fetch` a statement, or several in a `transaction`.

Opened by URL through Tortoise, which owns models, migrations and the pool. Every wait is bounded: a connection
that does not come in time is `Overloaded`, a statement that runs too long is ended by the database.
A write once begun is finished even when its caller is cancelled: a disconnect may not leave half a decision,
and cancelling the begin of a transaction would leak its connection.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from tortoise.context import TortoiseContext

from hub import traces
from hub.settings import Settings
from hub.store.connections import Connections, Reaching
from hub.store.gathering import PostgresGathering, SqliteGathering
from hub.store.sharing import Sharing, same_read
from hub.store.sql import Dialect, Prepared, adapt, prepare

T = TypeVar("T")
Record = dict[str, Any]
_CLOSING_SECONDS = 10.0
_PATIENT_SECONDS = 30.0
_SETTLING_SECONDS = 0.5

MODEL_MODULES = [
    "hub.store.models",
    "hub.jobs.models",
    "hub.live.models",
    "hub.limits.models",
    "hub.audit.models",
    "hub.users.models",
    "hub.clubs.models",
    "hub.partners.models",
    "hub.subjects.models",
    "hub.comments.models",
    "hub.forum.models",
    "hub.posts.models",
    "hub.actions.models",
    "hub.notifications.models",
    "hub.events.models",
]


class UniqueViolation(Exception):
    """A row with this key is there already; `constraint` names the key where the database tells it."""

    def __init__(self, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint


class StatementLog:
    """What was sent while `Database.watching` was open, in order, and its values; who watches further out too."""

    def __init__(self, outer: "StatementLog | None" = None) -> None:
        self.statements: list[str] = []
        self.values: list[Sequence[Any]] = []
        self._outer = outer

    def note(self, statement: str, values: Sequence[Any]) -> None:
        self.statements.append(statement)
        self.values.append(values)
        if self._outer is not None:
            self._outer.note(statement, values)


_watched: ContextVar[StatementLog | None] = ContextVar("watched", default=None)


class Watch:
    __slots__ = ("_before",)

    async def __aenter__(self) -> StatementLog:
        log = StatementLog(_watched.get())
        self._before = _watched.set(log)
        return log

    async def __aexit__(self, *_: object) -> None:
        _watched.reset(self._before)


async def _settle(connection: Any) -> None:
    """In place of asyncpg's RESET, when a connection goes back after something failed; nothing here changes a session.

    A statement that was prepared and then not sent, as its values did not fit or its caller left, keeps the server
    waiting: after `statement_timeout` it would tell the next one who has the connection that it took too long. One that
    died without a word does not answer, and is closed.
    """
    await connection.execute("select 1", timeout=_SETTLING_SECONDS)


def tortoise_config(settings: Settings) -> dict[str, Any]:
    url = settings.tortoise_url()
    return {
        "connections": {"default": _postgres(url, settings) if url.startswith("postgres") else _sqlite(url, settings)},
        "apps": {"models": {"models": MODEL_MODULES, "migrations": "migrations"}},
        "use_tz": True,
        "timezone": "UTC",
    }


async def connect_alone(settings: Settings) -> Any:
    """A connection to PostgreSQL outside the pool, for who must keep it: the broker listens on it."""
    return await asyncpg.connect(**_address(settings.tortoise_url()))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - asyncpg is partly typed


def _address(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return {
        "host": query.get("host", [parts.hostname or "127.0.0.1"])[0],
        "port": parts.port or 5432,
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password or ""),
        "database": parts.path.lstrip("/"),
    }


def _postgres(url: str, settings: Settings) -> dict[str, Any]:
    return {
        "engine": "tortoise.backends.asyncpg",
        "credentials": {
            **_address(url),
            # None is kept ready: the pool would try again and again to have it while the server is away.
            "minsize": 0,
            "timeout": settings.database_wait,
            # One more than are lent: Tortoise itself looks at the migrations.
            "maxsize": settings.database_connections + 1,
            "reset": _settle,
            "command_timeout": settings.statement_timeout + 5 if settings.statement_timeout else None,
            "statement_cache_size": 150,
            "max_cacheable_statement_size": 0,
            "server_settings": {
                "timezone": "UTC",
                "plan_cache_mode": "force_generic_plan",
                # A plan is kept while its table grows: one made for an empty queue would read all of a full one.
                "enable_seqscan": "off",
                "statement_timeout": str(int(settings.statement_timeout * 1000)),
                "jit": "off",
            },
        },
    }


def _sqlite(url: str, settings: Settings) -> dict[str, Any]:
    return {
        "engine": "tortoise.backends.sqlite",
        "credentials": {
            "file_path": url.removeprefix("sqlite://"),
            "busy_timeout": int((settings.statement_timeout or _PATIENT_SECONDS) * 1000),
            "synchronous": "NORMAL",
            "foreign_keys": "ON",
        },
    }


class Database:
    def __init__(self, context: TortoiseContext, settings: Settings) -> None:
        self.context = context
        self.client: Any = context.connections.get("default")
        self.dialect: Dialect = "postgres" if self.client.capabilities.dialect == "postgres" else "sqlite"
        pooled = self.dialect == "postgres"
        self._connections = Connections(
            self.client,
            # SQLite has one connection: who waits for it waits there, where the wait is bounded.
            most=settings.database_connections if pooled else 1,
            wait=settings.database_wait,
            keep=pooled,
        )
        self._gathering = (PostgresGathering if pooled else SqliteGathering)(self._connections)
        self._sharing = Sharing()
        self._unfinished: set[asyncio.Task[Any]] = set()
        self._functions: dict[str, Callable[..., Any]] = {}

    @classmethod
    async def open(cls, settings: Settings) -> "Database":
        if not settings.database_url:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        # A context of its own, not Tortoise's global one: two databases may be open in one process.
        with TortoiseContext() as context:
            await context.init(config=tortoise_config(settings))
        database = cls(context, settings)
        if database.dialect == "sqlite":
            # Now, not by the first caller: one that went away halfway would leave it without its pragmas.
            await database.fetch("select 1 as one")
        return database

    async def close(self) -> None:
        """Wait for the writes under way, then close; who comes later finds it `Overloaded`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING_SECONDS):
                while self._unfinished:
                    await asyncio.wait(self._unfinished)
        await self._connections.close()
        await self.context.close_connections()

    async def fetch(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Record]:
        """Run one statement, committed by itself; rows in the database's order."""
        async with self._connections.lend() as connection:
            return await self._send(connection, sql, parameters or {})

    async def fetch_small(self, sql: str, parameters: Mapping[str, Any]) -> list[Record]:
        """`fetch` for a few rows by their keys, which many ask at the same time."""
        prepared = prepare(sql, self.dialect)
        values = [adapt(parameters[name], self.dialect) for name in prepared.names]
        if (log := _watched.get()) is not None:
            log.note(prepared.text, values)
        with traces.statement(prepared.text, self.dialect):
            return await self._gathering.fetch(prepared.text, values)

    async def text(
        self,
        prepared: Prepared,
        parameters: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]],
        finish: Callable[[str], str] | None = None,
        *,
        small: bool = False,
    ) -> str | None:
        """The only value, `data`, of a statement prepared before, as `finish` makes it; `functions` are what it wants
        of SQLite. `small` ones are a few rows by their keys, which many ask at the same time."""
        values = [adapt(parameters[name], self.dialect) for name in prepared.names]
        if (log := _watched.get()) is not None:
            log.note(prepared.text, values)
        with traces.statement(prepared.text, self.dialect):
            if small:
                await self._define(functions)
                found = await self._gathering.fetch(prepared.text, values)
                return _finished(found[0]["data"] if found else None, finish)

            async def read() -> str | None:
                return _finished(await self._text(prepared.text, values, functions), finish)

            return await self._sharing.text(same_read(prepared.text, values), read)

    async def _text(self, text: str, values: list[Any], functions: Mapping[str, Callable[..., Any]]) -> str | None:
        await self._define(functions)
        async with self._connections.lend() as connection:
            if self.dialect == "postgres":
                with Reaching(connection):
                    return await connection.fetchval(text, *values)
            with Reaching(connection):
                rows = await connection.execute_fetchall(text, values)
            return rows[0][0] if rows else None

    async def _define(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        new = {name: function for name, function in functions.items() if self._functions.get(name) is not function}
        if new:
            async with self._connections.lend() as connection:
                for name, function in new.items():
                    await connection.create_function(name, -1, function)
            self._functions |= new

    async def finish(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work` to its end even when the caller is cancelled."""
        task = asyncio.ensure_future(_as_coroutine(work))
        self._unfinished.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def write(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Record]:
        """`fetch` for a statement that changes something: finished once begun."""
        return await self.finish(lambda: self.fetch(sql, parameters))

    async def transact(self, work: Callable[["Transaction"], Awaitable[T]]) -> T:
        """Run `work` in one transaction: committed when it returns, undone when it raises."""

        async def run() -> T:
            async with self._connections.lend() as connection:
                transaction = Transaction(self, connection)
                await transaction.begin()
                try:
                    answer = await work(transaction)
                    await transaction.commit()
                except BaseException:
                    await transaction.rollback()
                    raise
                return answer

        return await self.finish(run)

    def watching(self) -> "Watch":
        """`async with database.watching() as statements:` notes each statement sent from there on in this context;
        tasks started inside count too."""
        return Watch()

    async def explain(self, statement: str, values: Sequence[Any]) -> list[str]:
        """How the database would run it, which it does not do: its steps, without conditions, which may show values."""
        async with self._connections.lend() as connection:
            if self.dialect == "postgres":
                rows: list[Any] = await connection.fetch(f"explain {statement}", *values)
                return [row[0].rstrip() for row in rows if "(cost=" in row[0]]
            rows = list(await connection.execute_fetchall(f"explain query plan {statement}", values))
            return [str(row["detail"]) for row in rows]

    async def _send(self, connection: Any, sql: str, parameters: Mapping[str, Any]) -> list[Record]:
        prepared = prepare(sql, self.dialect)
        values = [adapt(parameters[name], self.dialect) for name in prepared.names]
        if (log := _watched.get()) is not None:
            log.note(prepared.text, values)
        try:
            with traces.statement(prepared.text, self.dialect), Reaching(connection):
                if self.dialect == "postgres":
                    return [dict(row) for row in await connection.fetch(prepared.text, *values)]
                return [dict(row) for row in await connection.execute_fetchall(prepared.text, values)]
        except asyncpg.UniqueViolationError as error:
            raise UniqueViolation(str(getattr(error, "constraint_name", ""))) from error
        except sqlite3.IntegrityError as error:
            if "UNIQUE" in str(error) or "PRIMARY KEY" in str(error):
                raise UniqueViolation(str(error)) from error
            raise

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._unfinished.discard(task)
        if not task.cancelled():
            task.exception()


def _finished(text: str | None, finish: Callable[[str], str] | None) -> str | None:
    return text if text is None or finish is None else finish(text)


async def _as_coroutine(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


class Transaction:
    """Statements that are committed together; given by `Database.transact`."""

    def __init__(self, database: Database, connection: Any) -> None:
        self._database = database
        self._connection = connection
        self.dialect: Dialect = database.dialect

    async def fetch(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Record]:
        return await self._database._send(self._connection, sql, parameters or {})  # pyright: ignore[reportPrivateUsage] - the two are one unit

    async def begin(self) -> None:
        # IMMEDIATE: a reader that turns writer later fails with "database is locked" when processes compete.
        with Reaching(self._connection):
            await self._connection.execute("begin immediate" if self.dialect == "sqlite" else "begin")

    async def commit(self) -> None:
        with Reaching(self._connection):
            await self._connection.execute("commit")

    async def rollback(self) -> None:
        with suppress(Exception):  # a connection that is gone has rolled back already; the first error counts
            await self._connection.execute("rollback")
