import pytest

from hub.store.database import Database
from tests.store.shelf import make_tables


@pytest.fixture
async def shelf(database: Database) -> Database:
    """A database that has the shelf's tables, empty."""
    await make_tables(database)
    return database
