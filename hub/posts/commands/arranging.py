"""What stands beside a post's own text: its translations, its topic, and whether it is pinned."""

from hub.audit.recording import ENTRIES, RECORD, entry
from hub.live.backend import Backend
from hub.posts.commands.found import TRIES, Saved, busy, found_post
from hub.posts.commands.texts import SUMMARY, ensure_body, stored
from hub.posts.rules import ensure_locale, ensure_not_archived, ensure_policy_team, ensure_published
from hub.refusals import DuplicateRefusal, ErrorCode, FieldRefusal, Refusal
from hub.store import idempotency
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import UniqueViolation
from hub.store.ids import new_id
from hub.text.plain import ensure_line, ensure_text, slug_of

_TOPIC_NAME = 120
_LEFT = """(exists (select 1 from post_translations x where x.post_id = {as_id id} and x.locale = :locale)
    or (select count(*) from post_translations x where x.post_id = {as_id id}) < {as_int most})"""

_TRANSLATE = Chain(
    (
        Step("taken", f"select id from subjects where id = {{as_id id}} and {_LEFT} {{for_update}}"),
        Step(
            "translated",
            """insert into post_translations (id, post_id, locale, title, summary, body_source, body_html,
                   body_excerpt, machine)
               select {as_id row}, id, :locale, :title, {as_text summary}, :source, :html, :excerpt, {as_bool machine}
               from taken where true
               on conflict (post_id, locale) do update set title = excluded.title, summary = excluded.summary,
                   body_source = excluded.body_source, body_html = excluded.body_html,
                   body_excerpt = excluded.body_excerpt, machine = excluded.machine
               returning id""",
        ),
        RECORD,
    ),
    answer="taken",
    records={"entries": ENTRIES},
)
_PIN = Chain(
    (
        Step(
            "held",
            """update subjects set state = state + 1 where id = {as_id id} and state = {as_int state} returning id""",
        ),
        Step(
            "taken",
            """update posts set pinned = {as_bool pinned}, prominence = {as_int prominence}
               where id in (select id from held) returning id""",
        ),
        RECORD,
    ),
    answer="taken",
    records={"entries": ENTRIES},
)
_FOUND_TOPIC = Chain(
    (
        Step(
            "taken",
            """insert into topics (id, slug, name) select {as_id id}, :slug, :name
               where (select count(*) from topics) < {as_int most} returning id""",
        ),
        idempotency.REMEMBER,
        RECORD,
    ),
    answer="taken",
    records={"keys": idempotency.KEY_RECORDS, "entries": ENTRIES},
)


async def translate_post(
    backend: Backend,
    viewer: Viewer,
    *,
    post_id: int,
    locale: str,
    title: str,
    summary: str | None,
    body: str,
    machine: bool,
) -> Saved:
    """A post in another language, in place of an earlier translation into it."""
    ensure_policy_team(viewer)
    post = await found_post(backend, viewer, post_id, "postId")
    ensure_not_archived(post)
    language, most = ensure_locale(locale), backend.settings.post_translations
    if language == post["locale"]:
        raise Refusal(
            ErrorCode.INVALID,
            "The post itself is in this language: change the post, or give another language.",
            "locale",
        )
    taken = await _TRANSLATE.run(
        backend.database,
        {
            "id": post_id,
            "row": new_id(),
            "locale": language,
            "title": ensure_line(title, "title", least=1, most=backend.settings.title_length),
            "summary": ensure_text(summary, "summary", least=1, most=SUMMARY) if summary else None,
            **stored(await ensure_body(backend, body)),
            "machine": machine,
            "most": most,
            "entries": entry(
                viewer,
                "post.translated",
                ("Post", post_id),
                club_id=post["club_id"],
                after={"locale": language, "machine": machine},
            ),
        },
    )
    if not taken:
        raise FieldRefusal(
            ErrorCode.TOO_LONG,
            f"A post has at most {most} translations: change one that is there.",
            "locale",
            most=most,
        )
    return Saved(post_id)


async def pin_post(backend: Backend, viewer: Viewer, *, post_id: int, on: bool) -> Saved:
    """Show a published post before all others, or among them again."""
    ensure_policy_team(viewer)
    for _ in range(TRIES):
        post = await found_post(backend, viewer, post_id)
        if post["pinned"] == on:
            return Saved(post_id, replayed=True)
        if on:
            ensure_published(post, "id")
        entries = entry(
            viewer,
            "post.pinned" if on else "post.unpinned",
            ("Post", post_id),
            club_id=post["club_id"],
        )
        values = {"id": post_id, "state": post["state"], "pinned": on, "prominence": int(on), "entries": entries}
        if await _PIN.run(backend.database, values):
            return Saved(post_id)
    raise busy()


async def create_topic(backend: Backend, viewer: Viewer, *, name: str, slug: str | None, key: str) -> Saved:
    """Something that several posts may be about. Safe to repeat with the same key."""
    scope, digest = f"topic:{ensure_policy_team(viewer)}", idempotency.digest_of(name, slug)
    if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
        return Saved(known, replayed=True)
    topic_id, most = new_id(), backend.settings.topics
    shown = ensure_line(name, "name", least=1, most=_TOPIC_NAME)
    values = {
        "id": topic_id,
        "name": shown,
        "slug": slug_of(slug or shown),
        "most": most,
        "keys": [idempotency.record(scope, key, digest, topic_id)],
        "entries": entry(viewer, "topic.created", ("Topic", topic_id), after={"name": shown}),
    }
    try:
        taken = await _FOUND_TOPIC.run(backend.database, values)
    except UniqueViolation:
        if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
            return Saved(known, replayed=True)
        raise DuplicateRefusal("There is a topic of this name: use it, or choose another name.", "slug") from None
    if not taken:
        raise FieldRefusal(
            ErrorCode.TOO_LONG,
            f"There are {most} topics, and no more may be made: use one that is there.",
            "name",
            most=most,
        )
    return Saved(topic_id)
