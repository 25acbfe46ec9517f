"""Freezing threads and categories, now or at a date set in advance, and taking that back while it lies ahead.

The date stands on the row and holds by the database's clock; a job at the date only tells.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from hub.archive.planting import Freeze
from hub.audit.recording import ENTRIES, RECORD, entry
from hub.jobs import queue
from hub.jobs.handlers import Again, Job
from hub.jobs.kinds import WORK, Kind
from hub.live import log
from hub.live.backend import Backend
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Transaction
from hub.store.ids import new_id
from hub.store.instants import whole
from hub.subjects.notices import STATE_CHANGED
from hub.users.happenings import HAPPENED, Happened

_BATCH = 500
_SET = """frozen_at = {as_instant at}, freeze_reason = {as_text reason}, banner = {as_text banner},
    successor_kind = {as_text successor_kind}, successor_id = {as_id successor_id}"""
_AHEAD = "(({as_bool freezing} and frozen_at is null) or frozen_at > {now})"
_RECORDS = {"facts": log.FACTS, "entries": ENTRIES, "work": WORK}


def _freezing(update: str, *more: Step) -> Chain:
    return Chain((Step("taken", update), *more, queue.ENQUEUE), answer="taken", records=_RECORDS)


_THREAD = _freezing(
    f"""update subjects set state = state + 1, {_SET} where id = {{as_id stream}} and kind = 'THREAD' and {_AHEAD}
        returning id""",
    *log.TELL,
    RECORD,
)
_CATEGORY = _freezing(f"update categories set {_SET} where id = {{as_id stream}} and {_AHEAD} returning id", RECORD)
_REACHED = {
    "THREAD": "select id from subjects where id = {as_id stream} and frozen_at = {as_instant at} {for_update}",
    "CATEGORY": "select id from categories where id = {as_id stream} and frozen_at = {as_instant at} {for_update}",
}
_TOLD = {
    kind: Chain(
        (Step("taken", reached), *(log.TELL if kind == "THREAD" else ()), queue.ENQUEUE),
        answer="taken",
        records={"facts": log.FACTS, "work": WORK},
    )
    for kind, reached in _REACHED.items()
}


@dataclass(frozen=True)
class FreezeDue:
    """A date that was set for a thread or a category; what is so then, its row says."""

    kind: str
    id: int
    at: datetime


FREEZES_DUE = Kind("archive.freezes_due", FreezeDue)


async def freeze_thread(backend: Backend, actor: Viewer, thread_id: int, freeze: Freeze | None) -> bool:
    """Freeze it at that time, or no more (None). False, and nothing changed, once it is frozen or where none is."""
    after = {"frozen_at": str(freeze.at) if freeze else None}
    action = "thread.frozen" if freeze else "thread.not_frozen"
    facts = entry(actor, action, ("Thread", thread_id), after=after, reason=freeze.reason if freeze else None)
    values = {"facts": log.facts(STATE_CHANGED, thread_id), "entries": facts, **_values("THREAD", thread_id, freeze)}
    taken = await _THREAD.run(backend.database, values)
    if taken:
        backend.relay.tell(thread_id, queue.BELL)
    return bool(taken)


async def freeze_category(backend: Backend, actor: Viewer, category_id: int, freeze: Freeze | None) -> int:
    """The same for a category, which then takes no thread, and all its threads; how many of these. One that was
    stopped half way is begun again."""
    action = "category.frozen" if freeze else "category.not_frozen"
    facts = entry(actor, action, ("Category", category_id), reason=freeze.reason if freeze else None)
    await _CATEGORY.run(backend.database, {"entries": facts, "facts": [], **_values("CATEGORY", category_id, freeze)})
    after = done = 0
    while True:
        threads = await backend.database.fetch(
            """select id from subjects where category_id = :category and id > {as_id after} and kind = 'THREAD'
               order by id limit :size""",
            {"category": category_id, "after": after, "size": _BATCH},
        )
        for thread in threads:
            done += await freeze_thread(backend, actor, thread["id"], freeze)
        if len(threads) < _BATCH:
            return done
        after = threads[-1]["id"]


def _values(kind: str, place_id: int, freeze: Freeze | None) -> dict[str, Any]:
    given: dict[str, Any] = asdict(freeze) if freeze else dict.fromkeys(("at", "reason", "banner", "successor"))
    successor_kind, successor_id = given.pop("successor") or (None, None)
    work = [_timer(kind, place_id, whole(freeze.at))] if freeze else []
    given["at"] = whole(freeze.at) if freeze else None
    return {
        **given,
        "freezing": freeze is not None,
        "stream": place_id,
        "successor_kind": successor_kind,
        "successor_id": successor_id,
        "work": work,
    }


def _timer(kind: str, place_id: int, at: datetime) -> dict[str, Any]:
    """A job at that time; each time that is ever set has its own, since a waiting one is never moved."""
    return FREEZES_DUE.job(FreezeDue(kind, place_id, at), key=f"{kind}:{place_id}:{at.isoformat()}", run_at=at)


class TellingOfFreezes:
    """The handler: once the date has come, unless another was set meanwhile or none. `wake` is called after the
    commit."""

    def __init__(self, wake: Callable[..., None]) -> None:
        self._wake = wake

    async def __call__(self, due: FreezeDue, job: Job) -> Again | None:
        happened = Happened("THREAD_ARCHIVED", due.kind, due.id, None, new_id())

        async def work(transaction: Transaction) -> None:
            values = {"facts": log.facts(STATE_CHANGED, due.id), "work": [HAPPENED.job(happened)]}
            await _TOLD[due.kind].run_in(transaction, {**values, "stream": due.id, "at": due.at})

        await job.transact(work)
        self._wake(due.id, queue.BELL)
        return None
