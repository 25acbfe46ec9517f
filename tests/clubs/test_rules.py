"""Who may see a club: the rule and the SQL of it agree."""

import itertools

import pytest

from hub.clubs.loaders import club_by_id
from hub.clubs.rules import may_see_club
from hub.graph.subjects.types import Visibility
from hub.store.audience import Standing, Viewer
from hub.store.instants import now
from tests.client import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_rule_and_the_predicate_agree_for_every_viewer(shared: Client) -> None:
    database = shared.backend.database
    ids = {visibility.name: 2**61 + place for place, visibility in enumerate(Visibility)}
    for visibility, club_id in ids.items():
        await database.write(
            """insert into clubs (id, slug, name, visibility, created_at)
               values ({as_id id}, {as_text slug}, 'A club', :visibility, {as_instant at})""",
            {"id": club_id, "slug": f"seen-by-{visibility}", "visibility": visibility, "at": now()},
        )
    rows = {
        row["id"]: row
        for row in await database.fetch("select id, visibility from clubs where id {in ids}", {"ids": [*ids.values()]})
    }
    for standing, member in itertools.product(Standing, [False, True]):
        viewer = Viewer(
            user_id=7 if standing.signed_in else None,
            standing=standing,
            clubs=frozenset(ids.values()) if member and standing.signed_in else frozenset(),
        )
        seen = set(await club_by_id.load_one(database, viewer, list(ids.values())))
        assert seen == {club_id for club_id, row in rows.items() if may_see_club(viewer, row)}, (standing, member)
