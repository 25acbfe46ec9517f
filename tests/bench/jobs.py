"""Jobs by two processes: how many are queued and done a second, how late timers are, and what `kill -9` leaves."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from hub.jobs import queue
from hub.live.backend import Backend
from hub.settings import Settings
from hub.store.database import Database
from hub.store.instants import from_driver, now
from hub.store.migrating import migrate
from tests.jobs import chores
from tests.jobs.chores import CHORE, ROUND, Chore, Round
from tests.jobs.processes import kill, start, workers

_WRITERS = 10
_BATCH = 1_000
_LEASE = 2.0


async def run(database_url: str, broker: str, jobs: int, timers: int, people: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), database_url=database_url, broker_url=broker)
        await migrate(settings)
        backend = await Backend.open(settings)
        database = backend.database
        try:
            await database.write("drop table if exists effects")
            await chores.make_table(database)
            result = await _rate(backend, settings, jobs)
            result |= await _timers(backend, settings, timers)
            return result | await _long(backend, settings, people)
        finally:
            await database.write("drop table if exists effects")
            await backend.close()


async def _rate(backend: Backend, settings: Settings, jobs: int) -> dict[str, Any]:
    database = backend.database
    numbers = iter(range(jobs))

    async def write() -> None:
        for number in numbers:
            await queue.enqueue(database, CHORE.job(Chore(number)))

    begun = time.monotonic()
    await asyncio.gather(*(write() for _ in range(_WRITERS)))
    queued = time.monotonic() - begun
    async with workers(settings, 2, jobs_workers=20):
        await _until(lambda: _at_least(database, jobs // 10))  # both have started
        begun, already = time.monotonic(), len(await chores.effects(database))
        await _until(lambda: _emptied(database))
        took = time.monotonic() - begun
    effects = await chores.effects(database)
    await database.write("delete from effects")
    return {
        "queued_per_second": round(jobs / queued),
        "done_per_second": round((jobs - already) / took),
        "each_done_once": effects == [*range(jobs)],
    }


async def _timers(backend: Backend, settings: Settings, timers: int) -> dict[str, Any]:
    database = backend.database
    async with workers(settings, 2) as found:
        for process in found:
            await process.stdout.readline()
        then = (now() + timedelta(seconds=3)).replace(microsecond=0)
        work = [CHORE.job(Chore(number), run_at=then) for number in range(timers)]
        for at in range(0, timers, 500):
            await queue.enqueue(database, *work[at : at + 500])
        await _until(lambda: _emptied(database))
    rows = await database.fetch("select item, at from effects order by at")
    await database.write("delete from effects")
    late = [(from_driver(row["at"]) - then).total_seconds() for row in rows]
    return {
        "timers_run_once": sorted(row["item"] for row in rows) == [*range(timers)],
        "timer_first_late_s": round(late[0], 3),
        "timer_p50_late_s": round(late[len(late) // 2], 3),
        "timer_last_late_s": round(late[-1], 3),
    }


async def _long(backend: Backend, settings: Settings, people: int) -> dict[str, Any]:
    """A job for many, in batches; half way all its processes are killed, and two others go on."""
    database = backend.database
    await queue.enqueue(database, ROUND.job(Round(people, _BATCH)))
    begun = time.monotonic()
    async with workers(settings, 2, jobs_lease=_LEASE) as found:
        await _until(lambda: _at_least(database, people // 2))
        for process in found:
            await kill(process)
    before, killed = await _count(database), time.monotonic()
    others = [await start(settings, jobs_lease=_LEASE) for _ in range(2)]
    try:
        await _until(lambda: _emptied(database))
    finally:
        for process in others:
            await kill(process)
    rows = await database.fetch("select count(*) as rows, count(distinct item) as people from effects")
    return {
        "people": people,
        "people_before_the_kill": before,
        "people_reached": rows[0]["people"],
        "people_reached_twice": rows[0]["rows"] - rows[0]["people"],
        "seconds_until_the_kill": round(killed - begun, 1),
        "seconds_after_it": round(time.monotonic() - killed, 1),
        "of_these_waiting_for_lease": _LEASE,
    }


async def _until(found: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(600):
        while not await found():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.01)


async def _emptied(database: Database) -> bool:
    return not await database.fetch("select id from jobs limit 1")


async def _at_least(database: Database, count: int) -> bool:
    return await _count(database) >= count


async def _count(database: Database) -> int:
    return (await database.fetch("select count(*) as n from effects"))[0]["n"]
