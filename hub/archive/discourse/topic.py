"""One topic out of one file."""

from itertools import islice
from typing import Any, cast

from hub.archive.discourse.fields import ID_MOST, Misfit, Row, flag, line, moment, row_of, text, values_of, whole
from hub.archive.discourse.parsing import parse
from hub.archive.discourse.posts import read_posts
from hub.archive.discourse.records import ImportedPost, Topic
from hub.text.markdown import cut
from hub.text.plain import slug_of

TITLE_CHARS = 255
TAG_CHARS = 100
TAGS_MOST = 50


def topic_of(data: bytes, site: str | None) -> tuple[Topic, list[str]]:
    """The topic, and what is wrong with posts that are left out of it; `Misfit` when nothing can be read."""
    row = row_of(parse(data), "it")
    if row.get("archetype") == "private_message":
        raise Misfit("is a private message, and those are not imported")
    stream = row_of(row.get("post_stream"), "“post_stream”")
    values = values_of(stream, "posts")
    if not values:
        raise Misfit("has no posts")
    posts, faults = read_posts(values, site)
    if not posts or posts[0].number != 1:
        raise Misfit(
            next((fault for fault in faults if fault.startswith("post 1:")), "post 1, its own text, is missing")
        )
    return _topic(row, posts, site), [*_absent(stream, values), *faults]


def _topic(row: Row, posts: tuple[ImportedPost, ...], site: str | None) -> Topic:
    legacy_id, title = whole(row, "id", least=1, most=ID_MOST), line(row, "title")
    if not title:
        raise Misfit("“title” is empty")
    slug = _slug(row, title)
    return Topic(
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
