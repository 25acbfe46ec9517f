import pytest

from hub.live.backend import Backend
from hub.users.commands import add_person


@pytest.fixture
async def handles(story: Backend) -> tuple[str, str]:
    """Two members beside the people of the demo community."""
    for handle in ("wilma", "otis"):
        await add_person(story.database, handle=handle, name=handle.title())
    return "wilma", "otis"
