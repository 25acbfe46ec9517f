"""Paging through a loader, both ways and on both databases, against plain sorting in Python."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.store.audience import NOBODY, Standing, Viewer
from hub.store.database import Database
from hub.store.loaders import Loader, Page, Rows
from hub.store.tables import Row
from tests.store.shelf import LISTS, Card, Note, Pin, Shelf, card_by_id, notes

BEGIN = datetime(2026, 11, 22, 17, 0, 0, 999_000, tzinfo=UTC)
MEMBER = Viewer(user_id=1, standing=Standing.MEMBER, clubs=frozenset({2}))

viewers = st.one_of(
    st.just(NOBODY),
    st.just(Viewer(user_id=9, standing=Standing.MODERATOR)),
    st.builds(
        Viewer,
        user_id=st.sampled_from([1, 2, None]),
        standing=st.just(Standing.MEMBER),
        clubs=st.frozensets(st.integers(1, 3)),
    ),
)


@st.composite
def shelves(draw: st.DrawFn) -> Shelf:
    """Up to twenty notes that meet in everything but their ids, most of them with the owner or on the board 1."""
    chance = Random(draw(st.integers(0, 2**32)))
    ids = [number << 40 for number in range(1, chance.randint(0, 20) + 1)]
    chance.shuffle(ids)
    made = [
        Note(
            id=note_id,
            owner_id=chance.choice([1, 1, 1, 2, 3, None]),
            club_id=chance.choice([1, 2, 3, None]),
            weight=chance.randint(0, 3),
            name=chance.choice(["", "a", "A", "ab", "ä", "🚗"]),
            hidden=chance.random() < 0.4,
            at=BEGIN + timedelta(milliseconds=chance.randint(0, 3)),
        )
        for note_id in ids
    ]
    pairs = [(board, note_id) for board in (1, 2, 3) for note_id in ids if chance.random() < 1 / board]
    return Shelf(
        notes=made,
        cards=[Card(note_id, chance.choice("aab")) for note_id in ids if chance.random() < 0.8],
        pins=[Pin(number, board, note_id, chance.randint(0, 2)) for number, (board, note_id) in enumerate(pairs, 1)],
    )


over_random_shelves = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def at(loader: Loader, row: Row, argument: str) -> tuple[Any, ...]:
    """A row's position, by way of the cursor that a client would send back."""
    return loader.position(loader.cursor(row), argument)


def shown(loader: Loader, rows: list[Row]) -> list[tuple[Any, ...]]:
    return [(*at(loader, row, "after"), row["id"]) for row in rows]


Turn = Callable[[Page], Coroutine[Any, Any, Rows]]


async def all_forward(loader: Loader, turn: Turn, size: int) -> list[Row]:
    page, rows = Page(size), []
    while True:
        answer = await turn(page)
        assert len(answer.rows) <= size
        assert answer.has_previous == (page.after is not None)
        rows += answer.rows
        if not answer.has_next:
            return rows
        assert len(answer.rows) == size
        page = replace(page, after=at(loader, answer.rows[-1], "after"))


async def all_backward(loader: Loader, turn: Turn, size: int) -> list[Row]:
    page, rows = Page(size, backward=True), []
    while True:
        answer = await turn(page)
        assert len(answer.rows) <= size
        assert answer.has_next == (page.before is not None)
        rows = answer.rows + rows
        if not answer.has_previous:
            return rows
        assert len(answer.rows) == size
        page = replace(page, before=at(loader, answer.rows[0], "before"))


@over_random_shelves
@given(shelf_of=shelves(), viewer=viewers, size=st.integers(1, 4))
async def test_paging_gives_every_visible_row_once_in_order(
    shelf: Database, shelf_of: Shelf, viewer: Viewer, size: int
):
    await shelf_of.fill(shelf)
    for loader in LISTS.values():
        key = None if loader.key is None else 1

        async def turn(page: Page, loader: Loader = loader, key: int | None = key) -> Rows:
            return (await loader.load_many(shelf, viewer, [1] if key else [], page))[key]

        expected = shelf_of.expected(loader, viewer, key)
        for rows in (await all_forward(loader, turn, size), await all_backward(loader, turn, size)):
            assert shown(loader, rows) == expected
            assert len({loader.cursor(row) for row in rows}) == len(rows)


@over_random_shelves
@given(shelf_of=shelves(), viewer=viewers, size=st.integers(1, 3), backward=st.booleans())
async def test_a_whole_level_gets_a_page_for_each_key_in_one_statement(
    shelf: Database, shelf_of: Shelf, viewer: Viewer, size: int, backward: bool
):
    await shelf_of.fill(shelf)
    for loader in (loader for loader in LISTS.values() if loader.key):
        async with shelf.watching() as log:
            pages = await loader.load_many(shelf, viewer, [3, 1, 7, 2], Page(size, backward=backward))
        assert len(log.statements) == 1
        assert list(pages) == [3, 1, 7, 2]
        for key, page in pages.items():
            expected = shelf_of.expected(loader, viewer, key)
            cut = expected[-size:] if backward else expected[:size]
            more = len(expected) > size
            assert shown(loader, page.rows) == cut
            assert (page.has_previous if backward else page.has_next) == more


@over_random_shelves
@given(shelf_of=shelves(), viewer=viewers, data=st.data())
async def test_between_two_cursors_lies_what_lies_between_them(
    shelf: Database, shelf_of: Shelf, viewer: Viewer, data: st.DataObject
):
    await shelf_of.fill(shelf)
    for loader in LISTS.values():
        key = None if loader.key is None else 1
        expected = shelf_of.expected(loader, viewer, key)
        if len(expected) < 2:
            continue
        low = data.draw(st.integers(0, len(expected) - 2))
        high = data.draw(st.integers(low + 1, len(expected) - 1))
        positions = {"after": expected[low][:-1], "before": expected[high][:-1]}
        for backward in (False, True):
            page = Page(50, **positions, backward=backward)
            rows = (await loader.load_many(shelf, viewer, [1] if key else [], page))[key].rows
            assert shown(loader, rows) == expected[low + 1 : high]


def many_notes(owners: int, each: int, **more: Any) -> list[Note]:
    plain = {"club_id": None, "weight": 1, "name": "", "hidden": False, "at": BEGIN, **more}
    return [Note(id=owner * 1_000 + n, owner_id=owner, **plain) for owner in range(1, owners + 1) for n in range(each)]


async def test_the_limit_is_for_each_of_twenty_parents_and_not_for_all(shelf: Database):
    await Shelf(notes=many_notes(20, 7)).fill(shelf)
    loader = LISTS["notes by time"]
    owners = list(range(20, 0, -1))
    pages = await loader.load_many(shelf, NOBODY, owners, Page(5))
    assert [[row["id"] - 1_000 * owner for row in pages[owner].rows] for owner in owners] == [[0, 1, 2, 3, 4]] * 20
    assert all(page.has_next for page in pages.values())
    last = await loader.load_many(shelf, NOBODY, owners, Page(5, backward=True))
    assert [[row["id"] - 1_000 * owner for row in last[owner].rows] for owner in owners] == [[2, 3, 4, 5, 6]] * 20


async def test_hidden_rows_are_not_shown_nor_counted_as_more(shelf: Database):
    visible = many_notes(2, 2)
    hidden = [replace(note, id=note.id + 500, hidden=True) for note in many_notes(2, 9)]
    await Shelf(notes=visible + hidden).fill(shelf)
    stranger = Viewer(user_id=77, standing=Standing.MEMBER)
    for loader in (LISTS["notes by time"], LISTS["notes by time, falling"]):
        pages = await loader.load_many(shelf, stranger, [1, 2], Page(2))
        assert [len(pages[owner].rows) for owner in (1, 2)] == [2, 2]
        assert not any(page.has_next or page.has_previous for page in pages.values())
    assert (await LISTS["notes by time"].load_many(shelf, MEMBER, [1, 2], Page(2)))[1].has_next


async def test_hidden_and_absent_rows_look_the_same(shelf: Database):
    note = many_notes(1, 1, hidden=True)[0]
    await Shelf(notes=[note], cards=[Card(note.id, "a")]).fill(shelf)
    assert await card_by_id.load_one(shelf, NOBODY, [note.id, 5]) == {}
    assert list(await card_by_id.load_one(shelf, MEMBER, [note.id, 5])) == [note.id]


async def test_a_filter_is_part_of_the_statement_and_not_of_the_page(shelf: Database):
    made = [replace(note, weight=note.id % 3) for note in many_notes(3, 12)]
    kept = Shelf(notes=made)
    await kept.fill(shelf)
    for loader in (loader for loader in LISTS.values() if loader.args):
        key = 2 if loader.key else None
        pages = await loader.load_many(shelf, NOBODY, [2] if key else [], Page(3), {"least": 2})
        expected = kept.expected(loader, NOBODY, key, least=2)
        assert shown(loader, pages[key].rows) == expected[:3]
        assert pages[key].has_next == (len(expected) > 3)


async def test_only_the_columns_that_are_asked_for_are_read(shelf: Database):
    await Shelf(notes=many_notes(1, 1)).fill(shelf)
    page = (await LISTS["all notes"].load_many(shelf, NOBODY, [], Page(1), columns=("weight",)))[None]
    assert [set(row) for row in page.rows] == [{"weight", "order_at", "order_id"}]


@pytest.mark.parametrize("order", [(), ("at", "-id"), ("-at", "id")])
def test_a_list_without_one_direction_cannot_be_declared(order: tuple[str, ...]):
    with pytest.raises(ValueError, match="runs one way"):
        Loader(notes, "owner_id", many=True, order=order)
