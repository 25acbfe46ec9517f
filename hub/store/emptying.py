"""Emptying a database, for `hub demo --fresh` and nothing else."""

from typing import Any

from hub.settings import Settings
from hub.store.database import Database, Transaction
from hub.store.tables import table_of

_WITHOUT_MODEL = ["log", "tortoise_migrations"]


async def empty(settings: Settings) -> None:
    """Drop all tables of the hub; other tables stay."""
    database = await Database.open(settings)
    try:
        apps: Any = database.context.apps
        names = [*_WITHOUT_MODEL, *(table_of(model) for model in apps["models"].values())]
        await database.transact(lambda transaction: _drop(transaction, names))
    finally:
        await database.close()


async def _drop(transaction: Transaction, names: list[str]) -> None:
    if transaction.dialect == "sqlite":
        await transaction.fetch("pragma defer_foreign_keys = on")
    for name in names:
        await transaction.fetch(f"drop table if exists {name} {{cascade}}")
