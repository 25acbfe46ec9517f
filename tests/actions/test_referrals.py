"""Where a person came from, kept when they take part: the code, who that names, the app, the page."""

from typing import Any

import pytest

from hub.graph.ids import to_global
from hub.store.audience import Standing
from hub.users.commands import set_role
from tests.actions.acting import an_action, parts_of
from tests.client import Client
from tests.conftest import viewer_of
from tests.mutations import refused, row_id, write

PAGE = "https://club.example/sign?ref=7"
LOOK = """query ($id: ID!) { node(id: $id) { ... on Participation {
    referral { source referrer { handle } app { name } url } } } }"""


async def came(client: Client, by: str, **said: Any) -> str:
    action = to_global("Action", await an_action(client.backend))
    took = await write(client, "participate", by, actionId=action, consent=True, displayName="I. B.", **said)
    return took["participation"]["id"]


async def seen(client: Client, handle: str | None, part: str) -> Any:
    """Asked twice: executed, and planned."""
    first, again = [(await client.data(LOOK, handle, id=part))["node"]["referral"] for _ in range(2)]
    assert first == again
    return first


async def test_a_code_names_the_person_who_sent_them(client: Client) -> None:
    part = await came(client, "ines", referralCode="@Jonas", referralUrl=PAGE)
    whole = {"source": "@Jonas", "referrer": {"handle": "jonas"}, "app": None, "url": PAGE}
    assert [await seen(client, who, part) for who in ("ines", "mara", None, "jonas")] == [whole, whole, None, None]


@pytest.mark.parametrize("code", ["jonas", "@nobody-here", "@ines", "@"])
async def test_other_codes_name_nobody(client: Client, code: str) -> None:
    part = await came(client, "ines", referralCode=code)
    assert await seen(client, "ines", part) == {"source": code, "referrer": None, "app": None, "url": None}


async def test_the_app_that_takes_part_for_a_member_is_kept(client: Client) -> None:
    await set_role(client.backend, "otto", Standing.ADMIN)
    app = (await write(client, "saveApp", "otto", name="Club app", scopes=["ACTIONS_WRITE"]))["app"]["id"]
    client.hold("app", (await write(client, "grantApp", "ines", appId=app, scopes=["ACTIONS_WRITE"]))["tokenOnce"])
    part = await came(client, "app")
    assert await seen(client, "ines", part) == {
        "source": None,
        "referrer": None,
        "app": {"name": "Club app"},
        "url": None,
    }
    assert await seen(client, None, part) is None


async def test_who_came_from_nowhere_shows_nothing(client: Client) -> None:
    assert await seen(client, "ines", await came(client, "ines")) is None


@pytest.mark.parametrize(
    "url", ["http://club.example", "https://a:b@club.example", f"https://club.example/{'x' * 500}"]
)
async def test_the_page_has_an_address_that_one_may_follow(client: Client, url: str) -> None:
    action = to_global("Action", await an_action(client.backend))
    error = await refused(client, "participate", "ines", actionId=action, consent=True, referralUrl=url)
    assert error["path"] == ["input", "referralUrl"]


async def test_the_first_referral_stays_for_whoever_comes_back(client: Client) -> None:
    part = await came(client, "ines", referralCode="@jonas")
    await write(client, "withdrawParticipation", "ines", id=part)
    assert await came(client, "ines", referralCode="@bea") == part
    (row,) = await parts_of(client.backend, (await _action_of(client, part)))
    assert (row["referral"], row["referrer_id"]) == ("@jonas", (await viewer_of(client.backend, "jonas")).user_id)


async def _action_of(client: Client, part: str) -> int:
    (row,) = await client.backend.database.fetch(
        "select action_id from participations where id = {as_id id}", {"id": row_id(part)}
    )
    return row["action_id"]
