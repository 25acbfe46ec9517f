"""The same read asked by many at once: one statement for all who wait, and nobody sees what was before they came."""

import asyncio
from typing import Any

import pytest

from hub.store.database import Database
from hub.store.sharing import Sharing, same_read
from hub.store.sql import prepare


class Reads:
    """A read that ends when it is told to."""

    def __init__(self) -> None:
        self.begun = 0
        self.ends: asyncio.Queue[str | Exception] = asyncio.Queue()

    async def __call__(self) -> str | None:
        self.begun += 1
        told = await self.ends.get()
        if isinstance(told, Exception):
            raise told
        return told


@pytest.fixture
def reads() -> Reads:
    return Reads()


async def asked(sharing: Sharing, reads: Reads, count: int, same: object = "page") -> list["asyncio.Task[str | None]"]:
    tasks = [asyncio.ensure_future(sharing.text(same, reads)) for _ in range(count)]
    for _ in range(2):  # one to ask, one in which others may come along
        await asyncio.sleep(0)
    return tasks


async def test_who_comes_while_one_is_under_way_gets_the_answer_of_one_that_begins_later(reads: Reads):
    sharing = Sharing()
    first = await asked(sharing, reads, 1)
    later = await asked(sharing, reads, 20)
    assert reads.begun == 1
    await reads.ends.put("before")
    assert await first[0] == "before"
    await reads.ends.put("after")
    assert await asyncio.gather(*later) == ["after"] * 20
    assert reads.begun == 2


async def test_who_comes_in_the_same_turn_shares_the_first(reads: Reads):
    together = await asked(Sharing(), reads, 20)
    await reads.ends.put("one")
    assert await asyncio.wait_for(asyncio.gather(*together), 5) == ["one"] * 20
    assert reads.begun == 1


async def test_who_leaves_before_it_begins_takes_nobody_along(reads: Reads):
    sharing = Sharing()
    tasks = [asyncio.ensure_future(sharing.text("page", reads)) for _ in range(4)]
    await asyncio.sleep(0)
    tasks.pop(0).cancel()
    await reads.ends.put("here")
    assert await asyncio.wait_for(asyncio.gather(*tasks), 5) == ["here"] * 3
    assert reads.begun == 1


async def test_nothing_is_kept_for_who_comes_when_it_is_over(reads: Reads):
    sharing = Sharing()
    for said in ("one", "two"):
        (task,) = await asked(sharing, reads, 1)
        await reads.ends.put(said)
        assert await task == said
    assert reads.begun == 2


async def test_other_values_are_another_read(reads: Reads):
    sharing = Sharing()
    tasks = [task for same in "ab" for task in await asked(sharing, reads, 1, same)]
    assert reads.begun == 2
    for said in ("a", "b"):
        await reads.ends.put(said)
    assert await asyncio.gather(*tasks) == ["a", "b"]


async def test_a_failure_is_told_to_all_who_shared_it_and_to_nobody_else(reads: Reads):
    sharing = Sharing()
    first = await asked(sharing, reads, 1)
    later = await asked(sharing, reads, 3)
    await reads.ends.put("well")
    await reads.ends.put(ValueError("no"))
    assert await first[0] == "well"
    assert [str(one) for one in await asyncio.gather(*later, return_exceptions=True)] == ["no"] * 3
    await reads.ends.put("again")
    assert await (await asked(sharing, reads, 1))[0] == "again"


@pytest.mark.parametrize("leaves", [0, 1])
async def test_who_leaves_takes_nobody_along(reads: Reads, leaves: int):
    sharing = Sharing()
    tasks = [*await asked(sharing, reads, 1), *await asked(sharing, reads, 3)]
    tasks.pop(leaves).cancel()
    for _ in range(3):
        await reads.ends.put("here")
    assert await asyncio.wait_for(asyncio.gather(*tasks), 5) == ["here"] * 3


def test_values_that_are_equal_but_of_different_kinds_are_different_reads():
    assert len({same_read("select", [value]) for value in (1, 1.0, True, None, "1")}) == 5
    assert same_read("select", [[1, 2], "x"]) == same_read("select", [[1, 2], "x"])
    assert same_read("select", [[1, 2]]) != same_read("select", [[2, 1]])


async def test_who_wrote_and_then_asks_sees_it_however_many_ask(database: Database):
    await database.write("insert into streams (id, epoch, last_seq) values (1, 1, 0)")
    read = prepare("select cast(last_seq as text) as data from streams where id = {as_id one}", database.dialect)

    async def write_and_read() -> tuple[int, int]:
        (row,) = await database.write("update streams set last_seq = last_seq + 1 where id = 1 returning last_seq")
        text: Any = await database.text(read, {"one": 1}, {})
        return row["last_seq"], int(text)

    assert all(wrote <= seen for wrote, seen in await asyncio.gather(*(write_and_read() for _ in range(60))))


async def test_a_rush_on_one_page_is_one_statement(database: Database, monkeypatch: pytest.MonkeyPatch):
    lent = 0
    lend = database._connections.lend

    def counted() -> Any:
        nonlocal lent
        lent += 1
        return lend()

    monkeypatch.setattr(database._connections, "lend", counted)
    read = prepare("select {as_text word} as data", database.dialect)
    words = [word for word in ("this", "that") for _ in range(40)]
    assert await asyncio.gather(*(database.text(read, {"word": word}, {}) for word in words)) == words
    assert lent == 2
