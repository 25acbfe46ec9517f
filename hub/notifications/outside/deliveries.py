"""Writing down what is to be told outside, in the transaction of the inbox, with the job that will tell it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.jobs import queue
from hub.jobs.kinds import Kind as JobKind
from hub.notifications.causes import Cause
from hub.notifications.outside.preferences import Preferences
from hub.store.database import Transaction
from hub.store.ids import new_id
from hub.store.instants import now
from hub.store.sql import Kind, records, to_json

SHARDS = 4
"""People are told in so many lines beside each other, each by the remainder of the id."""
_DELIVERIES: dict[str, Kind] = {
    "id": "id",
    "user_id": "id",
    "channel": "text",
    "kind": "text",
    "ref_id": "id",
    "target_kind": "text",
    "target_id": "id",
    "actor_id": "id",
    "due_at": "instant",
}


@dataclass(frozen=True)
class Due:
    channel: str
    shard: int


DELIVERIES_DUE = JobKind("deliveries.due", Due)
"""One for each channel, shard and time, which is a whole minute unless it is now: many writers queue one job."""


async def write(transaction: Transaction, preferences: Preferences, told: Iterable[tuple[int, Cause]]) -> None:
    """A fact that is written down for a person and channel already is left as it is."""
    at = now()
    waiting = [one for person, cause in told for one in _of(preferences, person, cause, at)]
    if not waiting:
        return
    given = records("given", _DELIVERIES, transaction.dialect)
    names = ", ".join(_DELIVERIES)
    await transaction.fetch(
        f"""insert into deliveries ({names}, at, state) select {names}, {{now}}, 'WAITING' from {given} where true
            on conflict (user_id, channel, kind, ref_id) do nothing""",
        {"given": to_json(waiting)},
    )
    await await_due(transaction, waiting, at)


async def await_due(transaction: Transaction, waiting: Iterable[dict[str, Any]], at: datetime) -> None:
    """Queue the jobs that tell these, with `user_id`, `channel` and `due_at`."""
    wanted: dict[str, dict[str, Any]] = {}
    for one in waiting:
        channel, shard, due_at = one["channel"], one["user_id"] % SHARDS, one["due_at"]
        run_at = due_at if due_at > at else None
        key = f"{channel}:{shard}:{run_at.isoformat() if run_at else 'now'}"
        if key not in wanted:
            wanted[key] = DELIVERIES_DUE.job(Due(channel, shard), key=key, run_at=run_at)
    await queue.enqueue(transaction, *wanted.values())


def _of(preferences: Preferences, person: int, cause: Cause, at: datetime) -> Iterator[dict[str, Any]]:
    for channel, frequency in preferences.outside(person, cause.kind, gathered=cause.gathered).items():
        yield {
            "id": new_id(),
            "user_id": person,
            "channel": channel,
            "kind": cause.kind,
            "ref_id": cause.ref_id,
            "target_kind": cause.target_kind,
            "target_id": cause.target_id,
            "actor_id": cause.actor_id,
            "due_at": preferences.rhythm(person).due(frequency, at),
        }
