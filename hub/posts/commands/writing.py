"""Drafts, and new texts for old posts. Each save leaves a revision."""

from dataclasses import astuple
from typing import Any

from hub.audit.recording import ENTRIES, RECORD, entry
from hub.jobs.kinds import WORK
from hub.jobs.queue import BELL, ENQUEUE
from hub.live.backend import Backend
from hub.posts.commands.found import LINKS, TRIES, Saved, busy, found_post, links
from hub.posts.commands.texts import PostText, checked
from hub.posts.notices import timer
from hub.posts.rules import (
    UNSEEN,
    ensure_club,
    ensure_not_archived,
    ensure_policy_team,
    ensure_same_club,
    ensure_version,
)
from hub.store import idempotency
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import UniqueViolation
from hub.store.ids import new_id
from hub.store.tables import Row
from hub.subjects.commands import begin, beginning
from hub.text.diffing import diff_of
from hub.text.plain import slug_of

_REVISE = """insert into post_revisions (id, post_id, version, editor_id, edited_at, reason, title, body_source,
        body_html, body_excerpt, diff, shown)
    select {as_id revision}, id, version, {as_id editor}, {now}, {as_text reason}, :title, :source, :html, :excerpt,
        {as_text diff}, {as_bool shown} from {0} returning id"""
_ADDRESS = """insert into post_clubs (id, post_id, club_id, position, listed_at)
    select clubs_of.link_id, {0}.id, clubs_of.ref_id, clubs_of.place, {0}.listed_at from {0} cross join clubs_of"""
_SIGN = """insert into post_authors (id, post_id, user_id, position)
    select authors.link_id, {0}.id, authors.ref_id, authors.place from {0} cross join authors where true"""
_RECORDS = {
    "authors": LINKS,
    "clubs_of": LINKS,
    "keys": idempotency.KEY_RECORDS,
    "entries": ENTRIES,
    "work": WORK,
}

CREATE_POST = Chain(
    (
        *begin(),
        Step(
            "post",
            """insert into posts (id, slug, kind, status, intended_visibility, title, summary, body_source, body_html,
                   body_excerpt, tags, regions, locale, listed_at, continues_id, topic_id, hero_url, hero_alt,
                   publish_at)
               select id, :slug, :kind, 'DRAFT', :intended, :title, {as_text summary}, :source, :html, :excerpt,
                   {as_json tags}, {as_json regions}, :locale, {now}, {as_id continues}, {as_id topic},
                   {as_text hero_url}, {as_text hero_alt}, {as_instant publish_at} from taken
               returning id, listed_at, 1 as version""",
        ),
        Step("authored", _SIGN.replace("{0}", "post") + " returning id"),
        Step("addressed", _ADDRESS.replace("{0}", "post") + " where true returning id"),
        Step("revised", _REVISE.replace("{0}", "post")),
        idempotency.REMEMBER,
        RECORD,
    ),
    answer="taken",
    records={name: kinds for name, kinds in _RECORDS.items() if name != "work"},
)
_CHANGE = Chain(
    (
        # The subject's row first, as all who write about a subject do, and its state with it: a timer that has
        # judged the old times judges anew.
        Step(
            "held",
            """update subjects set state = state + 1, closes_at = {as_instant closes_at}
               where id = {as_id id} and state = {as_int state}
                   and exists (select 1 from posts p where p.id = {as_id id} and p.version = {as_int version})
               returning id""",
        ),
        Step(
            "taken",
            """update posts set kind = :kind, title = :title, summary = {as_text summary}, body_source = :source,
                   body_html = :html, body_excerpt = :excerpt, tags = {as_json tags}, regions = {as_json regions},
                   locale = :locale, continues_id = {as_id continues}, topic_id = {as_id topic},
                   hero_url = {as_text hero_url}, hero_alt = {as_text hero_alt}, publish_at = {as_instant publish_at},
                   version = version + 1, edited_at = {now}
               where id in (select id from held) returning id, listed_at, version""",
        ),
        Step(
            "left_out",
            """delete from post_clubs where post_id in (select id from taken)
                   and club_id not in (select ref_id from clubs_of) returning id""",
        ),
        Step(
            "addressed",
            _ADDRESS.replace("{0}", "taken")
            + " where true on conflict (post_id, club_id) do update set position = excluded.position returning id",
        ),
        Step(
            "unsigned",
            """delete from post_authors where post_id in (select id from taken) and exists (select 1 from authors)
                   and user_id not in (select ref_id from authors) returning id""",
        ),
        Step(
            "authored",
            _SIGN.replace("{0}", "taken")
            + " on conflict (post_id, user_id) do update set position = excluded.position returning id",
        ),
        Step("revised", _REVISE.replace("{0}", "taken")),
        ENQUEUE,
        idempotency.REMEMBER,
        RECORD,
    ),
    answer="taken",
    records=_RECORDS,
)


async def create_post(backend: Backend, viewer: Viewer, text: PostText, *, key: str) -> Saved:
    """A draft that only the team sees; safe to repeat with the same key."""
    user_id = ensure_policy_team(viewer)
    scope = f"post:{user_id}"
    digest = idempotency.digest_of(*astuple(text))
    if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
        return Saved(known, replayed=True)
    values = await checked(backend, viewer, text, None)
    club_id = ensure_club(text.visibility, text.club_ids)
    post_id = new_id()
    try:
        await CREATE_POST.run(
            backend.database,
            {
                **beginning(
                    id=post_id,
                    kind="POST",
                    author_id=user_id,
                    club_id=club_id,
                    visibility="PRIVATE",
                    closes_at=text.closes_at,
                ),
                **values,
                **_revision(user_id, None, values),
                "slug": f"{slug_of(values['title'])}-{post_id % 1_000_000:06d}",
                "intended": text.visibility,
                "authors": values["authors"] or links([user_id]),
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
    user_id = ensure_policy_team(viewer)
    scope = f"post:{user_id}"
    digest = idempotency.digest_of(post_id, expected_version, *astuple(text))
    for _ in range(TRIES):
        # Before the key is looked for: who finds neither the key nor its version has lost to another change.
        post = await found_post(backend, viewer, post_id)
        if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
            return Saved(known, replayed=True)
        ensure_version(post, expected_version)
        ensure_not_archived(post)
        ensure_same_club(post, text.club_ids)
        values = {
            **await checked(backend, viewer, text, post),
            "keys": [idempotency.record(scope, key, digest, post_id)],
        }
        try:
            taken = await _CHANGE.run(backend.database, {**values, **_changing(viewer, user_id, post, text, values)})
        except UniqueViolation:
            continue
        if taken:
            backend.relay.tell(BELL)
            return Saved(post_id)
    raise busy()


def _changing(viewer: Viewer, user_id: int, post: Row, text: PostText, values: dict[str, Any]) -> dict[str, Any]:
    before = {"kind": post["kind"], "title": post["title"], "version": post["version"]}
    after = {**_named(text), "version": post["version"] + 1}
    return {
        **_revision(user_id, post, values),
        "id": post["id"],
        "state": post["state"],
        "version": post["version"],
        "work": timers(post["id"], post["status"], values),
        "entries": entry(
            viewer, "post.changed", ("Post", post["id"]), club_id=post["club_id"], before=before, after=after
        ),
    }


def timers(post_id: int, status: str, times: Any) -> list[dict[str, Any]]:
    """The jobs for the times of a post at this stage: to go public, and to end."""
    times_told = {"SCHEDULED": times["publish_at"], "PUBLISHED": times["closes_at"]}
    at = times_told.get(status)
    return [timer(post_id, at)] if at is not None else []


def _revision(editor_id: int, post: Row | None, values: dict[str, Any]) -> dict[str, Any]:
    before = f"{post['title']}\n\n{post['body_source']}" if post is not None else None
    after = f"{values['title']}\n\n{values['source']}"
    return {
        "revision": new_id(),
        "editor": editor_id,
        "diff": diff_of(before, after) if before is not None else None,
        "shown": post is not None and post["status"] not in UNSEEN,
    }


def _named(text: PostText) -> dict[str, Any]:
    return {"kind": text.kind, "title": text.title}
