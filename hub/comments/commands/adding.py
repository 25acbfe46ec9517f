from dataclasses import dataclass
from functools import partial
from typing import Any

from hub.comments import notices
from hub.comments.commands.written import TRIES, StateMoved, Written, not_found, too_busy
from hub.comments.loaders import comment_by_id
from hub.comments.rules import ensure_may_comment, ensure_may_reply
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live import log
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.store import idempotency
from hub.store.audience import Standing, Viewer
from hub.store.chain import Chain, Step
from hub.store.database import UniqueViolation
from hub.store.ids import new_id
from hub.store.reader import Reader
from hub.store.sql import Kind
from hub.store.tables import Row
from hub.subjects.loaders import subject_by_id
from hub.text.markdown import Text, render_aside
from hub.text.plain import ensure_text
from hub.users.rules import ensure_signed_in

_ITEMS: dict[str, Kind] = {
    "place": "int",
    "id": "id",
    "parent_id": "id",
    "root_id": "id",
    "path_above": "text",
    "depth": "int",
    "author_id": "id",
    "source": "text",
    "html": "text",
    "excerpt": "text",
    "by_staff": "bool",
    "key": "text",
}

# Numbers in a path have ten digits, so that paths sort like the tree.
_ADD = Chain(
    (
        Step(
            "taken",
            """update subjects set last_number = last_number + :count, comment_count = comment_count + :count,
                   last_activity_at = {now}
               where id = {as_id stream} and state = {as_int state}
                 and (frozen_at is null or frozen_at > {now}) and (closes_at is null or closes_at > {now})
               returning id, kind, last_number - :count as number_before""",
        ),
        Step(
            "added",
            """insert into comments (id, subject_id, subject_kind, number, parent_id, root_id, path, depth, author_id,
                   body_source, body_html, body_excerpt, by_staff, created_at, idempotency_key)
               select items.id, taken.id, taken.kind, taken.number_before + items.place, items.parent_id,
                   items.root_id,
                   items.path_above || substr(cast(10000000000 + taken.number_before + items.place as text), 2),
                   items.depth, items.author_id, items.source, items.html, items.excerpt, items.by_staff, {now},
                   items.key
               from taken cross join items where true
               returning id""",
        ),
        Step(
            "answered",
            """update comments set reply_count = reply_count + counted.replies
               from (select items.parent_id, count(*) as replies from taken cross join items
                     where items.parent_id is not null group by items.parent_id) counted
               where comments.id = counted.parent_id
               returning comments.id""",
        ),
        *log.TELL,
        idempotency.REMEMBER,
        queue.ENQUEUE,
    ),
    answer="added",
    records={"items": _ITEMS, "facts": log.FACTS, "keys": idempotency.KEY_RECORDS, "work": WORK},
)


@dataclass(frozen=True)
class _Draft:
    """A judged comment on its way into the next batch."""

    id: int
    parent: Row | None
    viewer: Viewer
    text: Text
    key: str
    digest: str

    def item(self, place: int) -> dict[str, Any]:
        above = self.parent
        return {
            "place": place,
            "id": self.id,
            "parent_id": above["id"] if above else None,
            "root_id": (above["root_id"] or above["id"]) if above else None,
            "path_above": f"{above['path']}." if above else "",
            "depth": above["depth"] + 1 if above else 0,
            "author_id": self.viewer.user_id,
            "source": self.text.source,
            "html": self.text.html,
            "excerpt": self.text.excerpt,
            "by_staff": self.viewer.standing not in {Standing.ANONYMOUS, Standing.MEMBER},
            "key": self.key,
        }


async def add_comment(
    backend: Backend,
    viewer: Viewer,
    *,
    subject_id: int,
    parent_id: int | None,
    body: str,
    key: str,
    kind: str | None = None,
) -> Written:
    """Write a comment on a visible, open subject and tell its stream; safe to repeat with the same key.

    A subject of another `kind` than the one given is not there.
    """
    ensure_signed_in(viewer)
    digest = idempotency.digest_of(subject_id, parent_id, body)
    if (known := await idempotency.first_answer(backend.database, _scope(viewer), key, digest)) is not None:
        return Written(known, replayed=True)
    text = await render_aside(ensure_text(body, "body", least=1, most=backend.settings.comment_length))
    lanes = backend.lanes(
        "comments",
        partial(_write, backend),
        batch=backend.settings.comment_batch,
        queue=backend.settings.comment_queue,
    )
    for _ in range(TRIES):
        subject, parent = await _judged(backend, viewer, subject_id, kind, parent_id)
        draft = _Draft(new_id(), parent, viewer, text, key, digest)
        try:
            return await lanes.put((subject_id, subject["state"]), draft)
        except StateMoved:
            continue
        except UniqueViolation:
            if (known := await idempotency.first_answer(backend.database, _scope(viewer), key, digest)) is not None:
                return Written(known, replayed=True)
    raise too_busy()


async def _judged(
    backend: Backend, viewer: Viewer, subject_id: int, kind: str | None, parent_id: int | None
) -> tuple[Row, Row | None]:
    reader = Reader(backend.database, viewer)
    subject = await reader.one(subject_by_id, subject_id)
    if subject is None or kind not in {None, subject["kind"]}:
        raise not_found("thread, post or event", "subjectId")
    ensure_may_comment(viewer, subject)
    if parent_id is None:
        return subject, None
    parent = await reader.one(comment_by_id, parent_id)
    if parent is None or parent["subject_id"] != subject_id:
        raise Refusal(
            ErrorCode.NOT_FOUND,
            "There is no such comment here to reply to: check the id, and that it is of this place.",
            "parentId",
        )
    ensure_may_reply(viewer, subject, parent, backend.settings.comment_depth)
    return subject, parent


async def _write(backend: Backend, lane: tuple[int, int], drafts: list[_Draft]) -> list[Written]:
    subject_id, state = lane
    added = await _ADD.run(
        backend.database,
        {
            "stream": subject_id,
            "state": state,
            "count": len(drafts),
            "items": [draft.item(place) for place, draft in enumerate(drafts, 1)],
            "facts": log.facts(notices.COMMENT_ADDED, *(draft.id for draft in drafts)),
            "keys": [idempotency.record(_scope(d.viewer), d.key, d.digest, d.id) for d in drafts],
            "work": _work(subject_id, [draft.id for draft in drafts]),
        },
    )
    if not added:
        raise StateMoved
    backend.relay.tell(subject_id)
    backend.relay.tell(queue.BELL)
    return [Written(draft.id) for draft in drafts]


def _work(subject_id: int, ids: list[int]) -> list[dict[str, Any]]:
    """One job for all, as a rule, however many follow the subject."""
    most = notices.TOLD_TOGETHER
    parts = (ids[start : start + most] for start in range(0, len(ids), most))
    return [notices.COMMENTS_WRITTEN.job(notices.Written(subject_id, part)) for part in parts]


def _scope(viewer: Viewer) -> str:
    return f"comment:{viewer.user_id}"
