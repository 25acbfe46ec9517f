"""Posts as nobody in particular sees them, with what stands beside them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.clubs.loaders import club_by_slug
from hub.posts.loaders import authors_of_post, post_by_slug, posts_listed, topic_by_id, topic_by_slug
from hub.store.audience import NOBODY
from hub.store.database import Database
from hub.store.loaders import Page
from hub.store.reader import Reader
from hub.store.tables import Row
from hub.web.sharing.answers import absent
from hub.web.sharing.site import is_slug

PAGE = 20
_AUTHORS = 10
_DESCRIPTION = 300


@dataclass(frozen=True)
class Shown:
    post: Row
    authors: list[str]
    topic: str | None

    @property
    def published_at(self) -> datetime:
        return self.post["published_at"] or self.post["listed_at"]

    @property
    def changed_at(self) -> datetime:
        return max(self.published_at, self.post["edited_at"] or self.published_at)

    @property
    def description(self) -> str:
        text = " ".join((self.post["summary"] or self.post["body_excerpt"]).split())
        return text if len(text) <= _DESCRIPTION else text[: _DESCRIPTION - 1] + "…"

    @property
    def is_listed(self) -> bool:
        return self.post["visibility"] != "UNLISTED"


async def post_of(database: Database, slug: str) -> Shown:
    """The post of this name; refuse with NOT_FOUND what not everybody may see."""
    reader = Reader(database, NOBODY)
    post = await reader.one(post_by_slug, slug) if is_slug(slug) else None
    if post is None:
        raise absent()
    return await _shown(reader, post)


@dataclass(frozen=True)
class Asked:
    """Which posts: of a club, of a topic, behind a cursor."""

    club: str | None = None
    topic: str | None = None
    after: str | None = None


async def posts_asked(database: Database, asked: Asked) -> tuple[list[Shown], str | None]:
    """A page of 20, the newest first, and the cursor of the next one if there is one."""
    reader = Reader(database, NOBODY)
    after = posts_listed.position(asked.after, "after") if asked.after else None
    found = await reader.many(posts_listed, None, Page(PAGE, after=after), await _filters(reader, asked))
    shown = await asyncio.gather(*(_shown(reader, post) for post in found.rows))
    return shown, posts_listed.cursor(found.rows[-1]) if found.has_next else None


async def _filters(reader: Reader, asked: Asked) -> Mapping[str, Any]:
    filters: dict[str, Any] = {}
    for name, loader, slug in (("club_id", club_by_slug, asked.club), ("topic_id", topic_by_slug, asked.topic)):
        if slug is not None:
            row = await reader.one(loader, slug) if is_slug(slug) else None
            if row is None:
                raise absent()
            filters[name] = row["id"]
    return filters


async def _shown(reader: Reader, post: Row) -> Shown:
    authors, topic = await asyncio.gather(
        reader.many(authors_of_post, post["id"], Page(_AUTHORS)), reader.one(topic_by_id, post["topic_id"])
    )
    names = [author["display_name"] for author in authors.rows]
    return Shown(post, names, topic["name"] if topic is not None else None)
