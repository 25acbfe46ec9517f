"""What the team writes in a post, checked and made ready to be stored."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.clubs.loaders import club_by_id
from hub.live.backend import Backend
from hub.posts.commands.found import links
from hub.posts.loaders import topic_by_id
from hub.posts.rules import ensure_lists, ensure_locale, ensure_times
from hub.refusals import ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Viewer
from hub.store.loaders import Loader
from hub.store.reader import Reader
from hub.store.sql import to_json
from hub.store.tables import Row
from hub.subjects.loaders import subject_by_id
from hub.text.addresses import ensure_web_address
from hub.text.markdown import Text, render_aside
from hub.text.plain import ensure_line, ensure_text
from hub.users.loaders import user_by_id

SUMMARY = 1_000
_ADDRESS = _ALT = 500


@dataclass(frozen=True)
class Hero:
    """A picture that stands above a post: its address, and what it shows in words."""

    url: str
    alt: str


@dataclass(frozen=True, kw_only=True)
class PostText:
    """What the policy team writes; lists keep their order. Without `author_ids` a new post is its writer's, and an
    old one keeps its authors."""

    kind: str
    title: str
    summary: str | None
    body: str
    tags: list[str]
    regions: list[str]
    club_ids: list[int]
    locale: str
    visibility: str
    author_ids: list[int] = field(default_factory=list[int])
    topic_id: int | None = None
    hero: Hero | None = None
    publish_at: datetime | None = None
    closes_at: datetime | None = None
    continues_id: int | None = None
    reason: str | None = None


async def checked(backend: Backend, viewer: Viewer, text: PostText, post: Row | None) -> dict[str, Any]:
    """The parameters that a new text sets, whether for a new post or for this one."""
    settings = backend.settings
    clubs, authors = (list(dict.fromkeys(ids)) for ids in (text.club_ids, text.author_ids))
    ensure_lists(clubs=clubs, authors=authors, regions=text.regions, tags=text.tags)
    ensure_times(text.publish_at, text.closes_at, post)
    await _ensure_known(Reader(backend.database, viewer), text, clubs, authors)
    summary = ensure_text(text.summary, "summary", least=1, most=SUMMARY) if text.summary else None
    return {
        "kind": text.kind,
        "title": ensure_line(text.title, "title", least=1, most=settings.title_length),
        "summary": summary,
        **stored(await ensure_body(backend, text.body)),
        "tags": to_json(text.tags),
        "regions": to_json(text.regions),
        "locale": ensure_locale(text.locale),
        "topic": text.topic_id,
        "publish_at": text.publish_at,
        "closes_at": text.closes_at,
        "continues": text.continues_id,
        "reason": ensure_line(text.reason, "reason", least=1, most=500) if text.reason else None,
        "clubs_of": links(clubs),
        "authors": links(authors),
        **_hero(text.hero),
    }


async def ensure_body(backend: Backend, body: str) -> Text:
    return await render_aside(ensure_text(body, "body", least=1, most=backend.settings.body_length))


def stored(body: Text) -> dict[str, str]:
    return {"source": body.source, "html": body.html, "excerpt": body.excerpt}


def _hero(hero: Hero | None) -> dict[str, str | None]:
    if hero is None:
        return {"hero_url": None, "hero_alt": None}
    url = ensure_web_address(hero.url, "hero", "url", most=_ADDRESS)
    return {"hero_url": url, "hero_alt": ensure_line(hero.alt, "hero", "alt", least=1, most=_ALT)}


async def _ensure_known(reader: Reader, text: PostText, clubs: list[int], authors: list[int]) -> None:
    named: list[tuple[Loader, int, str]] = [
        *((club_by_id, club_id, "clubIds") for club_id in clubs),
        *((user_by_id, user_id, "authorIds") for user_id in authors),
    ]
    if text.topic_id is not None:
        named.append((topic_by_id, text.topic_id, "topicId"))
    for loader, key, argument in named:
        if await reader.one(loader, key) is None:
            raise Refusal(ErrorCode.NOT_FOUND, "There is no such thing, or you may not see it: check the id.", argument)
    if text.continues_id is not None:
        thread = await reader.one(subject_by_id, text.continues_id)
        if thread is None or thread["kind"] != "THREAD":
            raise FieldRefusal(
                ErrorCode.NOT_FOUND,
                "There is no such thread, or you may not see it: check the id.",
                "continuesThreadId",
            )
