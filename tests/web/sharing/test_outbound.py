"""`/out/ACTION` leads to the stored address and nowhere else, and counts people."""

import asyncio

import httpx2
import pytest

from hub.graph.ids import to_global
from tests.actions.acting import a_post, an_action
from tests.client import Client
from tests.web.sharing.conftest import HERE

THERE = "https://give.example/now?to=7#a"
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
LOOK = "query ($id: ID!) { node(id: $id) { ... on Action { externalUrl externalAddress outboundClicks } } }"


async def giving(client: Client) -> str:
    return to_global("Action", await an_action(client.backend, kind="DONATE_ELSEWHERE", external_url=THERE))


async def seen(client: Client, action: str, handle: str | None) -> tuple[str, str, int | None]:
    """Asked twice: executed, and planned."""
    first, again = [(await client.data(LOOK, handle, id=action))["node"] for _ in range(2)]
    assert first == again
    return first["externalUrl"], first["externalAddress"], first["outboundClicks"]


async def test_the_field_gives_the_address_that_counts_and_leads_there(sharing: Client, site: httpx2.AsyncClient):
    action = await giving(sharing)
    url, address, _ = await seen(sharing, action, None)
    assert (url, address) == (f"{HERE}/out/{action}", THERE)
    answer = await site.get(url, headers=PERSON)
    assert (answer.status_code, answer.headers["location"]) == (302, THERE)
    assert answer.headers["cache-control"] == "no-store"
    await asyncio.gather(*(site.get(url, headers=PERSON) for _ in range(20)))
    assert [(await seen(sharing, action, who))[2] for who in ("mara", "ines", None)] == [21, None, None]


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Googlebot/2.1"},
        {"User-Agent": "facebookexternalhit/1.1"},
        {"User-Agent": ""},
        {**PERSON, "Sec-Purpose": "prefetch;prerender"},
    ],
    ids=["a robot", "a preview", "no name", "ahead"],
)
async def test_robots_are_led_there_and_not_counted(sharing: Client, site: httpx2.AsyncClient, headers: dict[str, str]):
    action = await giving(sharing)
    assert (await site.get(f"/out/{action}", headers=headers)).headers["location"] == THERE
    assert (await site.head(f"/out/{action}", headers=PERSON)).status_code == 302
    assert (await seen(sharing, action, "mara"))[2] == 0


@pytest.mark.parametrize("asked", ["?url=https://evil.example", "?to=//evil.example", "?next=/posts/welcome"])
async def test_no_address_of_a_request_is_followed(sharing: Client, site: httpx2.AsyncClient, asked: str):
    action = await giving(sharing)
    answer = await site.get(f"/out/{action}{asked}", headers={**PERSON, "X-Forwarded-Host": "evil.example"})
    assert answer.headers["location"] == THERE


async def test_what_leads_nowhere_and_what_is_hidden_look_alike(sharing: Client, site: httpx2.AsyncClient):
    action = await giving(sharing)
    post = {"post": await a_post(sharing.backend)}
    await sharing.backend.database.write("update subjects set visibility = 'MEMBERS' where id = {as_id post}", post)
    assert (await seen(sharing, action, "ines"))[:2] == (THERE, THERE)
    paths = (action, to_global("Action", 2**50), "https://evil.example", to_global("Post", post["post"]), "x")
    statuses = [(await site.get(f"/out/{path}", headers=PERSON)).status_code for path in paths]
    assert set(statuses) <= {400, 404}
    assert statuses[:2] == [404, 404]
