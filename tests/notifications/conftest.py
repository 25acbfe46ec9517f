import pytest

from hub.live.backend import Backend
from hub.users.commands import add_person
from tests.client import Client
from tests.mutations import write

HANDLES = ("wilma", "otis", "gerda")


@pytest.fixture
async def handles(story: Backend) -> tuple[str, ...]:
    """Three members beside the people of the demo community."""
    for handle in HANDLES:
        await add_person(story.database, handle=handle, name=handle.title())
    return HANDLES


@pytest.fixture
async def thread(client: Client, handles: tuple[str, ...]) -> str:
    """A thread of wilma's."""
    found = await client.data("{ categories { id archive { archivedAt } } }")
    category = next(one["id"] for one in found["categories"] if one["archive"] is None)
    made = await write(client, "createThread", handles[0], categoryId=category, title="Winter tyres", body="Which?")
    return made["thread"]["id"]
