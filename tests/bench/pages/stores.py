"""The two databases as the bench fills and tidies them: rows in bulk, plain statements, secondary indexes set aside."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from hub.store.instants import to_text
from tests.bench.pages.community import BEGINNING

_BATCH = 10_000


class Store(Protocol):
    """`url` is what the hub takes as its database."""

    url: str
    dialect: str

    async def exists(self) -> bool: ...
    async def create(self) -> None: ...
    async def drop(self) -> None: ...
    def instant(self, seconds: int) -> Any: ...
    async def copy(self, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None: ...
    async def run(self, *statements: str) -> None: ...
    async def values(self, sql: str) -> list[Any]: ...
    async def take_indexes(self) -> list[str]: ...
    async def settle(self) -> None: ...


def store_of(url: str, scale: float) -> Store:
    """The database for this scale beside the one that the URL names: `…/pages` becomes `…/pages_0_1`."""
    suffix = f"_{scale:g}".replace(".", "_")
    if url.startswith("sqlite://"):
        path = Path(url.removeprefix("sqlite://"))
        return Sqlite(path.with_name(f"{path.stem}{suffix}{path.suffix or '.sqlite3'}"))
    return Postgres(url, urlsplit(url).path.strip("/") + suffix)


def store_at(url: str) -> Store:
    """The very database that the URL names."""
    if url.startswith("sqlite://"):
        return Sqlite(Path(url.removeprefix("sqlite://")))
    return Postgres(url, urlsplit(url).path.strip("/"))


class Postgres:
    dialect = "postgres"

    def __init__(self, beside: str, name: str) -> None:
        parts = urlsplit(beside)
        self.name = name
        self.url = urlunsplit(parts._replace(path=f"/{name}"))
        self._admin_url = urlunsplit(parts._replace(path="/postgres"))

    async def exists(self) -> bool:
        return bool(await self._admin(f"select 1 from pg_database where datname = '{self.name}'"))

    async def create(self) -> None:
        await self._admin(f'create database "{self.name}"')

    async def drop(self) -> None:
        await self._admin(f'drop database if exists "{self.name}" with (force)')

    def instant(self, seconds: int) -> datetime:
        return BEGINNING + timedelta(seconds=seconds)

    async def copy(self, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.copy_records_to_table(table, records=rows, columns=list(columns))
        finally:
            await connection.close()

    async def run(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def values(self, sql: str) -> list[Any]:
        connection = await asyncpg.connect(self.url)
        try:
            return [row[0] for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    async def take_indexes(self) -> list[str]:
        """Drop what no constraint stands on, and give the statements that bring it back."""
        found = "from pg_indexes where schemaname = 'public' and indexname not in (select conname from pg_constraint)"
        made = await self.values(f"select indexdef {found}")
        await self.run(*await self.values(f"select 'drop index \"' || indexname || '\"' {found}"))
        return made

    async def settle(self) -> None:
        """Set each id sequence behind what was loaded, and let the planner know the tables."""
        owned = await self.values(
            """select format('select setval(%L, (select coalesce(max(id), 1) from %I))',
                   pg_get_serial_sequence(quote_ident(table_name), 'id'), table_name)
               from information_schema.columns where table_schema = 'public' and column_name = 'id'
                 and pg_get_serial_sequence(quote_ident(table_name), 'id') is not null"""
        )
        await self.run(*owned, "vacuum (analyze)", "checkpoint")

    async def _admin(self, statement: str) -> list[Any]:
        connection = await asyncpg.connect(self._admin_url)
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()


class Sqlite:
    dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.url = f"sqlite://{self.path}"

    async def exists(self) -> bool:
        return self.path.exists()

    async def create(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)

    async def drop(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def instant(self, seconds: int) -> str:
        return to_text(BEGINNING + timedelta(seconds=seconds))

    async def copy(self, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(columns))
        with closing(self._connect()) as connection, connection:
            connection.execute("pragma synchronous = off")
            for batch in _batches(rows):
                connection.executemany(f"insert into {table} ({', '.join(columns)}) values ({marks})", batch)

    async def run(self, *statements: str) -> None:
        with closing(self._connect()) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    async def values(self, sql: str) -> list[Any]:
        with closing(self._connect()) as connection:
            return [row[0] for row in connection.execute(sql)]

    async def take_indexes(self) -> list[str]:
        found = "from sqlite_master where type = 'index' and sql is not null"
        made = await self.values(f"select sql {found}")
        await self.run(*await self.values(f"select 'drop index \"' || name || '\"' {found}"))
        return made

    async def settle(self) -> None:
        await self.run("analyze")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=30)


def _batches(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    source = iter(rows)
    while batch := list(islice(source, _BATCH)):
        yield batch
