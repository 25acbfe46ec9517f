"""Topics of an old forum → frozen threads, in batches of one transaction each. What is there already is left alone."""

from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from hub.archive.discourse.records import Author, Damage, ImportedPost, Topic
from hub.archive.planting import Freeze, PlantedComment, PlantedSubject, plant
from hub.forum.tables import categories, threads
from hub.live.log import new_epoch
from hub.live.tables import streams
from hub.store.bulk import insert_rows
from hub.store.database import Database, Transaction, UniqueViolation
from hub.store.ids import new_id
from hub.store.instants import now
from hub.text.markdown import Text
from hub.users.handles import handle_key
from hub.users.tables import accounts, users

_BATCH = 50
_TRIES = 3
_SYSTEM = "discourse"
_REASON = "The old forum was closed."
_BANNER = "This discussion comes from the old forum and can only be read."
_TRUST = ("NEW", "BASIC", "REGULAR", "TRUSTED", "STAFF")
_HANDLE, _NAME, _SLUG, _TITLE = 60, 120, 120, 300


@dataclass
class Summary:
    """What an import did so far. `known` are topics that were there before."""

    threads: int = 0
    comments: int = 0
    people: int = 0
    known: int = 0
    damages: list[Damage] = field(default_factory=list[Damage])


async def import_topics(database: Database, found: Iterable[Topic | Damage]) -> AsyncGenerator[Summary]:
    """Import what is found; the summary so far after each batch. To be stopped at any time and begun again."""
    summary, source = Summary(), iter(found)
    while batch := list(islice(source, _BATCH)):
        summary.damages += [item for item in batch if isinstance(item, Damage)]
        await _import(database, [item for item in batch if isinstance(item, Topic)], summary)
        yield summary


async def _import(database: Database, topics: list[Topic], summary: Summary) -> None:
    """One batch; when somebody else takes a slug, handle or topic meanwhile, look and try again."""
    for attempt in range(_TRIES):
        try:
            done = await database.transact(lambda transaction: _Batch(transaction, topics).write())
        except UniqueViolation:
            if attempt == _TRIES - 1:
                raise
        else:
            summary.threads += done.threads
            summary.comments += done.comments
            summary.people += done.people
            summary.known += done.known
            return


class _Batch:
    def __init__(self, transaction: Transaction, topics: list[Topic]) -> None:
        self._transaction = transaction
        self._topics = topics
        self._now = now()

    async def write(self) -> Summary:
        done = Summary()
        known = await self._known("threads", [(_system(topic), str(topic.legacy_id)) for topic in self._topics])
        fresh = [topic for topic in self._topics if (_system(topic), str(topic.legacy_id)) not in known]
        done.known = len(self._topics) - len(fresh)
        people, done.people = await self._people(fresh)
        places = await self._places(fresh)
        slugs = await self._slugs(fresh)
        planted = [(topic, self._subject(topic, people, places)) for topic in fresh]
        await plant(self._transaction, [subject for _, subject in planted])
        rows = [self._thread_row(topic, subject, slugs[topic.legacy_id]) for topic, subject in planted]
        await insert_rows(self._transaction, threads, rows)
        done.threads = len(planted)
        done.comments = sum(len(subject.comments) for _, subject in planted)
        return done

    async def _known(self, table: str, keys: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """The ids of imported rows by (system, legacy id)."""
        rows = await self._transaction.fetch(
            f"select id, legacy_system, legacy_id from {table} where legacy_id {{in_text ids}}",
            {"ids": [legacy_id for _, legacy_id in keys]},
        )
        return {(row["legacy_system"], row["legacy_id"]): row["id"] for row in rows}

    async def _people(self, topics: list[Topic]) -> tuple[dict[tuple[str, str], int], int]:
        """The ids of all who wrote; those who are not there yet come in as unclaimed stubs."""
        authors: dict[tuple[str, str], tuple[Author, datetime]] = {}
        for topic in topics:
            for post in topic.posts:
                if post.author is not None:
                    key = (_system(topic), str(post.author.legacy_id))
                    first = min(post.created_at, authors[key][1]) if key in authors else post.created_at
                    authors[key] = (post.author, first)
        ids = await self._known("users", list(authors))
        missing = {key: person for key, person in authors.items() if key not in ids}
        handles = await self._free_handles([author.username for author, _ in missing.values()])
        rows = [
            self._user_row(key, author, first, handle)
            for (key, (author, first)), handle in zip(missing.items(), handles, strict=True)
        ]
        await insert_rows(self._transaction, users, rows)
        await insert_rows(self._transaction, accounts, [{"id": row["id"]} for row in rows])
        await insert_rows(self._transaction, streams, [{"id": row["id"], "epoch": new_epoch()} for row in rows])
        return ids | {key: row["id"] for key, row in zip(missing, rows, strict=True)}, len(rows)

    def _user_row(self, key: tuple[str, str], author: Author, first: datetime, handle: str) -> dict[str, Any]:
        return {
            "id": new_id(),
            "handle": handle,
            "handle_key": handle_key(handle),
            "display_name": (author.name or author.username)[:_NAME],
            "trust": _TRUST[max(0, min(author.trust_level, len(_TRUST) - 1))],
            "status": "LEGACY_STUB",
            "joined_at": first,
            **self._legacy(key[0], key[1], None),
        }

    async def _free_handles(self, wanted: list[str]) -> list[str]:
        """The handles, each with a number behind it where it is taken."""
        taken = {
            row["handle_key"]
            for row in await self._transaction.fetch(
                "select handle_key from users where handle_key {in_text keys}",
                {"keys": [handle_key(handle)[:_HANDLE] for handle in wanted]},
            )
        }
        return [await self._free_handle(handle[:_HANDLE], taken) for handle in wanted]

    async def _free_handle(self, handle: str, taken: set[str]) -> str:
        free, number = handle, 1
        while handle_key(free) in taken or (number > 1 and await self._has_handle(free)):
            number += 1
            free = f"{handle[: _HANDLE - 8]}-{number}"
        taken.add(handle_key(free))
        return free

    async def _has_handle(self, handle: str) -> bool:
        rows = await self._transaction.fetch(
            "select id from users where handle_key = :key", {"key": handle_key(handle)}
        )
        return bool(rows)

    async def _places(self, topics: list[Topic]) -> dict[tuple[str, str], int]:
        """The ids of the categories, with their threads counted."""
        counted = Counter((_system(topic), str(topic.category_id)) for topic in topics)
        ids = await self._known("categories", list(counted))
        missing = [key for key in counted if key not in ids]
        rows: list[dict[str, Any]] = [
            {
                "id": new_id(),
                "slug": f"{system}-{legacy_id}"[:100],
                "name": f"Old forum, part {legacy_id}",
                "description": f"Threads of {system}, part {legacy_id} there.",
                "position": 1_000 + int(legacy_id),
                "frozen_at": self._now,
                "freeze_reason": _REASON,
                "banner": _BANNER,
                "legacy_system": system,
                "legacy_id": legacy_id,
            }
            for system, legacy_id in missing
        ]
        await insert_rows(self._transaction, categories, rows)
        ids |= {key: row["id"] for key, row in zip(missing, rows, strict=True)}
        for key, more in counted.items():
            await self._transaction.fetch(
                "update categories set thread_count = thread_count + :more where id = :id",
                {"more": more, "id": ids[key]},
            )
        return ids

    async def _slugs(self, topics: list[Topic]) -> dict[int, str]:
        """A free slug by topic: its own, or with its number behind it where that is taken."""
        wanted = Counter(topic.slug[:_SLUG] for topic in topics)
        rows = await self._transaction.fetch(
            "select slug from threads where slug {in_text slugs}", {"slugs": list(wanted)}
        )
        taken = {row["slug"] for row in rows} | {slug for slug, times in wanted.items() if times > 1}
        return {
            topic.legacy_id: f"{topic.slug[: _SLUG - 24]}-{topic.legacy_id}"
            if topic.slug[:_SLUG] in taken
            else topic.slug[:_SLUG]
            for topic in topics
        }

    def _subject(
        self, topic: Topic, people: dict[tuple[str, str], int], places: dict[tuple[str, str], int]
    ) -> PlantedSubject:
        system = _system(topic)
        return PlantedSubject(
            kind="THREAD",
            author_id=_person(people, system, topic.author),
            category_id=places[system, str(topic.category_id)],
            created_at=topic.created_at,
            visibility="PRIVATE" if topic.deleted else "UNLISTED" if topic.unlisted else "PUBLIC",
            likes=topic.posts[0].likes,
            freeze=Freeze(at=self._now, reason=_REASON, banner=_BANNER),
            comments=[self._comment(topic, post, people) for post in topic.posts[1:]],
        )

    def _comment(self, topic: Topic, post: ImportedPost, people: dict[tuple[str, str], int]) -> PlantedComment:
        system, first = _system(topic), topic.posts[0].number
        return PlantedComment(
            number=post.number,
            parent=post.reply_to if post.reply_to != first else None,
            author_id=_person(people, system, post.author),
            text=Text(post.source, post.html, post.excerpt),
            created_at=post.created_at,
            edited_at=post.updated_at,
            likes=post.likes,
            status="REMOVED" if post.deleted else "HIDDEN" if post.hidden else "PUBLISHED",
            by_staff=post.by_staff,
            legacy=self._legacy(system, str(post.legacy_id), f"{topic.url}/{post.number}" if topic.url else None),
        )

    def _thread_row(self, topic: Topic, subject: PlantedSubject, slug: str) -> dict[str, Any]:
        first = topic.posts[0]
        return {
            "id": subject.id,
            "slug": slug,
            "title": topic.title[:_TITLE],
            "body_source": first.source,
            "body_html": first.html,
            "body_excerpt": first.excerpt,
            "tags": list(topic.tags),
            "pinned": topic.pinned,
            "view_count": topic.views,
            "edited_at": first.updated_at,
            **self._legacy(_system(topic), str(topic.legacy_id), topic.url),
        }

    def _legacy(self, system: str, legacy_id: str, url: str | None) -> dict[str, Any]:
        return {
            "legacy_system": system,
            "legacy_id": legacy_id,
            "legacy_url": url[:500] if url else None,
            "imported_at": self._now,
        }


def _system(topic: Topic) -> str:
    """The old forum's host, so that ids of two forums do not meet."""
    return (urlsplit(topic.url).hostname if topic.url else None) or _SYSTEM


def _person(people: dict[tuple[str, str], int], system: str, author: Author | None) -> int | None:
    return people[system, str(author.legacy_id)] if author is not None else None
