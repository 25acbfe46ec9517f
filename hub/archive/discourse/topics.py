"""An export, topic by topic."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, cast

import orjson

from hub.archive.discourse.fields import ID_MOST, Misfit, Row, flag, line, moment, row_of, text, values_of, whole
from hub.archive.discourse.files import ensure_export, export_files
from hub.archive.discourse.posts import read_posts
from hub.archive.discourse.records import Damage, Topic
from hub.text.markdown import cut
from hub.text.plain import slug_of

FILE_BYTES = 64 * 2**20
TOTAL_BYTES = 4 * 2**30
TITLE_CHARS = 255
TAG_CHARS = 100
TAGS_MOST = 50

_FAULTS_TOLD = 3
_FILES_ASKED = 100
_AVATAR = re.compile(rb'"avatar_template"\s*:\s*"([^"\\]*)/user_avatar/([a-zA-Z0-9.-]+)/')
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL
)
_HALF = 6


def read_topics(
    path: Path, *, site: str | None = None, file_bytes: int = FILE_BYTES, total_bytes: int = TOTAL_BYTES
) -> Iterator[Topic | Damage]:
    """Each topic of a folder or zip, by file name; a topic with posts left out is followed by its `Damage`.

    `site` is the forum's address (`https://forum.example`), else it is taken from the pictures of its people.
    """
    ensure_export(path)
    return _read(path, site.rstrip("/") if site else None, file_bytes, total_bytes)


def _read(path: Path, site: str | None, file_bytes: int, total_bytes: int) -> Iterator[Topic | Damage]:
    address = site or _site_of(path, file_bytes, total_bytes)
    seen: set[int] = set()
    for file in export_files(path, file_bytes, total_bytes):
        if isinstance(file, Damage):
            yield file
        else:
            yield from _judged(*file, address, seen)


def _judged(name: str, data: bytes, site: str | None, seen: set[int]) -> Iterator[Topic | Damage]:
    try:
        topic, faults = _topic(row_of(_parsed(data), "it"), site)
    except Misfit as misfit:
        yield Damage(name, str(misfit))
        return
    if topic.legacy_id in seen:
        yield Damage(name, f"repeats topic {topic.legacy_id}, which was read before")
        return
    seen.add(topic.legacy_id)
    yield topic
    if faults:
        more = len(faults) - _FAULTS_TOLD
        told = faults[:_FAULTS_TOLD] + ([f"and {more} more"] if more > 0 else [])
        yield Damage(name, f"topic {topic.legacy_id} is read without some posts; {'; '.join(told)}")


def _parsed(data: bytes) -> Any:
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return orjson.loads(_ESCAPE.sub(_whole_escape, data))
    except orjson.JSONDecodeError as error:
        raise Misfit(f"is not JSON: {error}") from None


def _whole_escape(escape: re.Match[bytes]) -> bytes:
    """Half of a surrogate pair is six bytes long; `orjson` refuses the whole file for one."""
    return b"" if len(escape[0]) == _HALF else escape[0]


def _topic(row: Row, site: str | None) -> tuple[Topic, list[str]]:
    if row.get("archetype") == "private_message":
        raise Misfit("is a private message, and those are not imported")
    stream = row_of(row.get("post_stream"), "“post_stream”")
    values = values_of(stream, "posts")
    if not values:
        raise Misfit("has no posts")
    legacy_id, title = whole(row, "id", least=1, most=ID_MOST), line(row, "title")
    if not title:
        raise Misfit("“title” is empty")
    posts, faults = read_posts(values, site)
    if not posts or posts[0].number != 1:
        raise Misfit(
            next((fault for fault in faults if fault.startswith("post 1:")), "post 1, its own text, is missing")
        )
    slug = _slug(row, title)
    topic = Topic(
        legacy_id=legacy_id,
        slug=slug,
        title=cut(title, TITLE_CHARS),
        category_id=whole(row, "category_id", least=1, most=ID_MOST),
        tags=_tags(row),
        views=whole(row, "views", 0),
        like_count=whole(row, "like_count", 0),
        closed=flag(row, "closed"),
        archived=flag(row, "archived"),
        pinned=flag(row, "pinned") or flag(row, "pinned_globally"),
        unlisted=row.get("visible") is not None and not flag(row, "visible"),
        deleted=row.get("deleted_at") is not None,
        created_at=moment(row, "created_at"),
        last_posted_at=moment(row, "last_posted_at", max(post.created_at for post in posts)),
        author=posts[0].author,
        posts=posts,
        url=f"{site}/t/{slug}/{legacy_id}" if site else None,
    )
    return topic, [*_absent(stream, values), *faults]


def _slug(row: Row, title: str) -> str:
    slug = text(row, "slug", "").strip("-")
    return slug_of(slug if slug.isascii() and slug and "%" not in slug else title)


def _tags(row: Row) -> tuple[str, ...]:
    """Plain in old exports, objects with a name in new ones."""
    tags = [{"name": tag} if isinstance(tag, str) else row_of(tag, "a tag") for tag in values_of(row, "tags")]
    names = dict.fromkeys(line(tag, "name")[:TAG_CHARS] for tag in tags)
    return tuple(islice(filter(None, names), TAGS_MOST))


def _absent(stream: Row, posts: list[Any]) -> list[str]:
    """The stream names all posts; Discourse itself gives only the first twenty with it."""
    given = {key for post in posts if isinstance(key := _id_of(post), int)}
    absent = {key for key in values_of(stream, "stream") if isinstance(key, int)} - given
    return [f"{len(absent)} of its posts are not in the file"] if absent else []


def _id_of(post: object) -> Any:
    return cast(Row, post).get("id") if isinstance(post, dict) else None


def _site_of(path: Path, file_bytes: int, total_bytes: int) -> str | None:
    """The forum's address as its own avatars tell it; one topic alone may show none."""
    for file in islice(export_files(path, file_bytes, total_bytes), _FILES_ASKED):
        if not isinstance(file, Damage) and (avatar := _AVATAR.search(file[1])):
            base, host = (part.decode("utf-8", "replace") for part in avatar.groups())
            return f"https://{host.lower()}{base if base.startswith('/') and not base.startswith('//') else ''}"
    return None
