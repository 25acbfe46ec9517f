import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from hub.demo.loading import load
from hub.demo.story import STORY
from hub.settings import Settings
from hub.store.database import Database
from hub.users.commands import issue_token
from tests.cli.servers import serving
from tests.faults.crowd import WELCOME, Crowd

HURRIED = {"database_wait": 1, "password_wait": 1, "statement_timeout": 1, "operation_timeout": 2}
Gather = Callable[[Settings], AbstractAsyncContextManager[Crowd]]


@pytest.fixture
async def gather(settings: Settings, tmp_path: Path) -> Gather:
    """A crowd before a server under the given settings, over the demo community; in the end its log is looked at."""
    database = await Database.open(settings)
    await load(database, STORY)
    token = (await issue_token(database, "ines", 1)).text
    await database.close()

    @asynccontextmanager
    async def gathered(chosen: Settings) -> AsyncGenerator[Crowd]:
        log = tmp_path / f"{uuid.uuid4().hex}.log"
        async with serving(chosen, "serve", log=log, **HURRIED) as server:
            post = (await server.ask(WELCOME))["data"]["post"]
            yield Crowd(server, token, post["id"])
            assert server.process.returncode is None, "it needed a restart"
        said = log.read_text()
        assert "Traceback" not in said, said
        assert '"level": "error"' not in said, said

    return gathered
