"""What an app used and may use: shown to the app, to its owner, to its club's owners and to admins."""

from datetime import timedelta

import pytest

from hub.graph.ids import from_global
from hub.limits.usage import DEPRECATED
from hub.store.instants import now, to_text
from tests.client import Client
from tests.mutations import write
from tests.partners.conftest import CLUB, SCOPES

USAGE = """query ($id: ID!, $window: TimeWindow = {}) { node(id: $id) { ... on PartnerApp {
    limits { costPerMinute liveConnections subscriptionsPerConnection }
    usage(window: $window) { cost requests throttled errors deprecatedFields { field uses } } } } }"""
NOTHING = {"cost": 0, "requests": 0, "throttled": 0, "errors": 0, "deprecatedFields": []}


async def owner_of_club(client: Client) -> str:
    (row,) = await client.backend.database.fetch(
        """select u.handle from memberships m join users u on u.id = m.user_id join clubs c on c.id = m.club_id
           where c.slug = :slug and m.role = 'OWNER' order by m.id limit 1""",
        {"slug": CLUB},
    )
    return row["handle"]


async def seen(client: Client, app: str, handle: str | None, **window: str):
    return (await client.data(USAGE, handle, id=app, window=window))["node"]


@pytest.mark.parametrize("plans", [True, False])
async def test_it_is_shown_to_the_app_and_to_those_who_manage_it(client: Client, bound: str, free: str, plans: bool):
    issued = await write(client, "issueAppToken", "otto", appId=free, scopes=[])
    client.hold("free app", issued["tokenOnce"])
    granted = await write(client, "grantApp", "ines", appId=bound, scopes=SCOPES)
    client.hold("for ines", granted["tokenOnce"])
    asking = client.under(plans=plans, plan_sights=1)
    asking._tokens = client._tokens
    owner = await owner_of_club(client)
    for app, seers, others in (
        (bound, ("otto", owner, "app", "for ines"), ("ines", "mara")),
        (free, ("otto", "free app"), (owner, "ines")),
    ):
        for _ in range(2):
            for handle in (*seers, *others):
                shown = await seen(asking, app, handle)
                assert (shown["usage"] is not None) is (handle in seers), handle
                assert shown["limits"]["costPerMinute"] == client.backend.settings.app_cost_per_minute
    for app, handle in ((bound, None), (free, None), (bound, "free app"), (free, "app")):
        assert await seen(asking, app, handle) is None, handle


async def test_it_adds_up_the_hours_of_the_window(client: Client, free: str):
    usage, app_id = client.backend.usage, from_global(free)[1]
    usage.note(app_id, {"requests": 5, "cost": 3 * 10**12, "errors": 2, f"{DEPRECATED}Post.a": 2})
    usage.note(app_id, {"requests": 2**31, "throttled": 1, f"{DEPRECATED}Post.b": 3})
    await usage.write()
    all_of_it = {
        "cost": 3 * 10**12,
        "requests": 2**31 - 1,
        "throttled": 1,
        "errors": 2,
        "deprecatedFields": [{"field": "Post.b", "uses": 3}, {"field": "Post.a", "uses": 2}],
    }
    ago, ahead = to_text(now() - timedelta(hours=2)), to_text(now() + timedelta(hours=1))
    for window, found in (
        ({}, all_of_it),
        ({"from": ago}, all_of_it),
        ({"to": ahead}, all_of_it),
        ({"from": ago, "to": ahead}, all_of_it),
        ({"to": ago}, NOTHING),
        ({"from": ahead}, NOTHING),
        ({"from": ahead, "to": ago}, NOTHING),
        ({"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"}, all_of_it),
    ):
        assert (await seen(client, free, "otto", **window))["usage"] == found, window


async def test_what_an_app_asks_is_counted_for_it(client: Client, free: str):
    issued = await write(client, "issueAppToken", "otto", appId=free, scopes=[])
    client.hold("free app", issued["tokenOnce"])
    for _ in range(3):
        await client.data("{ posts { nodes { id } } }", "free app")
    await client.ask("{ auditLog { nodes { id } } }", "free app")
    await client.backend.usage.write()
    used = (await seen(client, free, "free app"))["usage"]
    assert (used["requests"], used["errors"], used["throttled"]) == (4, 1, 0)
    assert used["cost"] >= 4
