"""What an export gives. Times are aware and of millisecond precision; ids are those of the old forum."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Author:
    """A person as the export last saw it; the name that people read is `name`, else `username`."""

    legacy_id: int
    username: str
    name: str | None
    trust_level: int
    staff: bool


@dataclass(frozen=True, slots=True)
class ImportedPost:
    """`author` is None when the person is deleted or the forum itself spoke; `by_staff` is kept then too.

    `updated_at` is None unless Discourse shows the post as edited (`version` over 1).
    """

    legacy_id: int
    number: int
    reply_to: int | None
    author: Author | None
    created_at: datetime
    updated_at: datetime | None
    version: int
    source: str
    html: str
    excerpt: str
    likes: int
    by_staff: bool
    hidden: bool
    deleted: bool


@dataclass(frozen=True, slots=True)
class Topic:
    """`posts` by rising number; the first has number 1 and is the topic's own text."""

    legacy_id: int
    slug: str
    title: str
    category_id: int
    tags: tuple[str, ...]
    views: int
    like_count: int
    closed: bool
    archived: bool
    pinned: bool
    unlisted: bool
    deleted: bool
    created_at: datetime
    last_posted_at: datetime
    author: Author | None
    posts: tuple[ImportedPost, ...]
    url: str | None


@dataclass(frozen=True, slots=True)
class Damage:
    """A file, or posts of it, that could not be read, and why, in words for people."""

    file: str
    reason: str
