from dataclasses import astuple, dataclass
from typing import Any

from hub.audit.recording import ENTRIES, RECORD, entry
from hub.clubs.loaders import club_by_id
from hub.live import log
from hub.live.backend import Backend
from hub.posts.loaders import post_by_id
from hub.posts.notices import POST_PUBLISHED
from hub.posts.rules import ensure_club, ensure_lists, ensure_policy_team, ensure_same_club, ensure_version
from hub.refusals import ErrorCode, Refusal, ThrottleRefusal
from hub.store import idempotency
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import UniqueViolation
from hub.store.ids import new_id
from hub.store.reader import Reader
from hub.store.sql import Kind, to_json
from hub.store.tables import Row
from hub.subjects.commands import begin, beginning
from hub.text.markdown import render_aside
from hub.text.plain import ensure_line, ensure_text, slug_of

_SUMMARY = 1_000
_TRIES = 5
_LINKS: dict[str, Kind] = {"link_id": "id", "ref_id": "id", "place": "int"}

CREATE_POST = Chain(
    (
        *begin(),
        Step(
            "post",
            """insert into posts (id, slug, kind, status, intended_visibility, title, summary, body_source, body_html,
                   body_excerpt, tags, regions, locale, published_at, listed_at, pinned, continues_id)
               select id, :slug, :kind, :status, :intended, :title, {as_text summary}, :source, :html, :excerpt,
                   {as_json tags}, {as_json regions}, :locale, {as_instant published_at},
                   coalesce({as_instant published_at}, {now}), {as_bool pinned}, {as_id continues} from taken
               returning id, listed_at""",
        ),
        Step(
            "authored",
            """insert into post_authors (id, post_id, user_id, position)
               select authors.link_id, post.id, authors.ref_id, authors.place from post cross join authors where true
               returning id""",
        ),
        Step(
            "addressed",
            """insert into post_clubs (id, post_id, club_id, position, listed_at)
               select clubs_of.link_id, post.id, clubs_of.ref_id, clubs_of.place, post.listed_at
               from post cross join clubs_of where true
               returning id""",
        ),
        idempotency.REMEMBER,
        RECORD,
    ),
    answer="taken",
    records={"authors": _LINKS, "clubs_of": _LINKS, "keys": idempotency.KEY_RECORDS, "entries": ENTRIES},
)
_CHANGE = Chain(
    (
        Step(
            "taken",
            """update posts set kind = :kind, title = :title, summary = {as_text summary}, body_source = :source,
                   body_html = :html, body_excerpt = :excerpt, tags = {as_json tags}, regions = {as_json regions},
                   locale = :locale, version = version + 1, edited_at = {now}
               where id = {as_id id} and version = {as_int version}
               returning id, listed_at""",
        ),
        Step(
            "left_out",
            """delete from post_clubs where post_id in (select id from taken)
                   and club_id not in (select ref_id from clubs_of) returning id""",
        ),
        Step(
            "addressed",
            """insert into post_clubs (id, post_id, club_id, position, listed_at)
               select clubs_of.link_id, taken.id, clubs_of.ref_id, clubs_of.place, taken.listed_at
               from taken cross join clubs_of where true
               on conflict (post_id, club_id) do update set position = excluded.position
               returning id""",
        ),
        idempotency.REMEMBER,
        RECORD,
    ),
    answer="taken",
    records={"clubs_of": _LINKS, "keys": idempotency.KEY_RECORDS, "entries": ENTRIES},
)
_PUBLISH = Chain(
    (
        Step(
            "held",
            """update subjects set state = state + 1, visibility = :visibility, last_activity_at = {now}
               where id = {as_id stream} and state = {as_int state} returning id""",
        ),
        Step(
            "taken",
            """update posts set status = 'PUBLISHED', published_at = {now}, listed_at = {now}, version = version + 1
               where id in (select id from held) returning id, listed_at""",
        ),
        Step(
            "addressed",
            """update post_clubs set listed_at = (select listed_at from taken)
               where post_id in (select id from taken) returning id""",
        ),
        *log.TELL,
        RECORD,
    ),
    answer="taken",
    records={"facts": log.FACTS, "entries": ENTRIES},
)


@dataclass(frozen=True, kw_only=True)
class PostText:
    """What the policy team writes; lists keep their order."""

    kind: str
    title: str
    summary: str | None
    body: str
    tags: list[str]
    regions: list[str]
    club_ids: list[int]
    locale: str
    visibility: str


@dataclass(frozen=True)
class Saved:
    """The id of the post; `replayed` when an earlier call with the same key had made it."""

    id: int
    replayed: bool = False


async def create_post(backend: Backend, viewer: Viewer, text: PostText, *, key: str) -> Saved:
    """A draft that only the team sees; safe to repeat with the same key."""
    user_id = ensure_policy_team(viewer)
    scope = f"post:{user_id}"
    digest = idempotency.digest_of(*astuple(text))
    if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
        return Saved(known, replayed=True)
    values = await _checked(backend, viewer, text)
    club_id = ensure_club(text.visibility, text.club_ids)
    post_id = new_id()
    try:
        await CREATE_POST.run(
            backend.database,
            {
                **beginning(id=post_id, kind="POST", author_id=user_id, club_id=club_id, visibility="PRIVATE"),
                **values,
                "slug": f"{slug_of(values['title'])}-{post_id % 1_000_000:06d}",
                "status": "DRAFT",
                "intended": text.visibility,
                "published_at": None,
                "pinned": False,
                "continues": None,
                "authors": links([user_id]),
                "keys": [idempotency.record(scope, key, digest, post_id)],
                "entries": entry(viewer, "post.created", ("Post", post_id), club_id=club_id, after=_named(text)),
            },
        )
    except UniqueViolation:
        if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is None:
            raise
        return Saved(known, replayed=True)
    return Saved(post_id)


async def change_post(
    backend: Backend, viewer: Viewer, text: PostText, *, post_id: int, expected_version: int | None, key: str
) -> Saved:
    """New text for a post; a version that moved on is a conflict. Safe to repeat with the same key."""
    scope = f"post:{ensure_policy_team(viewer)}"
    digest = idempotency.digest_of(post_id, expected_version, *astuple(text))
    # Before the key is looked for: who finds neither the key nor its version has lost to another change.
    post = await _found(backend, viewer, post_id)
    if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
        return Saved(known, replayed=True)
    ensure_version(post, expected_version)
    ensure_same_club(post, text.club_ids)
    values = await _checked(backend, viewer, text)
    values["keys"] = [idempotency.record(scope, key, digest, post_id)]
    before = {"kind": post["kind"], "title": post["title"], "version": post["version"]}
    after = {**_named(text), "version": post["version"] + 1}
    values["entries"] = entry(
        viewer, "post.changed", ("Post", post_id), club_id=post["club_id"], before=before, after=after
    )
    try:
        taken = await _CHANGE.run(backend.database, {**values, "id": post_id, "version": expected_version})
    except UniqueViolation:
        taken = []
    if taken:
        return Saved(post_id)
    if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
        return Saved(known, replayed=True)
    ensure_version(await _found(backend, viewer, post_id), expected_version)
    raise _busy()


async def publish_post(backend: Backend, viewer: Viewer, *, post_id: int) -> Saved:
    """Show a draft to those it is meant for. A post that is published already stays as it is."""
    ensure_policy_team(viewer)
    for _ in range(_TRIES):
        post = await _found(backend, viewer, post_id)
        if post["status"] != "DRAFT":
            return Saved(post_id, replayed=True)
        taken = await _PUBLISH.run(
            backend.database,
            {
                "stream": post_id,
                "state": post["state"],
                "visibility": post["intended_visibility"],
                "facts": log.facts(POST_PUBLISHED, post_id),
                "entries": entry(
                    viewer,
                    "post.published",
                    ("Post", post_id),
                    club_id=post["club_id"],
                    before={"status": post["status"]},
                    after={"status": "PUBLISHED", "visibility": post["intended_visibility"]},
                ),
            },
        )
        if taken:
            backend.relay.tell(post_id)
            return Saved(post_id)
    raise _busy()


def links(ref_ids: list[int]) -> list[dict[str, Any]]:
    """Rows of a link table, in order."""
    return [{"link_id": new_id(), "ref_id": ref_id, "place": place} for place, ref_id in enumerate(ref_ids)]


def _named(text: PostText) -> dict[str, Any]:
    return {"kind": text.kind, "title": text.title}


async def _checked(backend: Backend, viewer: Viewer, text: PostText) -> dict[str, Any]:
    settings = backend.settings
    clubs = list(dict.fromkeys(text.club_ids))
    ensure_lists(clubs=clubs, regions=text.regions, tags=text.tags)
    reader = Reader(backend.database, viewer)
    for club_id in clubs:
        if await reader.one(club_by_id, club_id) is None:
            raise Refusal(ErrorCode.NOT_FOUND, "There is no such club.", "clubIds")
    body = await render_aside(ensure_text(text.body, "body", least=1, most=settings.body_length))
    summary = ensure_text(text.summary, "summary", least=1, most=_SUMMARY) if text.summary else None
    return {
        "kind": text.kind,
        "title": ensure_line(text.title, "title", least=1, most=settings.title_length),
        "summary": summary,
        "source": body.source,
        "html": body.html,
        "excerpt": body.excerpt,
        "tags": to_json(text.tags),
        "regions": to_json(text.regions),
        "locale": ensure_text(text.locale, "locale", least=2, most=35),
        "clubs_of": links(clubs),
    }


async def _found(backend: Backend, viewer: Viewer, post_id: int) -> Row:
    post = await Reader(backend.database, viewer).one(post_by_id, post_id)
    if post is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such post.", "id")
    return post


def _busy() -> Refusal:
    return ThrottleRefusal(ErrorCode.OVERLOADED, "Too much is changing here right now.", retry_after_ms=1_000)
