"""One statement on PostgreSQL and a short transaction on SQLite must do and answer the same."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.store.chain import Chain, Step
from hub.store.database import Database, UniqueViolation

AT = datetime(2026, 11, 22, 17, 0, 0, 7_000, tzinfo=UTC)
BIG = 2**62 + 1

# A purse may be spent while it holds enough; each spending leaves lines in the book and one total.
SPEND = Chain(
    (
        Step(
            "taken",
            """update purses set gold = gold - :price where id = {as_id purse} and gold >= :price
               returning id, owner, gold + :price as gold_before, gold""",
        ),
        Step(
            "written",
            """insert into lines (id, purse_id, place, what, even)
               select lines_given.line_id, taken.id, lines_given.place, lines_given.what, lines_given.even
               from taken cross join lines_given where true
               returning id, purse_id, what""",
        ),
        Step(
            "counted",
            """update purses set line_count = line_count + (select count(*) from written), last_line =
                   coalesce((select max(written.id) from written), 0)
               where id = {as_id book} and exists (select 1 from taken)
               returning id, line_count, coalesce(last_line, 0) as last_line""",
        ),
    ),
    answer="taken",
    records={"lines_given": {"line_id": "id", "place": "int", "what": "text", "even": "bool"}},
)


@pytest.fixture
async def purses(database: Database) -> Database:
    yes = "boolean" if database.dialect == "postgres" else "int"
    await database.write(
        "create table purses (id bigint primary key, owner text, gold int, line_count int default 0, last_line bigint)"
    )
    await database.write(
        f"create table lines (id bigint primary key, purse_id bigint, place int, what text, even {yes})"
    )
    await database.write("insert into purses (id, owner, gold) values (1, 'O''Neil 🚗', 10), (2, 'book', 0)")
    return database


def lines(*whats: str | None, first: int = BIG) -> list[dict[str, Any]]:
    return [
        {"line_id": first + n, "place": n, "what": what, "even": None if what is None else n % 2 == 0}
        for n, what in enumerate(whats)
    ]


async def spend(database: Database, price: int, *whats: str | None, answer: str = "taken", **more: Any) -> Any:
    chain = Chain(SPEND.steps, answer=answer, records=SPEND.records)
    values = {"purse": 1, "book": 2, "price": price, "lines_given": lines(*whats), **more}
    return await chain.run(database, values)


async def stored(database: Database) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    purses = await database.fetch("select id, gold, line_count, last_line from purses order by id")
    written = await database.fetch("select id, purse_id, place, what, even from lines order by id")
    return [tuple(row.values()) for row in purses], [
        (*list(row.values())[:4], None if row["even"] is None else bool(row["even"])) for row in written
    ]


async def test_each_step_reads_what_earlier_ones_gave(purses: Database):
    whats = ("quoted ' \" \\ :name {now} $1 ?1", "🚗\n\t車", None, "", "null", "1", "true")
    assert await spend(purses, 3, *whats) == [{"id": 1, "owner": "O'Neil 🚗", "gold_before": 10, "gold": 7}]
    assert await stored(purses) == (
        [(1, 7, 0, None), (2, 0, 7, BIG + 6)],
        [(BIG + n, 1, n, what, None if what is None else n % 2 == 0) for n, what in enumerate(whats)],
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("taken", [{"id": 1, "owner": "O'Neil 🚗", "gold_before": 10, "gold": 9}]),
        ("written", [{"id": BIG, "purse_id": 1, "what": "a"}]),
        ("counted", [{"id": 2, "line_count": 1, "last_line": BIG}]),
    ],
)
async def test_any_step_may_be_the_answer(purses: Database, answer: str, expected: list[dict[str, Any]]):
    assert await spend(purses, 1, "a", answer=answer) == expected


@pytest.mark.parametrize("answer", ["taken", "written", "counted"])
async def test_a_first_step_without_rows_stops_all_that_follow(purses: Database, answer: str):
    before = await stored(purses)
    assert await spend(purses, 11, "a", "b", answer=answer) == []
    assert await stored(purses) == before


async def test_no_records_are_no_rows(purses: Database):
    assert await spend(purses, 1, answer="written") == []
    assert await stored(purses) == ([(1, 9, 0, None), (2, 0, 0, 0)], [])


async def test_a_step_that_fails_undoes_the_earlier_ones(purses: Database):
    await spend(purses, 1, "a")
    before = await stored(purses)
    with pytest.raises(UniqueViolation):
        await spend(purses, 1, "again")
    assert await stored(purses) == before


async def test_a_chain_may_be_part_of_a_longer_transaction(purses: Database):
    async def work(transaction: Any) -> list[Any]:
        first = await SPEND.run_in(transaction, {"purse": 1, "book": 2, "price": 4, "lines_given": lines("a", first=1)})
        again = await SPEND.run_in(transaction, {"purse": 1, "book": 2, "price": 4, "lines_given": lines("b", first=2)})
        never = await SPEND.run_in(transaction, {"purse": 1, "book": 2, "price": 4, "lines_given": lines("c", first=3)})
        return [[row["gold"] for row in rows] for rows in (first, again, never)]

    assert await purses.transact(work) == [[6], [2], []]
    assert await stored(purses) == ([(1, 2, 0, None), (2, 0, 2, 2)], [(1, 1, 0, "a", True), (2, 1, 0, "b", True)])


async def test_a_longer_transaction_that_fails_takes_the_chain_back(purses: Database):
    before = await stored(purses)

    async def work(transaction: Any) -> None:
        await SPEND.run_in(transaction, {"purse": 1, "book": 2, "price": 4, "lines_given": lines("a")})
        raise LookupError

    with pytest.raises(LookupError):
        await purses.transact(work)
    assert await stored(purses) == before


async def test_a_chain_is_one_statement_where_the_database_can(purses: Database):
    async with purses.watching() as log:
        await spend(purses, 1, "a")
    assert len(log.statements) == (1 if purses.dialect == "postgres" else 3)


async def test_a_chain_once_begun_is_finished_though_its_caller_went_away(purses: Database):
    for n in range(40):
        caller = asyncio.create_task(spend(purses, 0, "a", "b", lines_given=lines("a", "b", first=1 + 2 * n)))
        for _ in range(n % 8):
            await asyncio.sleep(0)
        caller.cancel()
        await asyncio.wait([caller])
    async with asyncio.timeout(10):
        while purses._unfinished:
            await asyncio.wait(purses._unfinished)
    (_, (_, _, counted, _)), written = await stored(purses)
    assert counted == len(written)
    assert set(Counter((row[0] - 1) // 2 for row in written).values()) == {2}


@pytest.mark.parametrize("gold", [10, 0])
async def test_a_locking_select_may_come_first(purses: Database, gold: int):
    chain = Chain(
        (
            Step("held", "select id, gold - 1 as less from purses where id = {as_id purse} and gold > 0 {for_update}"),
            Step("spent", "update purses set gold = held.less from held where purses.id = held.id returning gold"),
        ),
        answer="spent",
    )
    await purses.write("update purses set gold = :gold where id = 1", {"gold": gold})
    assert await chain.run(purses, {"purse": 1}) == ([{"gold": 9}] if gold else [])


RETURNING = {
    "a function": "returning id, coalesce(owner, 'nobody', 'none') as name",
    "nested functions": "returning coalesce(nullif(owner, ','), substr('a,b', 1, 2)) as name, id",
    "a subquery": "returning id, (select count(*) from lines where purse_id = purses.id and place in (1, 2)) as name",
    "a cast": "returning cast(gold as numeric) as name, purses.id",
    "parentheses in a text": "returning id, coalesce(owner, '(', ')),') as name",
    "one column": "returning id as name",
}


@pytest.mark.parametrize("given", RETURNING)
@pytest.mark.parametrize("price", [1, 11])
async def test_what_a_step_gives_may_be_any_expression(purses: Database, given: str, price: int):
    chain = Chain(
        (
            Step("taken", f"update purses set gold = gold - :price where id = 1 and gold >= :price {RETURNING[given]}"),
            Step(
                "written", "insert into lines (id, what) select 1, cast(taken.name as text) from taken returning what"
            ),
        ),
        answer="written",
    )
    rows = await chain.run(purses, {"price": price})
    assert len(rows) == (price < 10)


async def test_sixty_callers_of_one_chain_spend_each_piece_once(purses: Database):
    async with asyncio.timeout(20):
        answers = await asyncio.gather(
            *(spend(purses, 1, lines_given=lines("a", first=1 + n)) for n in range(60)),
        )
    assert sorted(rows[0]["gold"] for rows in answers if rows) == list(range(10))
    (purse, book), written = await stored(purses)
    assert (purse[1], book[2], len(written)) == (0, 10, 10)
