"""Tables of every shape that a loader knows, small enough to hold against plain Python.

Notes stand alone; cards share their id with a note (`over`), as threads do with subjects; pins are a link table that
puts notes on boards (`via`).
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from hub.store.audience import Standing, Viewer
from hub.store.bulk import insert_rows
from hub.store.database import Database, Transaction
from hub.store.instants import InstantField
from hub.store.loaders import Loader, Via
from hub.store.tables import Derived, Table


class NoteRow(Model):
    id = fields.BigIntField(primary_key=True)
    owner_id = fields.BigIntField(null=True)
    club_id = fields.BigIntField(null=True)
    weight = fields.IntField()
    name = fields.CharField(max_length=20)
    hidden = fields.BooleanField()
    at = InstantField()

    class Meta(Model.Meta):
        table = "notes"


class CardRow(Model):
    id = fields.BigIntField(primary_key=True)
    title = fields.TextField()
    pinned = fields.BooleanField(null=True)
    seen_at = InstantField(null=True)
    tags = fields.JSONField[Any](null=True)

    class Meta(Model.Meta):
        table = "cards"


class PinRow(Model):
    id = fields.BigIntField(primary_key=True)
    board_id = fields.BigIntField()
    note_id = fields.BigIntField()
    place = fields.IntField()

    class Meta(Model.Meta):
        table = "pins"


def visible_notes(standing: Standing) -> str:
    if standing.staff:
        return "true"
    return "not {t}.hidden or {t}.owner_id = :viewer or {t}.club_id {in clubs}"


notes = Table(NoteRow, "Note", visible=visible_notes, derived={"heavy": Derived("{t}.weight > 2", "bool")})
cards = Table(
    CardRow, "Card", over=notes, derived={"open": Derived(lambda s: "true" if s.staff else "not {over}.hidden", "bool")}
)
pins = Table(PinRow, "")

note_by_id = Loader(notes, "id")
note_by_name = Loader(notes, "name")
card_by_id = Loader(cards, "id")

_ON_BOARD = Via(pins, "board_id", "note_id")
_LEAST = {"least": "{t}.weight >= {as_int arg_least}"}
LISTS = {
    "notes by time": Loader(notes, "owner_id", many=True, order=("at", "id"), args=_LEAST),
    "notes by time, falling": Loader(notes, "owner_id", many=True, order=("-at", "-id"), args=_LEAST),
    "notes by weight": Loader(notes, "owner_id", many=True, order=("weight", "id")),
    "notes by name": Loader(notes, "owner_id", many=True, order=("name", "id")),
    "notes by id": Loader(notes, "owner_id", many=True, where="{t}.weight > 1", order=("-id",), args=_LEAST),
    "all notes": Loader(notes, None, many=True, order=("at", "id"), args=_LEAST),
    "all notes, falling": Loader(notes, None, many=True, order=("-weight", "-id")),
    "cards": Loader(cards, "owner_id", many=True, order=("at", "id")),
    "cards, falling": Loader(cards, "owner_id", many=True, where="{over}.weight > 1", order=("-weight", "-id")),
    "all cards": Loader(cards, None, many=True, order=("-at", "-id")),
    "pinned notes": Loader(notes, "board_id", many=True, order=("place", "id"), via=_ON_BOARD),
    "pinned notes, falling": Loader(notes, "board_id", many=True, order=("-place", "-note_id"), via=_ON_BOARD),
    "pinned cards": Loader(
        cards,
        "board_id",
        many=True,
        where="{over}.weight > 1 and {t}.title <> 'b'",
        order=("-place", "-note_id"),
        via=_ON_BOARD,
    ),
}
LISTED: dict[str, Callable[[dict[str, Any]], bool]] = {
    "{t}.weight > 1": lambda line: line["weight"] > 1,
    "{over}.weight > 1": lambda line: line["weight"] > 1,
    "{over}.weight > 1 and {t}.title <> 'b'": lambda line: line["weight"] > 1 and line["title"] != "b",
    "true": lambda _line: True,
}


@dataclass(frozen=True)
class Note:
    id: int
    owner_id: int | None
    club_id: int | None
    weight: int
    name: str
    hidden: bool
    at: datetime

    def seen_by(self, viewer: Viewer) -> bool:
        own = self.owner_id is not None and self.owner_id == viewer.user_id
        return viewer.standing.staff or not self.hidden or own or self.club_id in viewer.clubs


@dataclass(frozen=True)
class Card:
    id: int
    title: str
    pinned: bool | None = None
    seen_at: datetime | None = None
    tags: Any = None


@dataclass(frozen=True)
class Pin:
    id: int
    board_id: int
    note_id: int
    place: int


@dataclass(frozen=True)
class Shelf:
    """What the tables hold, and what a list of it shows by plain Python."""

    notes: list[Note] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    pins: list[Pin] = field(default_factory=list)

    async def fill(self, database: Database) -> None:
        async def write(transaction: Transaction) -> None:
            for table, rows in ((notes, self.notes), (cards, self.cards), (pins, self.pins)):
                await transaction.fetch(f"delete from {table.name}")
                await insert_rows(transaction, table, [asdict(row) for row in rows])

        await database.transact(write)

    def expected(self, loader: Loader, viewer: Viewer, key: int | None, least: int = 0) -> list[tuple[Any, ...]]:
        """The order values and the row's id of all that this list shows, sorted."""
        shown = [
            (*(line[column] for column in loader.order_columns), line["row"])
            for line in self._lines(loader, viewer)
            if (loader.key is None or line[loader.key] == key) and line["weight"] >= least
        ]
        return sorted(shown, reverse=loader.descending)

    def _lines(self, loader: Loader, viewer: Viewer) -> Iterator[dict[str, Any]]:
        by_id = {note.id: note for note in self.notes if note.seen_by(viewer)}
        titles = {card.id: card.title for card in self.cards}
        links = [(by_id.get(pin.note_id), asdict(pin)) for pin in self.pins]
        for note, link in links if loader.via else [(note, {}) for note in by_id.values()]:
            if note is not None and (loader.table is notes or note.id in titles):
                line = {**asdict(note), "title": titles.get(note.id), "row": note.id, **link}
                if LISTED[loader.where](line):
                    yield line


_TYPES = {
    "postgres": {"instant": "timestamptz(3)", "bool": "boolean", "json": "jsonb"},
    "sqlite": {"instant": "text", "bool": "int", "json": "text"},
}


async def make_tables(database: Database) -> None:
    types = {"id": "bigint", "int": "integer", "text": "text", **_TYPES[database.dialect]}
    for table in (notes, cards, pins):
        columns = ", ".join(f"{name} {types[kind]}" for name, kind in table.own.items())
        await database.write(f"create table {table.name} ({columns}, primary key (id))")
