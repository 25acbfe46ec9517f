from collections.abc import Awaitable, Callable

import pytest

from hub.graph.ids import to_global
from hub.store.audience import Standing
from hub.users.commands import set_role
from tests.client import Client
from tests.mutations import write

CLUB = "lone-star-owners"
SCOPES = ["COMMENTS_WRITE", "RSVPS_WRITE", "CLUBS_READ", "USER_READ_PRIVATE"]

MakeApp = Callable[..., Awaitable[str]]


async def club_id(client: Client, slug: str = CLUB) -> str:
    (row,) = await client.backend.database.fetch("select id from clubs where slug = :slug", {"slug": slug})
    return to_global("Club", row["id"])


@pytest.fixture
async def admin(client: Client) -> str:
    await set_role(client.backend, "otto", Standing.ADMIN)
    return "otto"


@pytest.fixture
async def bound(client: Client, admin: str) -> str:
    """The id of an app that is bound to the club, whose own token the client holds as `app`."""
    saved = await write(client, "saveApp", admin, name="Club app", clubId=await club_id(client), scopes=SCOPES)
    issued = await write(client, "issueAppToken", admin, appId=saved["app"]["id"], scopes=["CLUBS_READ"])
    client.hold("app", issued["tokenOnce"])
    return saved["app"]["id"]


@pytest.fixture
async def free(client: Client, admin: str) -> str:
    """The id of an app of the whole hub."""
    saved = await write(client, "saveApp", admin, name="Free app", scopes=[*SCOPES, "THREADS_WRITE"])
    return saved["app"]["id"]
