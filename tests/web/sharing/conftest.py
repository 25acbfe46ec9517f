from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from hub.live.backend import Backend
from hub.store.instants import now
from hub.web.sharing.routes import sharing_routes
from tests.client import Client
from tests.mutations import row_id, write

HOME, HERE = "https://club.example", "https://api.example"


@pytest.fixture
def sharing(story: Backend) -> Client:
    """A hub whose readers come to another host than its API's, and that keeps nothing of what it answers."""
    addresses = {"site_url": HOME, "public_url": HERE, "site_name": "Larks & Friends"}
    story.settings = story.settings.model_copy(update=addresses)
    return Client(story)


def open_site(backend: Backend, **settings: Any) -> httpx2.AsyncClient:
    backend.settings = backend.settings.model_copy(update=settings)
    app = Starlette(routes=sharing_routes(backend))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=HERE)


@pytest.fixture
async def site(sharing: Client) -> AsyncIterator[httpx2.AsyncClient]:
    async with open_site(sharing.backend) as browser:
        yield browser


async def posted(client: Client, title: str, *, publish: bool = True, **given: Any) -> dict[str, Any]:
    """The id and slug of a fresh post of mara's."""
    draft = {"kind": "STORY", "title": title, "body": "One **bold** word.", **given}
    post = (await write(client, "savePost", "mara", **draft))["post"]
    if publish:
        await write(client, "publishPost", "mara", id=post["id"])
    return post


async def hidden(client: Client, title: str) -> dict[str, dict[str, Any]]:
    """A post for each way in which not everybody finds it."""
    made = {
        visibility: await posted(client, f"{title} {visibility}", visibility=visibility, **more)
        for visibility, more in (("MEMBERS", {}), ("PRIVATE", {}), ("UNLISTED", {}))
    }
    club = (await client.data('{ club(slug: "lone-star-owners") { id } }'))["club"]["id"]
    made["CLUB"] = await posted(client, f"{title} CLUB", visibility="CLUB", clubIds=[club])
    made["DRAFT"] = await posted(client, f"{title} DRAFT", publish=False)
    ahead = (now() + timedelta(days=1)).isoformat()
    made["SCHEDULED"] = await posted(client, f"{title} SCHEDULED", publishAt=ahead)
    return made


async def hide(client: Client, post: dict[str, Any]) -> None:
    await client.backend.database.write(
        "update subjects set visibility = 'PRIVATE' where id = :id", {"id": row_id(post["id"])}
    )
