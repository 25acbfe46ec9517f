"""What of a person's deliveries is still to be told: what they may see, by whom they did not block, if they want to."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from hub.notifications.outside.preferences import Channels, Preferences
from hub.notifications.outside.recipients import Recipient
from hub.notifications.targets import ABOUT, BY_KIND
from hub.notifications.texts import text_of
from hub.store.database import Database, Record
from hub.store.reader import Reader
from hub.store.tables import Row
from hub.users.blocking import who_blocked

_BY_COMMENTS = {"REPLY", "MENTION"}
_PLACES = {"THREAD": "threads", "POST": "posts", "EVENT": "events", "CLUB": "clubs", "CATEGORY": "categories"}

_NAMED = {"Club", "Category"}


@dataclass(frozen=True)
class Entry:
    """What happened of one kind to one thing, in words; `path` is where to read of it, below the site's address."""

    kind: str
    text: str
    title: str | None
    path: str | None
    thread: str | None
    """The name of what letters about the same thing share."""


@dataclass(frozen=True)
class Judged:
    kept: list[Record]
    entries: list[Entry]

    @property
    def kinds(self) -> list[str]:
        return sorted({entry.kind for entry in self.entries})


async def judge(
    database: Database, channels: Channels, recipient: Recipient, channel: str, waiting: list[Record]
) -> Judged:
    person = recipient.user_id
    reader = Reader(database, recipient.viewer)
    actors = {row["actor_id"] for row in waiting if row["actor_id"] is not None}
    preferences = await Preferences.of(database, channels, [person], {row["kind"] for row in waiting})
    blocked = {actor for _, actor in await who_blocked(database, list(actors), [person])} if actors else set[int]()
    things = await _things(reader, {_about(row) for row in waiting} | {_did(row) for row in waiting})
    kept = [
        row
        for row in waiting
        if preferences.frequency(person, row["kind"], channel) != "OFF"
        and row["actor_id"] not in blocked
        and things[_about(row)] is not None
        and things[_did(row)] is not None
    ]
    names = await _names(database, kept)
    groups: dict[tuple[str, str, int], list[Record]] = defaultdict(list)
    for row in kept:
        groups[row["kind"], row["target_kind"], row["target_id"]].append(row)
    return Judged(kept, [_entry(rows, things[name[1:]], names) for name, rows in groups.items()])


def _about(row: Record) -> tuple[str, int]:
    return row["target_kind"], row["target_id"]


def _did(row: Record) -> tuple[str, int]:
    """The comment that did it, which may be taken back by now; of other kinds what it is about."""
    return ("COMMENT", row["ref_id"]) if row["kind"] in _BY_COMMENTS else _about(row)


async def _things(reader: Reader, wanted: set[tuple[str, int]]) -> dict[tuple[str, int], Any]:
    """By kind and id the thing, with the place that it is, or lies in; None where the person may not see it."""
    found = await asyncio.gather(*(reader.one(ABOUT[kind], thing_id) for kind, thing_id in wanted))
    return dict(zip(wanted, await asyncio.gather(*(_with_subject(reader, row) for row in found)), strict=True))


async def _with_subject(reader: Reader, thing: Row | None) -> tuple[Row, Row | None] | None:
    if thing is None:
        return None
    if thing.noun == "Comment":
        if thing["status"] != "PUBLISHED":
            return None
        subject = await reader.one(BY_KIND[thing["subject_kind"]], thing["subject_id"])
        return (thing, subject) if subject is not None else None
    return thing, thing if thing.noun.upper() in _PLACES else None


async def _names(database: Database, rows: list[Record]) -> dict[int, str]:
    actors = list({row["actor_id"] for row in rows if row["actor_id"] is not None})
    found = await database.fetch("select id, display_name from users where id {in ids}", {"ids": actors})
    return {row["id"]: row["display_name"] for row in found}


def _entry(rows: list[Record], thing: tuple[Row, Row | None], names: dict[int, str]) -> Entry:
    last, (row, subject) = rows[-1], thing
    actors = {one["actor_id"] for one in rows if one["actor_id"] is not None}
    text = text_of(last["kind"], last["target_kind"], len(rows), len(actors), names.get(last["actor_id"]))
    if subject is None:
        return Entry(last["kind"], text, None, None, None)
    path = f"/{_PLACES[subject.noun.upper()]}/{subject['slug']}"
    part = f"#comment-{row['number']}" if row.noun == "Comment" else ""
    title = subject["name"] if subject.noun in _NAMED else subject["title"]
    return Entry(last["kind"], text, title, path + part, f"subject-{subject['id']}")
