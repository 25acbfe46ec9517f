"""The demo community with writers in it: a database of its own, and a token for each who writes."""

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.demo.loading import load
from hub.demo.story import STORY
from hub.refusals import Refusal
from hub.settings import Settings
from hub.store.database import Database
from hub.store.migrating import migrate
from hub.users.commands import add_person, issue_token

WRITERS = 20
SLUG = "welcome"


@dataclass(frozen=True)
class Community:
    settings: Settings
    folder: Path
    tokens: list[str]


@asynccontextmanager
async def community(database_url: str, broker_url: str = "") -> AsyncGenerator[Community]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prefix = folder.name.replace("_", "")
        settings = Settings(data_dir=folder, database_url=database_url, broker_url=broker_url, broker_prefix=prefix)
        await migrate(settings)
        database = await Database.open(settings)
        try:
            await load(database, STORY)
            tokens = [await _token(database, f"bench-writer-{number}") for number in range(WRITERS)]
        finally:
            await database.close()
        yield Community(settings, folder, tokens)


async def _token(database: Database, handle: str) -> str:
    try:
        return (await issue_token(database, handle, 1)).text
    except Refusal:
        await add_person(database, handle=handle, name=handle.title())
        return (await issue_token(database, handle, 1)).text
