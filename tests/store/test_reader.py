import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.store.audience import NOBODY, Standing, Viewer
from hub.store.database import Database
from hub.store.loaders import Page
from hub.store.reader import Reader
from tests.client import Client
from tests.store.shelf import LISTS, Note, Shelf, note_by_id

AT = datetime(2026, 11, 22, tzinfo=UTC)
PLAIN = Note(1, owner_id=1, club_id=None, weight=1, name="", hidden=False, at=AT)
NOTES = LISTS["notes by time"]


async def rows_on(shelf: Database, many: int) -> None:
    await Shelf(notes=[replace(PLAIN, id=n, owner_id=n % 7) for n in range(1, many + 1)]).fill(shelf)


class Gate:
    """Stands before a database: lets nothing through until it is opened."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.dialect = database.dialect
        self.reached, self.opened = asyncio.Event(), asyncio.Event()
        self.error: Exception | None = None

    async def fetch(self, sql: str, parameters: Any) -> Any:
        self.reached.set()
        await self.opened.wait()
        if self.error is not None:
            raise self.error
        return await self._database.fetch(sql, parameters)

    fetch_small = fetch


async def test_many_keys_asked_at_once_are_one_statement(shelf: Database):
    await rows_on(shelf, 50)
    reader = Reader(shelf, NOBODY)
    async with shelf.watching() as log:
        found = await asyncio.gather(*(reader.one(note_by_id, key) for key in [*range(60, 0, -1), 3, 3]))
    assert len(log.statements) == 1
    assert [row and row["id"] for row in found] == [*([None] * 10), *range(50, 0, -1), 3, 3]


async def test_what_was_read_is_kept_for_the_operation(shelf: Database):
    await rows_on(shelf, 1)
    reader = Reader(shelf, NOBODY)
    first = await reader.one(note_by_id, 1)
    async with shelf.watching() as log:
        assert await reader.one(note_by_id, 1) is first
        assert await reader.one(note_by_id, None) is None
    assert log.statements == []


async def test_a_level_of_thousands_of_keys_goes_out_a_thousand_at_a_time(shelf: Database):
    reader = Reader(shelf, NOBODY)
    async with shelf.watching() as log:
        assert await asyncio.gather(*(reader.one(note_by_id, key) for key in range(2_500))) == [None] * 2_500
    assert len(log.statements) == 3


async def test_pages_are_shared_by_those_who_ask_for_the_same_page_and_filters(shelf: Database):
    await rows_on(shelf, 70)
    reader = Reader(shelf, NOBODY)
    async with shelf.watching() as log:
        pages = await asyncio.gather(
            *(reader.many(NOTES, owner, Page(3)) for owner in range(7)),
            *(reader.many(NOTES, owner, Page(3), {"least": 2}) for owner in range(7)),
            *(reader.many(NOTES, owner, Page(3, backward=True)) for owner in range(7)),
        )
    assert len(log.statements) == 3
    assert [len(page.rows) for page in pages] == [3] * 7 + [0] * 7 + [3] * 7
    assert pages[0].rows != pages[14].rows


async def test_a_list_of_all_rows_needs_no_key(shelf: Database):
    await rows_on(shelf, 5)
    page = await Reader(shelf, NOBODY).many(LISTS["all notes"], None, Page(2))
    assert [row["id"] for row in page.rows] == [1, 2]


async def test_a_reader_sees_what_its_viewer_sees(shelf: Database):
    await Shelf(notes=[replace(PLAIN, hidden=True)]).fill(shelf)
    assert await Reader(shelf, NOBODY).one(note_by_id, 1) is None
    assert await Reader(shelf, Viewer(user_id=1, standing=Standing.MEMBER)).one(note_by_id, 1) is not None


@pytest.mark.parametrize("cancelled", [0, 1])
async def test_a_waiter_that_goes_away_takes_nobody_along(shelf: Database, cancelled: int):
    await rows_on(shelf, 2)
    gate = Gate(shelf)
    reader = Reader(gate, NOBODY)
    waiters = [asyncio.create_task(reader.one(note_by_id, 1)) for _ in range(3)]
    await gate.reached.wait()
    waiters[cancelled].cancel()
    await asyncio.wait([waiters[cancelled]])
    assert waiters[cancelled].cancelled()
    gate.opened.set()
    async with asyncio.timeout(5):
        found = [await waiter for number, waiter in enumerate(waiters) if number != cancelled]
        found.append(await reader.one(note_by_id, 1))
    assert [row["id"] for row in found] == [1, 1, 1]


async def test_all_waiters_gone_still_leave_an_answer_behind(shelf: Database):
    await rows_on(shelf, 1)
    gate = Gate(shelf)
    reader = Reader(gate, NOBODY)
    waiter = asyncio.create_task(reader.one(note_by_id, 1))
    await gate.reached.wait()
    waiter.cancel()
    await asyncio.wait([waiter])
    gate.opened.set()
    async with asyncio.timeout(5):
        assert await reader.one(note_by_id, 1) == {**(await Reader(shelf, NOBODY).one(note_by_id, 1) or {})}


async def test_a_failed_batch_fails_all_who_wait_and_is_tried_again_by_the_next(shelf: Database):
    await rows_on(shelf, 1)
    gate = Gate(shelf)
    gate.error = ConnectionError("gone")
    gate.opened.set()
    reader = Reader(gate, NOBODY)
    failed = await asyncio.gather(*(reader.one(note_by_id, key) for key in (1, 2)), return_exceptions=True)
    assert failed == [gate.error, gate.error]
    gate.error = None
    assert await reader.one(note_by_id, 1) is not None


SHARED = """query($slug: String!) {
    failing: thread(slug: $slug) { author { handle } comments(first: 1000) { nodes { id } } }
    sound: thread(slug: $slug) { author { handle } title }
}"""


async def test_a_field_error_that_nulls_its_parent_leaves_other_branches_alone(client: Client):
    listed = await client.data("{ threads(first: 1) { nodes { slug title author { handle } } } }")
    thread = listed["threads"]["nodes"][0]
    async with asyncio.timeout(5):
        body = await client.ask(SHARED, slug=thread["slug"])
    assert body["data"] == {"failing": None, "sound": {"author": thread["author"], "title": thread["title"]}}
    assert [(error["path"], error["extensions"]["code"]) for error in body["errors"]] == [
        (["failing", "comments"], "INVALID")
    ]
