"""Seats that were given back: who waits gets them, in order, in one transaction that holds the event's row."""

from collections.abc import Callable, Mapping
from typing import Any

from hub.events.notices import SeatsFreed
from hub.events.tables import OVER
from hub.jobs import queue
from hub.jobs.handlers import MORE, Again, Job
from hub.store.database import Record, Transaction
from hub.store.ids import new_id
from hub.store.tables import fill
from hub.users import personal
from hub.users.happenings import HAPPENED, Happened
from hub.users.notices import RSVP_MOVED

_TOGETHER = 100

_EVENT = f"""
    select capacity, going_count + guest_count as taken from events
    where id = {{as_id event}} and waitlisted_count > 0 and not {fill(OVER, "events")}
      and exists (select 1 from subjects where id = {{as_id event}} and (frozen_at is null or frozen_at > {{now}}))
    {{for_update}}"""
_WAITING = """
    select id, user_id, guests from rsvps where event_id = {as_id event} and status = 'WAITLISTED'
      and ({as_int capacity} is null or guests < {as_int capacity})
    order by waiting_since, id limit :size"""
_SEATED = """
    update rsvps set status = 'GOING', waiting_since = null, updated_at = {now} where id {in ids} returning id"""
_COUNTED = """
    update events set going_count = going_count + {as_int people}, guest_count = guest_count + {as_int guests},
        waitlisted_count = waitlisted_count - {as_int people}
    where id = {as_id event} returning id"""


class Promoting:
    """The handler; `wake` is called with the streams of those who got a seat, after the commit."""

    def __init__(self, wake: Callable[..., None]) -> None:
        self._wake = wake

    async def __call__(self, freed: SeatsFreed, job: Job) -> Again | None:
        seated: list[Record] = []

        async def work(transaction: Transaction) -> Mapping[str, Any] | None:
            seated[:] = await _seat(transaction, freed.event_id)
            return {"seated": len(seated)} if len(seated) == _TOGETHER else None

        await job.transact(work)
        self._wake(queue.BELL, *(personal.stream_of(one["user_id"]) for one in seated))
        return MORE if len(seated) == _TOGETHER else None


async def _seat(transaction: Transaction, event_id: int) -> list[Record]:
    """Those who have a seat from now on. The first for whom too few are left keeps all behind waiting, unless
    the event has not that many at all."""
    events = await transaction.fetch(_EVENT, {"event": event_id})
    if not events:
        return []
    capacity = events[0]["capacity"]
    waiting = await transaction.fetch(_WAITING, {"event": event_id, "capacity": capacity, "size": _TOGETHER})
    seated = waiting if capacity is None else _fitting(waiting, capacity - events[0]["taken"])
    if seated:
        await transaction.fetch(_SEATED, {"ids": [one["id"] for one in seated]})
        counts = {"people": len(seated), "guests": sum(one["guests"] for one in seated)}
        await transaction.fetch(_COUNTED, {"event": event_id, **counts})
        await personal.tell(transaction, ((one["user_id"], RSVP_MOVED, one["id"]) for one in seated))
        await queue.enqueue(transaction, *(_told(event_id, one["user_id"]) for one in seated))
    return seated


def _told(event_id: int, user_id: int) -> dict[str, Any]:
    return HAPPENED.job(Happened("WAITLIST_PROMOTED", "EVENT", event_id, None, new_id(), user_id))


def _fitting(waiting: list[Record], left: int) -> list[Record]:
    seated: list[Record] = []
    for one in waiting:
        left -= one["guests"] + 1
        if left < 0:
            break
        seated.append(one)
    return seated
