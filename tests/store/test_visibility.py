"""Each SQL predicate and its Python twin, over all that they can be asked. Unknown words must hide, not show."""

from itertools import product

import pytest

from hub.clubs.rules import may_see_club
from hub.clubs.tables import clubs
from hub.events.tables import event_hosts
from hub.store.audience import Standing, Viewer
from hub.store.bulk import insert_rows
from hub.store.database import Database
from hub.store.instants import now
from hub.store.loaders import facts_of
from hub.store.tables import Row, Table
from hub.subjects.rules import may_see
from hub.subjects.tables import subjects
from hub.users.tables import accounts, users

PEOPLE = (1, 2)
CLUBS = (11, 12, 13)
VISIBILITIES = ("PUBLIC", "UNLISTED", "MEMBERS", "CLUB", "PRIVATE", "NEWLY_MADE", "public", "")
SUBJECTS = [
    {"id": number, "kind": kind, "author_id": author, "club_id": club, "visibility": visibility}
    for number, (kind, author, club, visibility) in enumerate(
        product(("THREAD", "POST", "EVENT"), (None, *PEOPLE), (None, *CLUBS), VISIBILITIES), 1
    )
]
HOSTS = {row["id"]: {PEOPLE[place % 2]} for place, row in enumerate(SUBJECTS) if row["kind"] == "EVENT"}
VIEWERS = [
    Viewer(user_id=user_id, standing=standing, clubs=frozenset(member_of), within=within)
    for standing, user_id, member_of in product(Standing, (None, *PEOPLE, 99), ((), CLUBS[:1], CLUBS[:2], (99,)))
    for within in ((None, *CLUBS) if standing is Standing.CLUB_APP else (None,))
]


@pytest.fixture
async def filled(database: Database) -> Database:
    at = now()

    async def write(transaction):
        await insert_rows(
            transaction,
            users,
            [{"id": n, "handle": f"u{n}", "handle_key": f"u{n}", "display_name": "", "joined_at": at} for n in PEOPLE],
        )
        names = [{"id": n, "slug": f"c{n}", "name": "", "created_at": at} for n in CLUBS]
        more = [
            {"id": 100 + n, "slug": f"v{n}", "name": "", "created_at": at, "visibility": word}
            for n, word in enumerate(VISIBILITIES)
        ]
        await insert_rows(transaction, clubs, names)
        await insert_rows(transaction, clubs, more)
        hosts = [{"id": n, "event_id": n, "user_id": host} for n, (host,) in HOSTS.items()]
        await insert_rows(transaction, event_hosts, hosts)
        await insert_rows(
            transaction, subjects, [{**row, "created_at": at, "last_activity_at": at} for row in SUBJECTS]
        )

    await database.transact(write)
    return database


async def seen(database: Database, table: Table, viewer: Viewer) -> set[int]:
    sql = f"select t.id from {table.source()} where {table.visible(viewer.standing)}"
    return {row["id"] for row in await database.fetch(sql, facts_of(viewer))}


async def rows_of(database: Database, table: Table) -> list[Row]:
    return [table.to_row(row, database.dialect) for row in await database.fetch(f"select * from {table.name}")]


async def test_the_sql_of_subjects_shows_what_the_rule_shows(filled: Database):
    rows = await rows_of(filled, subjects)
    assert len(rows) == 3 * 3 * 4 * len(VISIBILITIES)
    for viewer in VIEWERS:
        assert await seen(filled, subjects, viewer) == {
            row["id"] for row in rows if may_see(viewer, row, HOSTS.get(row["id"], ()))
        }, viewer


async def test_the_sql_of_clubs_shows_what_the_rule_shows(filled: Database):
    rows = await rows_of(filled, clubs)
    everywhere = [Viewer(user_id=1, standing=s, clubs=frozenset({100 + n})) for s in Standing for n in range(8)]
    for viewer in VIEWERS + everywhere:
        assert await seen(filled, clubs, viewer) == {row["id"] for row in rows if may_see_club(viewer, row)}, viewer


async def test_an_app_bound_to_a_club_sees_nothing_of_anywhere_else(filled: Database):
    places = {row["id"]: row["club_id"] for row in SUBJECTS}
    for viewer in VIEWERS:
        if viewer.standing is Standing.CLUB_APP:
            shown = await seen(filled, subjects, viewer)
            assert {places[row_id] for row_id in shown} == ({viewer.within} if viewer.within else set())


async def test_who_is_not_signed_in_sees_only_what_is_public(filled: Database):
    words = {row["id"]: row["visibility"] for row in SUBJECTS}
    shown = await seen(filled, subjects, Viewer(user_id=1, clubs=frozenset(CLUBS)))
    assert {words[row_id] for row_id in shown} == {"PUBLIC", "UNLISTED"}


async def test_self_and_clubs_only_widen_what_others_of_the_standing_see(filled: Database):
    for viewer in VIEWERS:
        assert await seen(filled, subjects, viewer.shared()) <= await seen(filled, subjects, viewer)


async def test_nobody_sees_where_a_person_can_be_reached(filled: Database):
    await filled.write("insert into accounts (id, email) values (1, 'somebody@example.org')", {})
    for viewer in VIEWERS:
        assert await seen(filled, accounts, viewer) == set()
