"""Bringing a database to the newest schema, and what migrations need that Tortoise does not bring."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.operations import RunSQL

from hub.settings import Settings
from hub.store.database import tortoise_config

_NEWEST = MigrationTarget(app_label="models", name="__latest__")
_LOCK = 0x487562  # one number for all who migrate this database


class RunDialectSQL(RunSQL):
    """SQL that is not the same on both databases."""

    def __init__(self, *, postgres: list[str], sqlite: list[str]) -> None:
        super().__init__(postgres, reverse_sql=RunSQL.noop)  # pyright: ignore[reportUnknownMemberType] - Tortoise is partly typed
        self._by_dialect = {"postgres": postgres, "sqlite": sqlite}

    async def _run_sql(self, state_editor: Any, sqls: Any) -> None:
        if sqls == RunSQL.noop:
            return
        dialect = state_editor.client.capabilities.dialect
        for statement in self._by_dialect[dialect]:
            if dialect == "sqlite" and not state_editor.collect_sql:
                # Tortoise would cut the body of a trigger at its semicolons.
                await state_editor.client.execute_query(statement)
            else:
                await state_editor._run_sql(statement)


async def migrate(settings: Settings) -> list[str]:
    """Apply what is missing and give the names of it; on PostgreSQL several processes wait for each other."""
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    # No time limit, as an index over a full table takes what it takes; one connection holds the lock, one works.
    config = tortoise_config(settings.model_copy(update={"statement_timeout": 0, "database_connections": 2}))
    async with TortoiseContext() as context:
        await context.init(config=config)
        executor = MigrationExecutor(context.connections.get("default"), config["apps"])
        async with _alone(executor.connection):
            missing = await executor.plan([_NEWEST])
            if missing:
                await executor.migrate([_NEWEST])
            return [step.migration.name for step in missing]


@asynccontextmanager
async def _alone(client: Any) -> AsyncGenerator[None]:
    if client.capabilities.dialect != "postgres":
        yield
        return
    async with client.acquire_connection() as connection:
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        try:
            yield
        finally:
            await connection.execute("select pg_advisory_unlock($1)", _LOCK)


async def pending(client: Any, settings: Settings) -> list[str]:
    """The names of migrations that this open database lacks."""
    executor = MigrationExecutor(client, tortoise_config(settings)["apps"])
    plan = await executor.plan([_NEWEST])
    return [step.migration.name for step in plan]
