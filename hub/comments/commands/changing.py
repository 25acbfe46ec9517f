from typing import Any

from hub.audit.recording import ENTRIES, RECORD, entry
from hub.audit.rules import ensure_reason
from hub.comments.commands.written import TRIES, Written, not_found, too_busy
from hub.comments.loaders import comment_by_id
from hub.comments.notices import COMMENT_CHANGED, COMMENT_GONE
from hub.comments.rules import GONE, ensure_may_edit, ensure_may_remove, ensure_version, may_keep_order
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live import log
from hub.live.backend import Backend
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.tables import Row
from hub.subjects.loaders import subject_by_id
from hub.text.markdown import render_aside
from hub.text.plain import ensure_text
from hub.users.happenings import HAPPENED, Happened
from hub.users.rules import ensure_signed_in

# All who append to a subject's stream take the subject's row first, so that no two of them wait for each other.
_HELD = Step(
    "held",
    """select id from subjects
       where id = {as_id stream} and state = {as_int state}
         and ({as_bool keeper} or ((frozen_at is null or frozen_at > {now})
                                  and (closes_at is null or closes_at > {now})))
       {for_update}""",
)
_EDIT = Chain(
    (
        _HELD,
        Step(
            "taken",
            """update comments set body_source = :source, body_html = :html, body_excerpt = :excerpt,
                   version = version + 1, edited_at = {now}
               where id = {as_id id} and version = {as_int version} and exists (select 1 from held)
               returning id""",
        ),
        *log.TELL,
    ),
    answer="taken",
    records={"facts": log.FACTS},
)
_REMOVE = Chain(
    (
        _HELD,
        Step(
            "taken",
            """update comments set status = :status, version = version + 1
               where id = {as_id id} and version = {as_int version} and exists (select 1 from held)
               returning id, subject_id""",
        ),
        Step(
            "counted",
            """update subjects set comment_count = comment_count - :removed
               where id in (select subject_id from taken) returning id""",
        ),
        *log.TELL,
        RECORD,
        queue.ENQUEUE,
    ),
    answer="taken",
    records={"facts": log.FACTS, "entries": ENTRIES, "work": WORK},
)


async def edit_comment(
    backend: Backend, viewer: Viewer, *, comment_id: int, body: str, expected_version: int
) -> Written:
    """Change one's own comment within the edit window; a version that moved on is a conflict."""
    ensure_signed_in(viewer)
    text = await render_aside(ensure_text(body, "body", least=1, most=backend.settings.comment_length))
    for _ in range(TRIES):
        comment, subject = await _found(backend, viewer, comment_id)
        ensure_may_edit(viewer, subject, comment, backend.settings.edit_window)
        ensure_version(comment, expected_version)
        changed = {"source": text.source, "html": text.html, "excerpt": text.excerpt}
        if await _run(backend, _EDIT, comment, subject, COMMENT_CHANGED, keeper=False, **changed):
            return Written(comment_id)
    raise too_busy()


async def delete_comment(backend: Backend, viewer: Viewer, *, comment_id: int, reason: str | None = None) -> Written:
    """Take back one's own comment, or remove one as staff or for its club; a mark stays in the tree. Safe to repeat."""
    ensure_signed_in(viewer)
    why = ensure_reason(reason)
    for _ in range(TRIES):
        comment, subject = await _found(backend, viewer, comment_id)
        ensure_may_remove(viewer, subject, comment)
        if comment["status"] in GONE:
            return Written(comment_id, replayed=True)
        own = comment["author_id"] == viewer.user_id
        status = "DELETED_BY_AUTHOR" if own else "REMOVED"
        counted = 1 if comment["status"] == "PUBLISHED" else 0
        removal = {
            "removed": counted,
            "keeper": may_keep_order(viewer, subject),
            "status": status,
            "entries": [] if own else _act(viewer, comment, subject, status, why),
            "work": [] if own else _decided(comment),
        }
        if await _run(backend, _REMOVE, comment, subject, COMMENT_GONE, **removal):
            backend.relay.tell(queue.BELL)
            return Written(comment_id)
    raise too_busy()


def _decided(comment: Row) -> list[dict[str, Any]]:
    """Its author is told by the house, whoever of the staff it was."""
    person, comment_id = comment["author_id"], comment["id"]
    if person is None:
        return []
    return [HAPPENED.job(Happened("MODERATION_DECISION", "COMMENT", comment_id, None, comment_id, person))]


def _act(viewer: Viewer, comment: Row, subject: Row, status: str, reason: str | None) -> list[dict[str, Any]]:
    return entry(
        viewer,
        "comment.removed",
        ("Comment", comment["id"]),
        club_id=subject["club_id"],
        before={"status": comment["status"]},
        after={"status": status},
        reason=reason,
    )


async def _found(backend: Backend, viewer: Viewer, comment_id: int) -> tuple[Row, Row]:
    comment = await comment_by_id.row(backend.database, viewer, comment_id)
    subject = await subject_by_id.row(backend.database, viewer, comment["subject_id"]) if comment else None
    if comment is None or subject is None:
        raise not_found("comment", "id")
    return comment, subject


async def _run(backend: Backend, chain: Chain, comment: Row, subject: Row, fact: str, **values: Any) -> bool:
    """False when the subject or the comment moved on since they were judged."""
    taken = await chain.run(
        backend.database,
        {
            "stream": subject["id"],
            "state": subject["state"],
            "id": comment["id"],
            "version": comment["version"],
            "facts": log.facts(fact, comment["id"]),
            **values,
        },
    )
    if taken:
        backend.relay.tell(subject["id"])
    return bool(taken)
