"""Tallies: participations are counted in batches, by claim, so that each counts once however many count.

A row is to be counted where `counted` does not say what its status does. Whoever counts an action holds its tally's
row; another process that finds it held goes on to the next action. Ids commit out of order, so none is skipped.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import structlog

from hub.actions.notices import ACTION_TALLIED, MILESTONE_REACHED
from hub.actions.standing import tell_states
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live import log
from hub.settings import Settings
from hub.store.chain import Chain, Step
from hub.store.database import Database, Transaction
from hub.store.ids import new_id
from hub.users.happenings import HAPPENED, Happened

_log: Any = structlog.get_logger()
_ACTIONS = 100
_WHOLE_SECONDS = 60.0

# A row that another counts or withdraws just now is looked at again after the wait, hence the condition twice.
_COUNT = Chain(
    (
        Step("taken", "select id from action_tallies where id = {as_id action} and not paused {skip_locked}"),
        Step(
            "claimed",
            """update participations set counted = (status = 'COUNTED')
               where action_id in (select id from taken) and counted <> (status = 'COUNTED')
                 and id in (select p.id from participations p where p.action_id = {as_id action}
                     and p.counted <> (p.status = 'COUNTED') limit {as_int most})
               returning id, coalesce(region, '') as region, coalesce(amount, 0) as amount,
                   case when counted then 1 else -1 end as change""",
        ),
        Step(
            "regions",
            """insert into action_region_tallies (action_id, region, value)
               select {as_id action}, claimed.region, sum(claimed.change) from claimed
               where claimed.region <> '' group by claimed.region
               on conflict (action_id, region) do update set value = action_region_tallies.value + excluded.value
               returning id""",
        ),
        Step(
            "total",
            """update action_tallies set as_of = {now}, pledged = pledged
                       + (select cast(coalesce(sum(claimed.change * claimed.amount), 0) as bigint) from claimed),
                   value = value + (select cast(coalesce(sum(claimed.change), 0) as integer) from claimed)
               where id in (select id from taken)
               returning id, value, (select count(*) from claimed) as seen""",
        ),
        Step(
            "reached",
            """update action_milestones set reached_at = {now}
               where action_id in (select id from total) and reached_at is null
                 and at <= (select value from total)
               returning id, at""",
        ),
        queue.enqueue_after("reached"),
        Step(
            "facts",
            f"""select row_number() over (order by number) as place, kind, ref_id from (
                   select 0 as number, '{ACTION_TALLIED}' as kind, value as ref_id from total where seen > 0
                   union all select at, '{MILESTONE_REACHED}', id from reached) told""",
        ),
        *log.TELL,
    ),
    answer="total",
    records={"work": WORK},
)
_WAITING = """select t.id, a.post_id from action_tallies t join actions a on a.id = t.id
    where not t.paused and exists (select 1 from participations p
        where p.action_id = t.id and p.counted <> (p.status = 'COUNTED')) limit {as_int most}"""


@dataclass(frozen=True)
class Recounted:
    """What a tally said, and what the rows say: of people, and of what they pledged."""

    action_id: int
    before: int
    after: int
    pledged_before: int = 0
    pledged_after: int = 0


async def tally(database: Database, most: int, wake: Callable[[int], None] | None = None) -> int:
    """Count what is not counted yet, of each action at most so many; gives how many were counted.

    Of milestones that one batch reaches people are told once. `wake` is called with the stream of each action that
    told something.
    """
    seen = 0
    for row in await database.fetch(_WAITING, {"most": _ACTIONS}):
        happened = Happened("ACTION_MILESTONE", "POST", row["post_id"], None, new_id())
        work = [HAPPENED.job(happened)]
        given = {"action": row["id"], "stream": row["id"], "most": most, "work": work}
        counted = sum(total["seen"] for total in await _COUNT.run(database, given))
        if counted and wake is not None:
            wake(row["id"])
        seen += counted
    return seen


async def recount(database: Database, action_id: int) -> Recounted:
    """Make a tally anew from the rows; what is written meanwhile is left to the next batch."""

    async def work(transaction: Transaction) -> Recounted:
        (held,) = await transaction.fetch(
            "select value, pledged from action_tallies where id = {as_id action} {for_update}", {"action": action_id}
        )
        # A statement of its own, since it must see what was counted before the row was free.
        await transaction.fetch(
            """update participations set counted = (status = 'COUNTED')
               where action_id = {as_id action} and counted <> (status = 'COUNTED')""",
            {"action": action_id},
        )
        await transaction.fetch(
            "delete from action_region_tallies where action_id = {as_id action}", {"action": action_id}
        )
        await transaction.fetch(
            """insert into action_region_tallies (action_id, region, value)
               select action_id, region, count(*) from participations
               where action_id = {as_id action} and counted and region is not null group by action_id, region""",
            {"action": action_id},
        )
        (total,) = await transaction.fetch(
            """update action_tallies set as_of = {now},
                   value = (select count(*) from participations p where p.action_id = {as_id action} and p.counted),
                   pledged = (select coalesce(sum(p.amount), 0) from participations p
                       where p.action_id = {as_id action} and p.counted)
               where id = {as_id action} returning value, pledged""",
            {"action": action_id},
        )
        await transaction.fetch(
            "select id from action_shifts where action_id = {as_id action} order by id {for_update}",
            {"action": action_id},
        )
        await transaction.fetch(
            """update action_shifts set booked = (select count(*) from participations p
                   where p.shift_id = action_shifts.id and p.status = 'COUNTED')
               where action_id = {as_id action}""",
            {"action": action_id},
        )
        return Recounted(action_id, held["value"], total["value"], held["pledged"], total["pledged"])

    return await database.transact(work)


async def recount_all(database: Database) -> list[Recounted]:
    rows = await database.fetch("select id from action_tallies order by id", {})
    return [await recount(database, row["id"]) for row in rows]


async def keep(database: Database, settings: Settings, wake: Callable[[int], None] | None = None) -> None:
    """Count every `HUB_TALLY_INTERVAL` and tell how actions stand, until cancelled. Several processes doing it do no
    harm. `wake` is called with each stream that told something; without it followers hear within `HUB_LIVE_POLL`."""
    looked_at_all = 0.0
    while True:
        try:
            while await tally(database, settings.tally_batch, wake) >= settings.tally_batch:
                pass  # more is waiting than one batch holds
            whole = monotonic() - looked_at_all >= _WHOLE_SECONDS
            await tell_states(database, wake, ended=whole)
            looked_at_all = monotonic() if whole else looked_at_all
        except Exception as error:  # the database may be away; the next batch counts all
            _log.warning("actions.not_kept", error=type(error).__name__)
        await asyncio.sleep(settings.tally_interval)
