from datetime import UTC, datetime

import pytest

from hub.store.bulk import insert_rows
from hub.store.database import Database, UniqueViolation
from hub.users.tables import users

AT = datetime(2026, 11, 22, 17, 0, 0, 7_000, tzinfo=UTC)
WORDS = ["O'Neil", '"quoted"', "back\\slash", "車 🚗", ":name {now} $1 ?1", "", "line\nline", "null"]


def people(many: int) -> list[dict]:
    return [
        {
            "id": 2**62 + n,
            "handle": f"u{n}",
            "handle_key": f"u{n}",
            "display_name": WORDS[n % len(WORDS)],
            "joined_at": AT,
        }
        for n in range(many)
    ]


async def test_rows_arrive_as_they_were_given_and_take_defaults_for_the_rest(database: Database):
    rows = people(8)
    await database.transact(lambda transaction: insert_rows(transaction, users, rows))
    stored = await database.fetch("select * from users order by id")
    assert len(stored) == 8
    for given, found in zip(rows, stored, strict=True):
        row = users.to_row(found, database.dialect)
        assert {name: row[name] for name in given} == given
        assert (row["role"], row["trust"], row["status"], row["avatar_url"]) == ("MEMBER", "NEW", "ACTIVE", None)


@pytest.mark.parametrize(("many", "statements"), [(0, 0), (1, 1), (500, 1), (501, 2), (1_200, 3)])
async def test_a_few_hundred_rows_are_one_statement(database: Database, many: int, statements: int):
    async with database.watching() as log:
        await database.transact(lambda transaction: insert_rows(transaction, users, people(many)))
    assert len(log.statements) == statements
    assert await database.fetch("select count(*) as n from users") == [{"n": many}]


async def test_one_bad_row_keeps_all_out(database: Database):
    with pytest.raises(UniqueViolation):
        await database.transact(lambda transaction: insert_rows(transaction, users, [*people(600), people(1)[0]]))
    assert await database.fetch("select count(*) as n from users") == [{"n": 0}]


async def test_a_column_that_the_table_has_not_is_an_error(database: Database):
    with pytest.raises(KeyError):
        await database.transact(lambda transaction: insert_rows(transaction, users, [{"id": 1, "hat": 2}]))
