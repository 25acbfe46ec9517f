"""Who sees a token or a grant, by whichever door."""

from typing import Any

from hub.partners.loaders import grant_of_app, token_by_id
from hub.store.audience import Standing, Viewer
from hub.store.reader import Reader
from tests.client import Client
from tests.conftest import viewer_of
from tests.mutations import row_id, write


async def test_nobody_who_is_not_signed_in_sees_a_token(client: Client, free: str):
    issued = await write(client, "issuePersonalToken", "ines", name="Mine", scopes=[])
    token = row_id(issued["token"]["id"])
    database, ines = client.backend.database, await viewer_of(client.backend, "ines")
    app = Viewer(user_id=ines.user_id, standing=Standing.CLUB_APP, within=1)
    for viewer, sees in ((ines, True), (Viewer(), False), (Viewer(app_id=row_id(free)), False), (app, False)):
        assert (await Reader(database, viewer).one(token_by_id, token) is not None) is sees


async def test_a_grant_is_seen_by_who_gave_it_and_no_app_of_a_club_sees_that_of_another(
    client: Client, free: str, bound: str
):
    for app in (free, bound):
        await write(client, "grantApp", "ines", appId=app, scopes=[])
    (row,) = await client.backend.database.fetch("select club_id from partner_apps where club_id is not null")
    ines = await viewer_of(client.backend, "ines")
    acting = Viewer(user_id=ines.user_id, standing=Standing.CLUB_APP, within=row["club_id"])
    admin = await viewer_of(client.backend, "otto")

    async def seen(viewer: Viewer) -> list[Any]:
        reader = Reader(client.backend.database, viewer)
        return [app for app in (free, bound) if await reader.one(grant_of_app, row_id(app)) is not None]

    assert [await seen(viewer) for viewer in (ines, acting, admin, Viewer())] == [[free, bound], [bound], [], []]
