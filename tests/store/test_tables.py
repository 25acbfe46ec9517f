from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from tortoise import fields
from tortoise.models import Model

from hub.store.audience import NOBODY, Fact, Standing, Viewer
from hub.store.database import Database
from hub.store.tables import Row, Table, everyone
from hub.subjects.tables import subjects
from tests.store.shelf import Card, Note, Shelf, card_by_id, cards, note_by_id, note_by_name, notes, pins

AT = datetime(2026, 11, 22, 17, 0, 0, 7_000, tzinfo=UTC)
STAFF = Viewer(user_id=1, standing=Standing.MODERATOR)
BIG = 2**62 + 1
NOTE = Note(BIG, owner_id=None, club_id=5, weight=3, name='O\'Neil \\ "車" 🚗', hidden=True, at=AT)
TAGS: list[Any] = [
    None,
    [],
    {},
    ["a", "ü'🚗", ""],
    {"big": 2**53 + 1, "none": None, "deep": [{"yes": True, "no": False}]},
]


async def test_both_databases_give_the_same_rows(shelf: Database):
    values = dict(enumerate(product((True, False, None), TAGS), BIG))
    kept = Shelf(
        notes=[replace(NOTE, id=row_id) for row_id in values],
        cards=[Card(row_id, "", pinned, AT, tags) for row_id, (pinned, tags) in values.items()],
    )
    await kept.fill(shelf)
    rows = await card_by_id.load_one(shelf, STAFF, list(values))
    assert rows == {
        row_id: {
            "id": row_id,
            "owner_id": None,
            "club_id": 5,
            "weight": 3,
            "name": 'O\'Neil \\ "車" 🚗',
            "hidden": True,
            "at": AT,
            "heavy": True,
            "title": "",
            "pinned": pinned,
            "seen_at": AT,
            "tags": tags,
            "open": True,
        }
        for row_id, (pinned, tags) in values.items()
    }
    for row in rows.values():
        assert [type(row[name]) for name in ("hidden", "heavy", "open", "at")] == [bool, bool, bool, datetime]
        assert row["at"].tzinfo is UTC
        assert type(row["pinned"]) in {bool, type(None)}


async def test_a_row_is_found_by_a_text(shelf: Database):
    await Shelf(notes=[NOTE]).fill(shelf)
    assert list(await note_by_name.load_one(shelf, STAFF, ["nobody", NOTE.name])) == [NOTE.name]


async def test_a_column_may_depend_on_the_standing(shelf: Database):
    await Shelf(notes=[NOTE], cards=[Card(BIG, "")]).fill(shelf)
    member = Viewer(user_id=1, standing=Standing.MEMBER, clubs=frozenset({5}))
    assert (await card_by_id.load_one(shelf, member, [BIG]))[BIG]["open"] is False
    assert (await card_by_id.load_one(shelf, STAFF, [BIG]))[BIG]["open"] is True


async def test_a_row_knows_its_noun_and_is_a_plain_dict(shelf: Database):
    await Shelf(notes=[NOTE]).fill(shelf)
    row = (await note_by_id.load_one(shelf, STAFF, [BIG]))[BIG]
    assert isinstance(row, Row)
    assert (row.noun, dict(row)["id"]) == ("Note", BIG)


def test_columns_kinds_and_null_come_from_the_model():
    assert notes.own == {
        "id": "id",
        "owner_id": "id",
        "club_id": "id",
        "weight": "int",
        "name": "text",
        "hidden": "bool",
        "at": "instant",
    }
    assert [name for name, column in notes.columns.items() if column.null] == ["owner_id", "club_id"]
    assert cards.columns["tags"].kind == "json"
    assert cards.own.keys() == {"id", "title", "pinned", "seen_at", "tags"}
    assert subjects.own["author_id"] == subjects.own["club_id"] == "id"


def test_a_column_of_an_unknown_kind_cannot_be_declared():
    class OddRow(Model):
        id = fields.BigIntField(primary_key=True)
        odd = fields.BinaryField()

        class Meta(Model.Meta):
            table = "odd"

    with pytest.raises(TypeError, match="BinaryField"):
        Table(OddRow, "Odd")


def test_the_facts_that_a_read_depends_on_are_seen_in_its_sql():
    assert pins.facts(Standing.MEMBER) == {Fact.STANDING}
    assert notes.facts(Standing.MEMBER) == {Fact.STANDING, Fact.SELF, Fact.CLUBS}
    assert notes.facts(Standing.ADMIN) == {Fact.STANDING}
    assert cards.facts(Standing.MEMBER) == notes.facts(Standing.MEMBER)
    assert note_by_id.facts(Standing.MEMBER) == notes.facts(Standing.MEMBER)


def test_what_all_of_a_standing_and_clubs_see_names_nobody():
    viewer = Viewer(user_id=1, standing=Standing.MEMBER, clubs=frozenset({5}), token_id=9)
    assert viewer.shared() == Viewer(standing=Standing.MEMBER, clubs=frozenset({5}))
    assert NOBODY.shared() == NOBODY


def test_a_table_without_a_rule_is_for_everyone():
    assert {everyone(standing) for standing in Standing} == {"true"}
    assert pins.visible(Standing.ANONYMOUS) == "(true)"
