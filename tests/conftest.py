"""The suite runs on the embedded form (SQLite, in process), on the scaled one (PostgreSQL, Redis), or on both.

`HUB_TEST_BACKENDS=embedded|scaled|embedded,scaled` chooses, embedded by default. `HUB_TEST_DATABASE_URL` and
`HUB_TEST_BROKER_URL` name the services; without them those of this machine are tried. A service that is missing
skips its tests, unless `HUB_TEST_REQUIRE_SERVICES=1`; so do the tools that `HUB_TEST_CHROMIUM` and
`HUB_TEST_CLAIRVOYANCE` name. Each test gets a database and a Redis prefix of its own.
"""

import os
import shutil
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from redis import asyncio as redis

from hub.demo.loading import load
from hub.demo.story import STORY
from hub.live.backend import Backend
from hub.settings import Settings
from hub.store.audience import Viewer
from hub.store.database import Database
from hub.store.migrating import migrate
from hub.users.commands import issue_token
from hub.users.tokens import bearer_of
from tests.client import Client

DATABASE_URL = os.environ.get("HUB_TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
BROKER_URL = os.environ.get("HUB_TEST_BROKER_URL", "redis://127.0.0.1:6379/0")
REQUIRED = os.environ.get("HUB_TEST_REQUIRE_SERVICES") == "1"
EXAMPLES = int(os.environ.get("HUB_TEST_EXAMPLES", "60"))
# How long an answer or a turn of the event loop takes is measured on a machine that does nothing else.
HARD = os.environ.get("HUB_TEST_HARD") == "1"
BACKENDS = os.environ.get("HUB_TEST_BACKENDS", "embedded,scaled" if REQUIRED else "embedded").split(",")


@pytest.fixture(params=BACKENDS)
def form(request: pytest.FixtureRequest) -> str:
    return request.param


def scaled_alone() -> str:
    """In place of `form` where only PostgreSQL explains itself."""
    if "scaled" not in BACKENDS:
        pytest.skip("only PostgreSQL explains itself like this")
    return "scaled"


@pytest.fixture
async def settings(
    form: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Settings]:
    """Settings of a migrated database, empty but for `story`; `settings.model_copy(update=…)` changes a limit."""
    story = "story" in request.fixturenames
    async with _a_database(form, tmp_path / "data", tmp_path_factory, story=story) as chosen:
        yield chosen


@pytest.fixture
async def backend(settings: Settings) -> AsyncGenerator[Backend]:
    opened = await Backend.open(settings)
    yield opened
    await opened.close()


@pytest.fixture
def database(backend: Backend) -> Database:
    return backend.database


@pytest.fixture
async def story(backend: Backend) -> Backend:
    """A backend with the demo community in it."""
    return backend


@pytest.fixture
def client(story: Backend) -> Client:
    """Asks the engine as a transport would, over the demo community."""
    return Client(story)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=BACKENDS)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Client]:
    """A client over one demo community for a whole module: only read there, or count what changed.

    Its tests say `pytestmark = pytest.mark.asyncio(loop_scope="module")`.
    """
    folder = tmp_path_factory.mktemp("shared") / "data"
    async with _a_database(request.param, folder, tmp_path_factory, story=True) as chosen:
        backend = await Backend.open(chosen)
        yield Client(backend)
        await backend.close()


async def viewer_of(backend: Backend, handle: str) -> Viewer:
    token = await issue_token(backend.database, handle, 1)
    return (await bearer_of(backend.database, token.text)).viewer


_templates: dict[str, str] = {}
# One person of the tests writes what many would.
_FREELY = {
    "comment_burst": 100_000,
    "participation_burst": 100_000,
    "cost_per_minute": 10**12,
    "address_cost_per_minute": 10**12,
    **dict.fromkeys(
        (
            "logins_per_account",
            "logins_per_address",
            "registrations_per_account",
            "registrations_per_address",
            "resets_per_account",
            "resets_per_address",
            "participation_mails_per_account",
            "participation_mails_per_address",
            "receipts_per_address",
        ),
        "100000/minute",
    ),
}


@asynccontextmanager
async def _a_database(
    form: str, folder: Path, factory: pytest.TempPathFactory, *, story: bool = False
) -> AsyncGenerator[Settings]:
    if form == "embedded":
        folder.mkdir()
        shutil.copy(await _sqlite_template(factory, story=story), folder / "hub.sqlite3")
        yield Settings(data_dir=folder, live_poll=0.05, **_FREELY)
        return
    await _ensure_services()
    name = f"hub_test_{uuid.uuid4().hex}"
    await _admin(f'create database "{name}" template "{await _postgres_template(story=story)}"')
    try:
        yield Settings(
            data_dir=folder,
            database_url=_database_url(name),
            broker_url=BROKER_URL,
            broker_prefix=name,
            live_poll=0.05,
            **_FREELY,
        )
    finally:
        await _admin(f'drop database "{name}" with (force)')


async def _sqlite_template(factory: pytest.TempPathFactory, *, story: bool) -> str:
    name = "sqlite story" if story else "sqlite"
    if name not in _templates:
        settings = Settings(data_dir=factory.mktemp("template"))
        file = str(settings.data_dir / "hub.sqlite3")
        if story:
            shutil.copy(await _sqlite_template(factory, story=False), file)
            await _tell_story(settings)
        else:
            await migrate(settings)
        _templates[name] = file
    return _templates[name]


async def _postgres_template(*, story: bool) -> str:
    name = "postgres story" if story else "postgres"
    if name not in _templates:
        made = f"hub_test_template_{uuid.uuid4().hex}"
        if story:
            await _admin(f'create database "{made}" template "{await _postgres_template(story=False)}"')
            await _tell_story(Settings(database_url=_database_url(made)))
        else:
            await _admin(f'create database "{made}"')
            await migrate(Settings(database_url=_database_url(made)))
        _templates[name] = made
    return _templates[name]


async def _tell_story(settings: Settings) -> None:
    """Once for all tests: a copy takes a fraction of the time."""
    backend = await Backend.open(settings)
    await load(backend.database, STORY)
    await backend.close()


@pytest.fixture(scope="session", autouse=True)
def _drop_templates() -> AsyncGenerator[None]:
    import asyncio

    yield
    for form in ("postgres", "postgres story"):
        if (name := _templates.get(form)) is not None:
            asyncio.run(_admin(f'drop database "{name}" with (force)'))


def _database_url(name: str) -> str:
    return f"{DATABASE_URL.rpartition('/')[0]}/{name}"


async def _admin(statement: str) -> None:
    connection = await asyncpg.connect(DATABASE_URL)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _ensure_services() -> None:
    if "services" in _templates:
        return
    try:
        await _admin("select 1")
        async with redis.Redis.from_url(BROKER_URL) as broker:
            await broker.ping()
    except (OSError, redis.RedisError, asyncpg.PostgresError) as error:
        if REQUIRED:
            raise
        pytest.skip(f"PostgreSQL or Redis is not there: {type(error).__name__}")
    _templates["services"] = "there"
