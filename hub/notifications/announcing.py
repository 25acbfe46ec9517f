"""Telling everybody whom a fact concerns, in batches by the order of their ids: once each, whatever process dies."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from hub.jobs.handlers import MORE, Again, Job
from hub.notifications.audiences import next_people
from hub.notifications.causes import Cause
from hub.notifications.concerned import Concerned, subjects_of
from hub.notifications.concerning import concerned_by
from hub.notifications.inbox import put
from hub.notifications.outside.preferences import Channels
from hub.store.database import Database, Transaction
from hub.users.blocking import who_blocked
from hub.users.happenings import Happened

_SUBJECTS = {"THREAD", "POST", "EVENT"}


class Announcing:
    """The handler; `batch` people are told in one transaction, which also says how far it came. `wake` is called
    with what tells it to others, after the commit."""

    def __init__(self, batch: int, channels: Channels, wake: Callable[..., None]) -> None:
        self._batch = batch
        self._channels = channels
        self._wake = wake

    async def __call__(self, happened: Happened, job: Job) -> Again | None:
        """The next batch of those who may hear of it."""
        branches = await concerned_by(job.database, happened)
        after = job.progress["after"] if job.progress else 0
        people = await next_people(job.database, branches, after, self._batch) if branches else {}
        if not people:
            return None
        cause = Cause(happened.kind, happened.target_kind, happened.target_id, happened.actor_id, happened.ref_id)
        hearing = await _hearing(job.database, cause, people)
        told = [(one, cause.gather() if gathered else cause) for one, gathered in people.items() if one in hearing]

        async def work(transaction: Transaction) -> Mapping[str, Any] | None:
            woken.extend(await put(transaction, self._channels, told))
            return {"after": max(people)} if more else None

        woken: list[int] = []
        more = len(people) == self._batch
        await job.transact(work)
        self._wake(*woken)
        return MORE if more else None


async def _hearing(database: Database, cause: Cause, people: Collection[int]) -> set[int]:
    """Those who may be told: what lies on a subject as it is seen, and heard, there; the rest unless blocked."""
    actors = [cause.actor_id] if cause.actor_id is not None else []
    subject_id = await _subject_id(database, cause)
    if subject_id is not None:
        subjects = await subjects_of(database, [subject_id])
        if not subjects:
            return set()
        subject = subjects[subject_id]
        concerned = await Concerned.of(database, [(subject, people, actors)])
        return {one for one in people if concerned.may_hear(one, subject, cause.actor_id)}
    blocked = await who_blocked(database, actors, list(people)) if actors else set[tuple[int, int]]()
    return {one for one in people if one != cause.actor_id and (one, cause.actor_id) not in blocked}


async def _subject_id(database: Database, cause: Cause) -> int | None:
    if cause.target_kind in _SUBJECTS:
        return cause.target_id
    if cause.target_kind != "COMMENT":
        return None
    rows = await database.fetch("select subject_id from comments where id = :id", {"id": cause.target_id})
    return rows[0]["subject_id"] if rows else None
