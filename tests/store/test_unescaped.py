"""Texts come out of PostgreSQL as they are, and the JSON that is made of the whole answer is that of each."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.audience import Standing, Viewer
from hub.store.bulk import insert_rows
from hub.store.database import Database
from hub.store.plans.answering import answer
from hub.store.plans.statement import write
from hub.store.plans.tree import Constant, Lookup, Object, RowChoice, Scalar
from hub.store.plans.unescaped import QUOTE, escape
from tests.store.shelf import note_by_id, notes

NOW = datetime(2026, 2, 3, tzinfo=UTC)
TEXTS = [
    "",
    '"',
    '\\"',
    "\\u0001d",
    "\x01",
    "\x01d\x01s",
    "\x7f",
    '\x7f,"a":\x7f',
    "\x01\x7f\x01",
    "a\nb\t\x02\x1f",
    "🦉 Ä",
]


def told(text: str) -> str:
    """As the database spells it."""
    return text.replace("\x01", "\x01s").replace("\x7f", "\x01d")


@given(
    st.dictionaries(
        st.sampled_from("abcd"), st.text(st.sampled_from('\x01\x7fds"\\\n u\x02é') | st.characters(codec="utf-8"))
    )
)
def test_each_text_is_escaped_as_if_alone(texts: dict[str, str]) -> None:
    pairs = ",".join(f"{QUOTE}{key}{QUOTE}:{QUOTE}{told(text)}{QUOTE}" for key, text in texts.items())
    assert escape(f"{{{pairs}}}") == orjson.dumps(texts).decode()


@pytest.mark.parametrize("constant", ["true", '"it\'s"', '"a\\"\\\\b"', '["\x7f"]'])
async def test_the_database_spells_them_so(shelf: Database, constant: str) -> None:
    """Finished JSON that is not to be escaped again stands beside them."""
    rows = [
        {"id": place, "owner_id": 1, "club_id": None, "weight": 1, "name": text, "hidden": False, "at": NOW}
        for place, text in enumerate(TEXTS)
    ]
    await shelf.transact(lambda transaction: insert_rows(transaction, notes, rows))
    fields = Object(
        (
            ("name", Scalar("name", "text", null=False)),
            ("constant", Constant(constant)),
            ("at", Scalar("at", "instant", null=True)),
        )
    )
    root = Lookup(0, {note_by_id: fields}, null=True)
    statement = write(root, [RowChoice(note_by_id)], Standing.MEMBER, shelf.dialect)
    for place, text in enumerate(TEXTS):
        found = await answer(statement, shelf, Viewer(standing=Standing.MEMBER), {"c0_key": place}, {}, NOW)
        assert (
            found == f'{{"name":{orjson.dumps(text).decode()},"constant":{constant},"at":"2026-02-03T00:00:00.000Z"}}'
        )
