from dataclasses import dataclass

from hub.forum.loaders import category_by_id
from hub.forum.rules import ensure_audience, ensure_club_of, ensure_tags
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal, ThrottleRefusal
from hub.store import idempotency
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import UniqueViolation
from hub.store.ids import new_id
from hub.store.sql import to_json
from hub.subjects.commands import begin, beginning
from hub.subjects.rules import ensure_not_frozen, ensure_within
from hub.text.markdown import render_aside
from hub.text.plain import ensure_line, ensure_text, slug_of
from hub.users.happenings import INVOLVED, Involved
from hub.users.rules import ensure_may_talk

_TRIES = 5


@dataclass(frozen=True)
class Created:
    """The id of the thread; `replayed` when an earlier call with the same key had made it."""

    id: int
    replayed: bool = False


CREATE_THREAD = Chain(
    (
        Step(
            "counted",
            """update categories set thread_count = thread_count + case when :visibility = 'PUBLIC' then 1 else 0 end
               where id = {as_id category} and (frozen_at is null or frozen_at > {now}) returning id""",
        ),
        *begin("exists (select 1 from counted)"),
        Step(
            "thread",
            """insert into threads (id, slug, title, body_source, body_html, body_excerpt, tags, view_count)
               select id, :slug, :title, :source, :html, :excerpt, {as_json tags}, :views from taken returning id""",
        ),
        idempotency.REMEMBER,
        queue.ENQUEUE,
    ),
    answer="taken",
    records={"keys": idempotency.KEY_RECORDS, "work": WORK},
)


async def create_thread(
    backend: Backend,
    viewer: Viewer,
    *,
    category_id: int,
    club_id: int | None,
    title: str,
    body: str,
    tags: list[str],
    visibility: str,
    key: str,
) -> Created:
    """Begin a thread in an open category, as a member of its club if it is a club's; safe to repeat with the same
    key. Only what everybody may see is counted, so that no count tells of what is hidden."""
    digest = idempotency.digest_of(category_id, club_id, title, body, tags, visibility)
    scope = f"thread:{viewer.user_id}"
    if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
        return Created(known, replayed=True)
    user_id = ensure_may_talk(viewer)
    heading = ensure_line(title, "title", least=1, most=backend.settings.title_length)
    text = await render_aside(ensure_text(body, "body", least=1, most=backend.settings.body_length))
    labels = ensure_tags(tags)
    ensure_audience(visibility, club_id)
    for _ in range(_TRIES):
        await _ensure_place(backend, viewer, category_id, club_id)
        thread_id = new_id()
        try:
            made = await CREATE_THREAD.run(
                backend.database,
                {
                    **beginning(
                        id=thread_id,
                        kind="THREAD",
                        author_id=user_id,
                        club_id=club_id,
                        category_id=category_id,
                        visibility=visibility,
                    ),
                    "slug": f"{slug_of(heading)}-{thread_id % 1_000_000:06d}",
                    "title": heading,
                    "source": text.source,
                    "html": text.html,
                    "excerpt": text.excerpt,
                    "tags": to_json(labels),
                    "views": 0,
                    "keys": [idempotency.record(scope, key, digest, thread_id)],
                    "work": [INVOLVED.job(Involved("AUTHORED", "THREAD", thread_id))],
                },
            )
        except UniqueViolation:
            if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
                return Created(known, replayed=True)
            continue
        if made:
            backend.relay.tell(queue.BELL)
            return Created(thread_id)
    raise ThrottleRefusal(
        ErrorCode.OVERLOADED, "Too much is changing here right now: try again in a moment.", retry_after_ms=1_000
    )


async def _ensure_place(backend: Backend, viewer: Viewer, category_id: int, club_id: int | None) -> None:
    category = await category_by_id.row(backend.database, viewer, category_id)
    if category is None:
        raise Refusal(
            ErrorCode.NOT_FOUND, "There is no such category, or you may not see it: check the id.", "categoryId"
        )
    ensure_not_frozen(category, "categoryId")
    ensure_within(viewer, club_id, "clubId")
    ensure_club_of(viewer, club_id)
