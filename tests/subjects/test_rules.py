"""Who may see a subject: the rule and the SQL of it agree, for every kind, visibility and viewer."""

import itertools

import pytest

from hub.graph.subjects.types import Visibility
from hub.store.audience import Standing, Viewer
from hub.subjects.loaders import subject_by_id
from hub.subjects.rules import may_see
from tests.client import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_rule_and_the_predicate_agree_for_every_viewer(shared: Client) -> None:
    database = shared.backend.database
    clubs = sorted(row["id"] for row in await database.fetch("select id from clubs"))[:2]
    people = sorted(row["id"] for row in await database.fetch("select id from users"))[:2]
    cases = itertools.product(["THREAD", "POST", "EVENT"], Visibility, [None, *clubs], [None, *people])
    ids = []
    for subject_id, (kind, visibility, club_id, author_id) in enumerate(cases, 2**61):
        await database.write(
            """insert into subjects (id, kind, visibility, club_id, author_id, created_at, last_activity_at)
               values ({as_id id}, :kind, :visibility, {as_id club}, {as_id author}, {now}, {now})""",
            {"id": subject_id, "kind": kind, "visibility": visibility.name, "club": club_id, "author": author_id},
        )
        ids.append(subject_id)
    rows = await database.fetch(
        "select id, kind, visibility, club_id, author_id from subjects where id {in ids}", {"ids": ids}
    )
    assert len(rows) == 135
    for standing, mine in itertools.product(Standing, [[], clubs[:1], clubs]):
        viewer = Viewer(
            user_id=people[0] if standing.signed_in else None,
            standing=standing,
            clubs=frozenset(mine) if standing.signed_in else frozenset(),
        )
        seen = set(await subject_by_id.load_one(database, viewer, ids))
        assert seen == {row["id"] for row in rows if may_see(viewer, row)}, (standing, mine)


def seen_by(kind: str, visibility: str) -> str:
    """Who sees a subject of the first club, written by the second person, in letters."""
    subject = {"kind": kind, "visibility": visibility, "club_id": 1, "author_id": 2}
    viewers = {
        "nobody": Viewer(),
        "member": Viewer(user_id=1, standing=Standing.MEMBER),
        "club": Viewer(user_id=1, standing=Standing.MEMBER, clubs=frozenset({1})),
        "other club": Viewer(user_id=1, standing=Standing.MEMBER, clubs=frozenset({3})),
        "author": Viewer(user_id=2, standing=Standing.MEMBER),
        "team": Viewer(user_id=1, standing=Standing.POLICY_TEAM),
        "moderator": Viewer(user_id=1, standing=Standing.MODERATOR),
        "admin": Viewer(user_id=1, standing=Standing.ADMIN),
    }
    return ", ".join(name for name, viewer in viewers.items() if may_see(viewer, subject))


EVERYBODY = "nobody, member, club, other club, author, team, moderator, admin"


@pytest.mark.parametrize(
    ("kind", "visibility", "who"),
    [
        ("THREAD", "PUBLIC", EVERYBODY),
        ("THREAD", "UNLISTED", EVERYBODY),
        ("THREAD", "MEMBERS", EVERYBODY.removeprefix("nobody, ")),
        ("THREAD", "CLUB", "club, author, moderator, admin"),
        ("THREAD", "PRIVATE", "author, moderator, admin"),
        ("EVENT", "PRIVATE", "author, moderator, admin"),
        ("POST", "PRIVATE", "author, team, moderator, admin"),
        ("POST", "CLUB", "club, author, team, moderator, admin"),
    ],
)
async def test_a_visibility_says_who(kind: str, visibility: str, who: str) -> None:
    assert seen_by(kind, visibility) == who
