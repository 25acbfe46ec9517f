"""The statements of the queue, each the same on both databases. All times are the database's.

Whoever writes about a job that it took says its claim, so that one who lost it meanwhile changes nothing.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from hub.jobs.kinds import WORK, Priority
from hub.store.chain import Chain, Step
from hub.store.database import Database, Record, Transaction
from hub.store.ids import new_id
from hub.store.instants import from_driver
from hub.store.sql import Kind

BELL = 0
"""Under this a broker wakes the workers of all processes: no stream has this id."""

_ENQUEUE_WORK = """insert into jobs (id, kind, key, arguments, priority, run_at, attempts_limit, created_at)
       select job_id, kind, key, arguments, priority, coalesce(run_at, {now}), attempts_limit, {now}
       from work where exists (select 1 from taken) and not exists (
           select 1 from work same where same.kind = work.kind and same.key = work.key and same.job_id < work.job_id)
       order by kind, key
       on conflict (kind, key) where dead_at is null
       do update set again = jobs.claim is not null or jobs.progress is not null
       returning id"""


def enqueue_after(step: str, *, where: str = "true") -> Step:
    """The step that queues the records `work` (`WORK`) when that step of its chain gave a row, `where` may say which.

    It holds the row of a key that waits: else a worker might finish before this write is there to be seen. So writers
    of one key wait for each other; a key that everybody writes does not belong here.
    """
    return Step("enqueued", _ENQUEUE_WORK.replace("from taken", f"from {step} where {where}"))


ENQUEUE = enqueue_after("taken")
"""After the first step of a chain, which is called so."""

CHECKPOINT = Step(
    "taken",
    """update jobs set progress = {as_json progress}, attempts = 1, crashes = 0, run_at = {later lease}
       where id = {as_id job} and claim = {as_id claim} returning id""",
)
"""First step of a chain that writes one batch of a job, see `Job.advance`; the others ask for `taken`."""

_HELD: dict[str, Kind] = {"id": "id", "claim": "id"}
KEEP = Chain(
    (
        Step(
            "kept",
            """update jobs set progress = moved.progress, attempts = 1, crashes = 0, run_at = {later lease}
               from moved where jobs.id = moved.id and jobs.claim = moved.claim returning jobs.id""",
        ),
    ),
    answer="kept",
    records={"moved": {**_HELD, "progress": "json"}},
)
"""The same for several jobs, as the last one of a transaction."""

_MINE = "(id, claim) in (select id, claim from held)"

_ENQUEUE = Chain((Step("taken", "select 1 as one"), ENQUEUE), answer="enqueued", records={"work": WORK})

MOST = 100
"""Jobs claimed at once, at most. It also stands in the statement: PostgreSQL takes a limit that it does not know for
a tenth of the table, and would read all of it."""

_DUE = """select id from jobs where dead_at is null and run_at <= (select {now}) and kind {in_text kinds}
    and ({as_bool suspects} or (crashes = 0 and claim is null))"""
_CLAIM = f"""
    with first as ({_DUE} and priority = :first order by run_at limit {{as_int most}} {{skip_locked}}),
    second as ({_DUE} and priority = :second order by run_at
        limit {{as_int most}} - (select count(*) from first) {{skip_locked}}),
    third as ({_DUE} and priority = :third order by run_at
        limit {{as_int most}} - (select count(*) from first) - (select count(*) from second) {{skip_locked}}),
    due as (select id from first union all select id from second union all select id from third limit {MOST})
    update jobs set claim = {{as_id claim}}, run_at = {{later lease}}, started_at = {{now}}, attempts = attempts + 1,
        crashes = crashes + case when claim is null then 0 else 1 end
    where id in (select id from due)
    returning id, kind, arguments, progress, priority, attempts, attempts_limit, crashes
"""

_CLAIM_FURTHER = """
    with due as (select id from jobs where dead_at is null and run_at <= (select {now}) and priority = :priority
        and kind = :kind and attempts = 0 and progress is null order by run_at limit {as_int most} {skip_locked})
    update jobs set claim = {as_id claim}, run_at = {later lease}, started_at = {now}, attempts = 1
    where id in (select id from due)
    returning id, kind, arguments, progress, priority, attempts, attempts_limit, crashes
"""

_COMING = f"""
    select {{now}} as at, min(run_at) as next from jobs
    where dead_at is null and priority in ({", ".join(str(int(priority)) for priority in Priority)})
      and kind {{in_text kinds}} and run_at > (select {{now}}) and run_at <= (select {{later within}})
"""

_RENEW = Chain(
    (Step("kept", f"update jobs set run_at = {{later lease}} where {_MINE} returning id, claim"),),
    answer="kept",
    records={"held": _HELD},
)

FINISH = Chain(
    (
        # Locked first: one who queues its key right now is then either waited for or comes too late for `again`.
        Step("mine", f"select id, again from jobs where {_MINE} {{for_update}}"),
        Step(
            "once_more",
            """update jobs set again = false, claim = null, progress = null, attempts = 0, crashes = 0,
                   reason = null, run_at = {now}
               where id in (select id from mine where again) returning id""",
        ),
        Step("done", "delete from jobs where id in (select id from mine where not again) returning id"),
    ),
    answer="mine",
    records={"held": _HELD},
)
"""Jobs are done: forget them, or queue them again where their key came in meanwhile. By itself, or as the last one of
a transaction. It gives those that were held."""

_BURY = Chain(
    (
        Step(
            "buried",
            """update jobs set dead_at = {now}, claim = null, reason = {as_text reason}
               where id = {as_id id} and claim = {as_id claim} returning id, again""",
        ),
        Step(
            "anew",
            """insert into jobs (id, kind, key, arguments, priority, run_at, attempts_limit, created_at)
               select {as_id new_id}, kind, key, arguments, priority, {now}, attempts_limit, {now}
               from jobs where id in (select id from buried where again) returning id""",
        ),
    ),
    answer="buried",
)


@dataclass(frozen=True)
class Claimed:
    """A job that this process holds until its lease ends."""

    id: int
    claim: int
    kind: str
    arguments: Any
    progress: Any
    priority: Priority
    attempts: int
    attempts_limit: int
    crashes: int


@dataclass(frozen=True)
class Dead:
    """A job that was given up."""

    id: int
    kind: str
    dead_at: datetime
    reason: str


async def enqueue(place: Database | Transaction, *work: dict[str, Any]) -> None:
    """Queue what `Kind.job` made: by itself, or as part of an open transaction. Ring `BELL` after the commit."""
    if isinstance(place, Transaction):
        await _ENQUEUE.run_in(place, {"work": work})
    else:
        await _ENQUEUE.run(place, {"work": work})


async def claim(
    database: Database,
    kinds: Sequence[str],
    order: Sequence[Priority],
    most: int,
    lease: float,
    *,
    suspects: bool = True,
) -> list[Claimed]:
    """Take what is due, at most so many, the most urgent by `order` first, and among those what waits longest.

    They come in the order in which they were queued. Suspects are those whose process died under them, or let their
    lease end.
    """
    token = secrets.randbits(62)
    first, second, third = map(int, order)
    rows = await database.write(
        _CLAIM,
        {
            "kinds": list(kinds),
            "first": first,
            "second": second,
            "third": third,
            "most": most,
            "claim": token,
            "lease": lease,
            "suspects": suspects,
        },
    )
    return _claimed(rows, token)


async def claim_further(database: Database, first: Claimed, most: int, lease: float) -> list[Claimed]:
    """Take what is due of the same kind and priority, and was not tried yet, at most so many."""
    token = secrets.randbits(62)
    values = {"kind": first.kind, "priority": int(first.priority), "most": most, "claim": token, "lease": lease}
    return _claimed(await database.write(_CLAIM_FURTHER, values), token)


async def coming(database: Database, kinds: Sequence[str], within: float) -> float | None:
    """Seconds until the next job becomes due; None when none does within so many."""
    row = (await database.fetch(_COMING, {"kinds": list(kinds), "within": within}))[0]
    return (from_driver(row["next"]) - from_driver(row["at"])).total_seconds() if row["next"] is not None else None


async def renew(database: Database, held: Sequence[Claimed], lease: float) -> list[Claimed]:
    """Those that are still this process's, for another lease."""
    rows = await _RENEW.run(database, {"held": _ids(held), "lease": lease})
    kept = {(row["id"], row["claim"]) for row in rows}
    return [job for job in held if (job.id, job.claim) in kept]


async def finish(database: Database, held: Sequence[Claimed]) -> None:
    """They are done, see `FINISH`."""
    await FINISH.run(database, {"held": _ids(held)})


async def put_back(database: Database, job: Claimed, *, seconds: float = 0, reason: str | None = None) -> None:
    """Leave it to whoever comes, after so many seconds. With a reason the attempt counts, without one not."""
    await database.write(
        """update jobs set claim = null, run_at = {later seconds}, reason = coalesce({as_text reason}, reason),
               attempts = attempts - case when {as_text reason} is null then 1 else 0 end
           where id = {as_id id} and claim = {as_id claim}""",
        {"id": job.id, "claim": job.claim, "seconds": seconds, "reason": reason},
    )


async def put_off(database: Database, job: Claimed, run_at: datetime) -> None:
    """It wants to run again then, as a new one with the progress that it made."""
    await database.write(
        """update jobs set claim = null, run_at = {as_instant run_at}, attempts = 0, crashes = 0, reason = null
           where id = {as_id id} and claim = {as_id claim}""",
        {"id": job.id, "claim": job.claim, "run_at": run_at},
    )


async def bury(database: Database, job: Claimed, reason: str) -> None:
    """Give it up. If its key came in meanwhile, that is another job, with a chance of its own."""
    await _BURY.run(database, {"id": job.id, "claim": job.claim, "reason": reason, "new_id": new_id()})


async def revive(database: Database, job_id: int) -> bool:
    """Queue a dead one anew; False when there is none, or one with its key waits already."""
    rows = await database.write(
        """update jobs set dead_at = null, reason = null, attempts = 0, crashes = 0, again = false, run_at = {now}
           where id = {as_id id} and dead_at is not null and not exists (
               select 1 from jobs other
               where other.kind = jobs.kind and other.key = jobs.key and other.dead_at is null)
           returning id""",
        {"id": job_id},
    )
    return bool(rows)


async def dead(database: Database, most: int) -> list[Dead]:
    """Those that were given up, newest first."""
    rows = await database.fetch(
        "select id, kind, dead_at, reason from jobs where dead_at is not null order by id desc limit :most",
        {"most": most},
    )
    return [Dead(row["id"], row["kind"], from_driver(row["dead_at"]), row["reason"]) for row in rows]


async def prune(database: Database, before: datetime) -> None:
    await database.write("delete from jobs where dead_at < {as_instant before}", {"before": before})


def _ids(held: Sequence[Claimed]) -> list[dict[str, int]]:
    return [{"id": job.id, "claim": job.claim} for job in held]


def _claimed(rows: list[Record], token: int) -> list[Claimed]:
    found: list[Claimed] = []
    for row in sorted(rows, key=lambda row: row["id"]):
        read = {name: orjson.loads(row[name]) if row[name] is not None else None for name in ("arguments", "progress")}
        values: Record = {**row, **read, "priority": Priority(row["priority"])}
        found.append(Claimed(**values, claim=token))
    return found
