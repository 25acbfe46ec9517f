"""Small reads that wait for each other: whoever asks gets the own answer, or the own error."""

import asyncio
from typing import Any

from hub.store.database import Database

_SUM = "select {as_int one} + {as_int other} as sum"
_EACH = "select value from {any ids} where value <> {as_id but} order by value"
_WORD = {
    "postgres": "select cast({as_text word} as integer) as number",
    "sqlite": "select json_extract({as_text word}, '$') as number",
}


async def sums(database: Database, amounts: range) -> list[Any]:
    return await asyncio.gather(*(database.fetch_small(_SUM, {"one": n, "other": 1}) for n in amounts))


async def test_each_of_many_gets_its_own_answer(database: Database):
    assert await sums(database, range(120)) == [[{"sum": n + 1}] for n in range(120)]


async def test_rows_come_as_if_asked_alone_none_one_or_several(database: Database):
    asked = [{"ids": list(range(n)), "but": 1} for n in range(5)]
    alone = [await database.fetch(_EACH, one) for one in asked]
    found = await asyncio.gather(*(database.fetch_small(_EACH, one) for one in asked))
    assert [[row["value"] for row in rows] for rows in found] == [[row["value"] for row in rows] for rows in alone]


async def test_one_that_fails_fails_alone(database: Database):
    words = ["1", "2", "none", "4"]
    found = await asyncio.gather(
        *(database.fetch_small(_WORD[database.dialect], {"word": word}) for word in words), return_exceptions=True
    )
    assert [isinstance(one, Exception) for one in found] == [False, False, True, False]
    assert found[3] == [{"number": 4}]


async def test_who_leaves_while_waiting_takes_nobody_along(database: Database):
    tasks = [asyncio.ensure_future(database.fetch_small(_SUM, {"one": n, "other": 1})) for n in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    stayed = [n for n in range(20) if n % 3]
    assert [found[n] for n in stayed] == [[{"sum": n + 1}] for n in stayed]
    assert await sums(database, range(3)) == [[{"sum": 1}], [{"sum": 2}], [{"sum": 3}]]


async def test_what_waits_together_takes_one_connection_once(database: Database):
    lent = 0
    lend = database._connections.lend

    def counted() -> Any:
        nonlocal lent
        lent += 1
        return lend()

    database._connections.lend = counted
    await sums(database, range(40))
    assert lent == 1
