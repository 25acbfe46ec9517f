import pytest

from hub.store.database import Database
from tests.jobs import chores


@pytest.fixture
async def home(database: Database) -> Database:
    """A database with the table `effects`."""
    await chores.make_table(database)
    return database
