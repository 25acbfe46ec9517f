"""Real processes: killed in the middle of a job, killed by a job, asked to leave, woken by another's commit."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub.app import create
from hub.jobs import queue
from hub.jobs.handlers import Handlers
from hub.live.backend import Backend
from hub.settings import Settings
from hub.store.database import Database
from tests.jobs import chores
from tests.jobs.chores import CHORE, DEADLY, ROUND, Chore, Round
from tests.jobs.processes import kill, start, workers

PATIENCE = 60
QUICK = {"jobs_poll": 0.05, "jobs_lease": 1.0, "jobs_retry": 0.05}


async def until(found: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(PATIENCE):
        while not (result := await found()):  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.02)
    return result


async def count(database: Database) -> int:
    return (await database.fetch("select count(*) as n from effects"))[0]["n"]


async def test_a_batched_job_whose_workers_are_killed_reaches_each_once(home: Database, settings: Settings):
    people, batch = 3_000, 1
    await queue.enqueue(home, ROUND.job(Round(people, batch)))
    async with workers(settings, 2, **QUICK) as found:
        for share in (0.2, 0.5):

            async def reached(share: float = share) -> bool:
                return await count(home) >= share * people

            await until(reached)
            # Both, so that the one that has it is among them; then two others take over.
            for process in found:
                await kill(process)
            assert await count(home) < people
            found[:] = [await start(settings, **QUICK) for _ in range(2)]
        try:

            async def ended() -> bool:
                return not await chores.rows(home)

            await until(ended)
        finally:
            for process in found:
                await kill(process)
    assert await chores.effects(home) == [*range(1, people + 1)]


async def test_a_job_that_kills_its_process_is_given_up_and_all_others_are_done(home: Database, settings: Settings):
    await queue.enqueue(home, DEADLY.job(Chore(-1)), *(CHORE.job(Chore(n)) for n in range(8)))
    deaths = 0
    process = await start(settings, **QUICK)
    try:
        while not await queue.dead(home, 1):
            try:
                async with asyncio.timeout(0.1):
                    await process.wait()
            except TimeoutError:
                continue
            assert process.returncode == -signal.SIGKILL
            deaths += 1
            process = await start(settings, **QUICK)

        async def ended() -> bool:
            return len(await chores.rows(home)) == 1

        await until(ended)
    finally:
        await kill(process)
    effects = await chores.effects(home)
    assert (deaths, effects.count(-1)) == (3, 3)
    assert set(effects) == {-1, *range(8)}
    (dead,) = await queue.dead(home, 10)
    assert dead.kind == "deadly"


async def test_a_process_that_is_asked_to_leave_leaves_nothing_claimed(home: Database, settings: Settings):
    await queue.enqueue(home, *(ROUND.job(Round(100_000, 1)) for _ in range(3)))
    async with workers(settings, 1, jobs_lease=3_600) as (process,):

        async def begun() -> bool:
            return await count(home) > 0

        await until(begun)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == 0
    rows = await chores.rows(home)
    assert [(row["claim"], row["crashes"]) for row in rows] == [(None, 0)] * 3


async def test_one_process_wakes_another(home: Database, backend: Backend, settings: Settings):
    if not settings.broker_url:
        pytest.skip("processes on one SQLite file are woken by their look at the queue")
    async with workers(settings, 1, jobs_poll=2 * PATIENCE):
        for number in range(3):
            await queue.enqueue(home, CHORE.job(Chore(number)))

            async def done(number: int = number) -> bool:
                backend.relay.tell(queue.BELL)  # again and again, as the other one may not listen yet
                return await count(home) == number + 1

            await until(done)


async def test_a_serving_process_does_jobs_and_leaves_them_at_the_end(
    home: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hub.app.handlers_of", lambda _backend: chores.handlers())
    await queue.enqueue(home, CHORE.job(Chore(1)))
    app = create(settings.model_copy(update={"jobs_poll": 0.02}))
    async with app.router.lifespan_context(app):

        async def done() -> bool:
            return await count(home) == 1

        await until(done)


async def test_a_serving_process_may_be_told_to_do_none(
    home: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    looked: list[str] = []

    def handlers(_backend: Backend) -> Handlers:
        looked.append("there")
        return chores.handlers()

    monkeypatch.setattr("hub.app.handlers_of", handlers)
    await queue.enqueue(home, CHORE.job(Chore(1)))
    app = create(settings.model_copy(update={"jobs_poll": 0.001, "jobs_workers": 0}))
    async with app.router.lifespan_context(app) as state:
        assert state is not None
        await asyncio.sleep(0.05)
    assert looked == ["there"]
    assert [row["attempts"] for row in await chores.rows(home)] == [0]


async def test_hub_work_runs_until_it_is_told_to_end(settings: Settings):
    process = await start(settings, "-m", "hub.cli", "work", "--jobs", "2")
    try:
        async with asyncio.timeout(PATIENCE):
            assert process.stdout is not None
            assert (await process.stdout.readline()).startswith(b"up to 2 jobs at a time")
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    finally:
        await kill(process)
