from typing import Any, Literal

from hub.comments.commands.written import TRIES, not_found, too_busy
from hub.comments.loaders import comment_by_id
from hub.comments.rules import ensure_may_react
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.ids import new_id
from hub.store.tables import Row
from hub.subjects.loaders import subject_by_id
from hub.users.happenings import HAPPENED, Happened
from hub.users.rules import ensure_signed_in

_OPEN = """exists (select 1 from subjects where id = {as_id subject} and state = {as_int state}
    and (frozen_at is null or frozen_at > {now}) and (closes_at is null or closes_at > {now}))"""
_ON = Chain(
    (
        Step(
            "taken",
            """insert into reactions (id, target_id, user_id, kind, at)
               select {as_id id}, {as_id target}, {as_id user}, {as_text kind}, {now}
               where """
            + _OPEN
            + """
               on conflict (target_id, user_id, kind) do nothing
               returning target_id, kind""",
        ),
        queue.ENQUEUE,
        Step(
            "tallied",
            """insert into reaction_tallies (id, target_id, kind, count)
               select {as_id tally}, target_id, kind, 1 from taken where true
               on conflict (target_id, kind) do update set count = reaction_tallies.count + 1
               returning id""",
        ),
    ),
    answer="taken",
    records={"work": WORK},
)
_OFF = Chain(
    (
        Step(
            "taken",
            """delete from reactions
               where target_id = {as_id target} and user_id = {as_id user} and kind = {as_text kind}
                 and """
            + _OPEN
            + """
               returning target_id, kind""",
        ),
        Step(
            "tallied",
            """update reaction_tallies set count = count - 1
               where exists (select 1 from taken
                   where taken.target_id = reaction_tallies.target_id and taken.kind = reaction_tallies.kind)
               returning id""",
        ),
    ),
    answer="taken",
)


async def react(
    backend: Backend, viewer: Viewer, *, noun: Literal["Comment", "Thread", "Post"], target_id: int, kind: str, on: bool
) -> bool:
    """Give or take back a reaction; True when that changed nothing. Once per person and kind by nature."""
    user_id = ensure_signed_in(viewer)
    if kind not in backend.settings.reaction_kinds:
        known = ", ".join(backend.settings.reaction_kinds)
        raise Refusal(ErrorCode.INVALID, f"A reaction is one of: {known}. Give one of these.", "kind")
    reaction = {"target": target_id, "user": user_id, "kind": kind}
    for _ in range(TRIES):
        subject, comment = await _target_of(backend, viewer, noun, target_id)
        ensure_may_react(viewer, subject, comment)
        judged = {"subject": subject["id"], "state": subject["state"]}
        if await (_give if on else _take_back)(backend, noun, reaction, judged):
            backend.relay.tell(subject["id"])  # no notice, but who shows its tallies looks again
            return False
        if await _is_given(backend, reaction) == on:
            return True
    raise too_busy()


async def _give(backend: Backend, noun: str, reaction: dict[str, Any], judged: dict[str, Any]) -> bool:
    reaction_id = new_id()
    happened = Happened("REACTION", noun.upper(), reaction["target"], reaction["user"], reaction_id)
    values = {"id": reaction_id, "tally": new_id(), "work": [HAPPENED.job(happened)], **reaction, **judged}
    given = bool(await _ON.run(backend.database, values))
    if given:
        backend.relay.tell(queue.BELL)
    return given


async def _take_back(backend: Backend, _noun: str, reaction: dict[str, Any], judged: dict[str, Any]) -> bool:
    return bool(await _OFF.run(backend.database, {**reaction, **judged}))


async def _is_given(backend: Backend, reaction: dict[str, Any]) -> bool:
    sql = "select id from reactions where target_id = :target and user_id = :user and kind = :kind"
    return bool(await backend.database.fetch(sql, reaction))


async def _target_of(backend: Backend, viewer: Viewer, noun: str, target_id: int) -> tuple[Row, Row | None]:
    """The subject, and the comment on it if it is one."""
    subject_id, kind, comment = target_id, noun.upper(), None
    if noun == "Comment":
        comment = await comment_by_id.row(backend.database, viewer, target_id)
        if comment is None:
            raise not_found("comment", "targetId")
        subject_id, kind = comment["subject_id"], comment["subject_kind"]
    subject = await subject_by_id.row(backend.database, viewer, subject_id)
    if subject is None or subject["kind"] != kind:
        raise not_found("thread or post", "targetId")
    return subject, comment
