from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

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
from hub.store.sql import Kind
from hub.store.tables import Row
from hub.subjects.loaders import subject_by_id
from hub.text.markdown import Text, render_aside
from hub.text.plain import ensure_text
from hub.users.rules import ensure_signed_in

_ITEMS: dict[str, Kind] = {
    "subject_id": "id",
    "behind": "int",
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

_Lane: TypeAlias = tuple[int, int]
"""A subject and the state in which it was judged."""

_PLACES: dict[str, Kind] = {"subject_id": "id", "state": "int", "size": "int"}


def _adding(held: str) -> Chain:
    """Comments on several subjects; it answers which of them took theirs. A subject in another state than it was judged
    in takes none, nor does one whose row the lock `held` skips."""
    return Chain(
        (
            Step(
                "taken",
                f"""update subjects set last_number = last_number + held.size,
                       comment_count = comment_count + held.size, last_activity_at = {{now}}
                   from (select s.id, places.size from subjects s join places on places.subject_id = s.id
                         where s.state = places.state and (s.frozen_at is null or s.frozen_at > {{now}})
                           and (s.closes_at is null or s.closes_at > {{now}}) order by s.id {held}) held
                   where subjects.id = held.id
                   returning subjects.id, kind, last_number""",
            ),
            # Numbers in a path have ten digits, so that paths sort like the tree.
            Step(
                "added",
                """insert into comments (id, subject_id, subject_kind, number, parent_id, root_id, path, depth,
                       author_id, body_source, body_html, body_excerpt, by_staff, created_at, idempotency_key)
                   select items.id, taken.id, taken.kind, taken.last_number - items.behind, items.parent_id,
                       items.root_id,
                       items.path_above || substr(cast(10000000000 + taken.last_number - items.behind as text), 2),
                       items.depth, items.author_id, items.source, items.html, items.excerpt, items.by_staff, {now},
                       items.key
                   from taken join items on items.subject_id = taken.id where true
                   returning id""",
            ),
            Step(
                "answered",
                """update comments set reply_count = reply_count + counted.replies
                   from (select items.parent_id, count(*) as replies
                         from taken join items on items.subject_id = taken.id
                         where items.parent_id is not null group by items.parent_id) counted
                   where comments.id = counted.parent_id
                   returning comments.id""",
            ),
            *log.TELL_ABREAST,
            idempotency.remember_after("added"),
            queue.enqueue_after("taken", where="taken.id = work.subject_id"),
        ),
        answer="taken",
        records={
            "places": _PLACES,
            "items": _ITEMS,
            "facts": log.FACTS_ABREAST,
            "keys": idempotency.KEY_RECORDS,
            "work": {**WORK, "subject_id": "id"},
        },
    )


_ADD = _adding("{for_update}")
_ADD_ABREAST = _adding("{skip_locked}")


@dataclass(frozen=True)
class _Draft:
    """A judged comment on its way into the next batch."""

    id: int
    parent: Row | None
    viewer: Viewer
    text: Text
    key: str
    digest: str

    def item(self, subject_id: int, behind: int) -> dict[str, Any]:
        """`behind` it so many are written along with it."""
        above = self.parent
        return {
            "subject_id": subject_id,
            "behind": behind,
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

    def record(self) -> dict[str, Any]:
        return idempotency.record(_scope(self.viewer), self.key, self.digest, self.id)


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
        abreast=partial(_write_abreast, backend, _ADD_ABREAST),
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
    subject = await subject_by_id.row(backend.database, viewer, subject_id)
    if subject is None or kind not in {None, subject["kind"]}:
        raise not_found("thread, post or event", "subjectId")
    ensure_may_comment(viewer, subject)
    if parent_id is None:
        return subject, None
    parent = await comment_by_id.row(backend.database, viewer, parent_id)
    if parent is None or parent["subject_id"] != subject_id:
        raise Refusal(
            ErrorCode.NOT_FOUND,
            "There is no such comment here to reply to: check the id, and that it is of this place.",
            "parentId",
        )
    ensure_may_reply(viewer, subject, parent, backend.settings.comment_depth)
    return subject, parent


async def _write(backend: Backend, lane: _Lane, drafts: list[_Draft]) -> list[Written]:
    written = await _write_abreast(backend, _ADD, {lane: drafts})
    if not written:
        raise StateMoved
    return written[lane]


async def _write_abreast(
    backend: Backend, chain: Chain, waiting: Mapping[_Lane, list[_Draft]]
) -> dict[_Lane, list[Written]]:
    """What was written, by lane. Of lanes of one subject, judged in different states, one is."""
    places = dict(waiting.keys())
    of = {subject_id: waiting[subject_id, state] for subject_id, state in places.items()}
    ids = {subject_id: [draft.id for draft in drafts] for subject_id, drafts in of.items()}
    taken = await chain.run(
        backend.database,
        {
            "places": [{"subject_id": one, "state": state, "size": len(of[one])} for one, state in places.items()],
            "items": [
                draft.item(subject_id, len(drafts) - place)
                for subject_id, drafts in of.items()
                for place, draft in enumerate(drafts, 1)
            ],
            "facts": log.facts_abreast(notices.COMMENT_ADDED, ids),
            "keys": [draft.record() for drafts in of.values() for draft in drafts],
            "work": [job for subject_id, those in ids.items() for job in _work(subject_id, those)],
        },
    )
    found = [row["id"] for row in taken]
    if found:
        backend.relay.tell(*found, queue.BELL)
    return {(one, places[one]): [Written(id_) for id_ in ids[one]] for one in found}


def _work(subject_id: int, ids: list[int]) -> list[dict[str, Any]]:
    """One job for all of a subject, as a rule, however many follow it."""
    most = notices.TOLD_TOGETHER
    parts = (ids[start : start + most] for start in range(0, len(ids), most))
    return [
        {**notices.COMMENTS_WRITTEN.job(notices.Written(subject_id, part)), "subject_id": subject_id} for part in parts
    ]


def _scope(viewer: Viewer) -> str:
    return f"comment:{viewer.user_id}"
