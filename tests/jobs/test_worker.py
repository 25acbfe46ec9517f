"""A worker in this process: what it makes of jobs that succeed, fail, go on, are lost, or are left."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from hub import metrics
from hub.jobs import queue
from hub.jobs.handlers import MORE, Again, Handlers, Hopeless, Job
from hub.jobs.kinds import Kind, Priority
from hub.jobs.worker import Worker
from hub.settings import Settings
from hub.store.database import Database, Transaction
from hub.store.instants import now
from tests.jobs import chores
from tests.jobs.chores import BULK, CHORE, ROUND, URGENT, Chore, Round, quick
from tests.web.test_metrics import shown

PATIENCE = 20
ORDER = (Priority.URGENT, Priority.NORMAL, Priority.BULK)
Do = Callable[[Chore, Job], Awaitable[Again | None]]


@pytest.fixture
def short(settings: Settings) -> Settings:
    return quick(settings)


@asynccontextmanager
async def working(database: Database, settings: Settings, do: Do | None = None) -> AsyncIterator[Worker]:
    """A worker that does chores by `do`, or all kinds of tests."""
    handlers = chores.handlers() if do is None else Handlers()
    if do is not None:
        handlers.add(CHORE, do)
    worker = Worker(database, handlers, settings)
    worker.start()
    try:
        async with asyncio.timeout(PATIENCE):
            yield worker
    finally:
        await worker.stop(0)


async def until(found: Callable[[], Awaitable[Any]]) -> Any:
    while not (result := await found()):  # noqa: ASYNC110 - what is waited for stands in the database
        await asyncio.sleep(0.01)
    return result


async def emptied(database: Database) -> None:
    await until(lambda: _none(database))


async def _none(database: Database) -> bool:
    return not await chores.rows(database)


async def dead(database: Database) -> queue.Dead:
    return (await until(lambda: queue.dead(database, 1)))[0]


async def test_what_is_queued_is_done_and_forgotten(home: Database, short: Settings):
    await queue.enqueue(home, *(CHORE.job(Chore(n)) for n in range(20)), URGENT.job(Chore(20)), BULK.job(Chore(21)))
    async with working(home, short):
        await emptied(home)
    assert await chores.effects(home) == [*range(22)]


async def test_the_bell_wakes_long_before_the_next_look(home: Database, short: Settings):
    async with working(home, short.model_copy(update={"jobs_poll": 3_600})) as worker:
        for number in range(3):
            await queue.enqueue(home, CHORE.job(Chore(number)))
            worker.wake()
            await emptied(home)


async def test_more_than_fit_are_done_one_after_another_without_a_bell(home: Database, short: Settings):
    await queue.enqueue(home, *(CHORE.job(Chore(n)) for n in range(9)))
    async with working(home, short.model_copy(update={"jobs_poll": 3_600, "jobs_workers": 2})):
        await emptied(home)


async def test_timers_run_when_their_time_comes_and_not_before(home: Database, short: Settings):
    began: list[bool] = []
    then = now() + timedelta(seconds=0.3)

    async def note(chore: Chore, job: Job) -> None:
        rows = await job.database.fetch("select {now} >= {as_instant then} as due", {"then": then})
        began.append(bool(rows[0]["due"]))

    await queue.enqueue(home, *(CHORE.job(Chore(n), run_at=then) for n in range(10)))
    async with working(home, short, note):
        await emptied(home)
    assert began == [True] * 10


@pytest.mark.parametrize("stalled", [0.0, 0.6])
async def test_a_timer_that_was_seen_coming_is_not_slept_over(
    home: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, stalled: float
):
    """Neither where the answer took long, nor where the process stood still until the time had passed."""

    async def slow(*_: object) -> float:
        await asyncio.sleep(0.6)
        return 0.5

    monkeypatch.setattr(queue, "coming", slow)
    worker = Worker(home, chores.handlers(), settings.model_copy(update={"jobs_poll": 60.0}))
    looked_at = asyncio.get_running_loop().time()
    first = await worker._until_timer(looked_at)
    await asyncio.sleep(stalled)
    again = await worker._until_timer(looked_at)
    assert 0.0 <= again <= first <= 0.5
    assert await worker._until_timer(looked_at + 1_000) == 60.0


async def test_a_failure_is_tried_again_until_it_is_given_up_with_a_masked_reason(home: Database, short: Settings):
    attempts: list[int] = []

    async def fail(chore: Chore, job: Job) -> None:
        attempts.append(job.attempts)
        raise ValueError("mail to ines@example.org failed, key s3cret")

    await queue.enqueue(home, CHORE.job(Chore(1)))
    async with working(home, short, fail):
        letter = await dead(home)
    assert attempts == [1, 2, 3]
    assert letter.reason.startswith("ValueError in test_worker.py, line ")
    assert "ines" not in letter.reason
    assert "s3cret" not in letter.reason


async def test_a_failure_that_passes_is_no_failure(home: Database, short: Settings):
    async def fail_twice(chore: Chore, job: Job) -> None:
        if job.attempts < 3:
            raise OSError

    await queue.enqueue(home, CHORE.job(Chore(1)))
    async with working(home, short, fail_twice):
        await emptied(home)


async def test_waits_double_up_to_a_bound_and_are_spread(home: Database, settings: Settings):
    from hub.jobs.running import Runner

    runner = Runner(home, Handlers(), settings.model_copy(update={"jobs_retry": 4.0, "jobs_retry_longest": 100.0}))
    for attempt, most in ((1, 4), (2, 8), (3, 16), (6, 100), (200, 100)):
        waits = {runner._pause(attempt) for _ in range(50)}
        assert len(waits) > 1
        assert all(most / 2 <= wait <= most for wait in waits)


async def test_a_failed_job_waits_before_it_is_tried_again(home: Database, short: Settings):
    async def fail(chore: Chore, job: Job) -> None:
        raise ValueError

    await queue.enqueue(home, CHORE.job(Chore(1)))
    async with working(home, short.model_copy(update={"jobs_retry": 1_000.0, "jobs_retry_longest": 1_000.0}), fail):
        await until(lambda: _with(home, "reason is not null"))
    (row,) = await home.fetch(
        "select run_at > {later least} as late, run_at < {later most} as soon, attempts from jobs",
        {"least": 400, "most": 1_001},
    )
    assert (bool(row["late"]), bool(row["soon"]), row["attempts"]) == (True, True, 1)


async def test_a_hopeless_job_is_given_up_at_once(home: Database, short: Settings):
    async def refuse(chore: Chore, job: Job) -> None:
        raise Hopeless("The person is gone.")

    await queue.enqueue(home, CHORE.job(Chore(1)))
    async with working(home, short, refuse):
        assert (await dead(home)).reason == "The person is gone."


async def test_arguments_that_do_not_fit_are_a_failure_like_others(home: Database, short: Settings):
    await queue.enqueue(home, Kind("chore", Round, attempts=1).job(Round(1, 1)))
    async with working(home, short):
        assert (await dead(home)).reason.startswith("ValidationError in ")
    assert await chores.effects(home) == []


async def test_one_that_fails_holds_up_no_other(home: Database, short: Settings):
    async def fail_odd(chore: Chore, job: Job) -> None:
        if chore.number % 2:
            raise ValueError
        await chores.do_chore(chore, job)

    await queue.enqueue(home, *(CHORE.job(Chore(n)) for n in range(10)))
    async with working(home, short, fail_odd):
        await until(lambda: _count_dead(home, 5))
    assert await chores.effects(home) == [0, 2, 4, 6, 8]


async def test_jobs_that_share_statements_are_done_together_and_alone_where_that_fails(home: Database, short: Settings):
    rounds: list[list[int]] = []

    async def do(given: Sequence[tuple[Chore, Job]]) -> list[None]:
        rounds.append([chore.number for chore, _ in given])
        if any(chore.number == 7 for chore, _ in given):
            raise ValueError
        for chore, job in given:
            await chores.do_chore(chore, job)
        return [None] * len(given)

    handlers = Handlers()
    handlers.add_together(CHORE, do)
    worker = Worker(home, handlers, short.model_copy(update={"jobs_workers": 4}))
    await queue.enqueue(home, *(CHORE.job(Chore(n)) for n in range(60) if n != 7))
    worker.start()
    try:
        async with asyncio.timeout(PATIENCE):
            await emptied(home)
            assert [sorted(one) for one in rounds] == [[n for n in range(60) if n != 7]]
            await queue.enqueue(home, *(CHORE.job(Chore(n)) for n in (7, 60, 61)))
            worker.wake()
            assert (await dead(home)).reason.startswith("ValueError")
            await until(lambda: _done(home, 61))
    finally:
        await worker.stop(0)
    assert await chores.effects(home) == [n for n in range(62) if n != 7]
    assert sorted(rounds[1]) == [7, 60, 61]
    assert all(len(one) == 1 for one in rounds[2:])


async def test_what_ended_with_its_last_batch_is_neither_ended_nor_done_again(
    home: Database, short: Settings, monkeypatch: pytest.MonkeyPatch
):
    finished: list[int] = []
    finish = queue.finish

    async def watched(database: Database, held: Sequence[queue.Claimed]) -> None:
        finished.extend(one.arguments["number"] for one in held)
        await finish(database, held)

    async def do(given: Sequence[tuple[Chore, Job]]) -> list[None]:
        for chore, job in given:

            async def work(transaction: Transaction, number: int = chore.number) -> None:
                await transaction.fetch("insert into effects (item, at) values (:item, {now})", {"item": number})

            if chore.number < 2:
                await job.transact(work)
            elif len(given) > 1:
                raise ValueError
        return [None] * len(given)

    monkeypatch.setattr(queue, "finish", watched)
    handlers = Handlers()
    handlers.add_together(CHORE, do)
    worker = Worker(home, handlers, short)
    before = _ended_well()
    await queue.enqueue(home, *(CHORE.job(Chore(n)) for n in range(4)))
    worker.start()
    try:
        async with asyncio.timeout(PATIENCE):
            await until(lambda: _is(lambda: _ended_well() == before + 4))
    finally:
        await worker.stop(0)
    assert await chores.rows(home) == []
    assert (await chores.effects(home), sorted(finished)) == ([0, 1], [2, 3])


async def test_what_comes_while_several_are_done_together_is_taken_together_afterwards(home: Database, short: Settings):
    go, begun = asyncio.Event(), asyncio.Event()
    rounds: list[list[int]] = []

    async def do(given: Sequence[tuple[Chore, Job]]) -> list[None]:
        rounds.append(sorted(chore.number for chore, _ in given))
        begun.set()
        if len(rounds) == 1:
            await go.wait()
        return [None] * len(given)

    handlers = Handlers()
    handlers.add_together(CHORE, do)
    handlers.add(URGENT, chores.do_chore)
    worker = Worker(home, handlers, short.model_copy(update={"jobs_lease": 600.0}))
    await queue.enqueue(home, CHORE.job(Chore(0)), CHORE.job(Chore(1)))
    worker.start()
    try:
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
            for done in (1, 2):
                await queue.enqueue(home, CHORE.job(Chore(1 + done)), URGENT.job(Chore(1 + done)))
                await until(partial(_done, home, done))
            go.set()
            await emptied(home)
    finally:
        await worker.stop(0)
    assert rounds == [[0, 1], [2, 3]]


@asynccontextmanager
async def two_together(home: Database, short: Settings, do: Callable[..., Awaitable[Any]]) -> AsyncIterator[None]:
    """A worker takes the chores 0 and 1 at once."""
    handlers = Handlers()
    handlers.add_together(CHORE, do)
    worker = Worker(home, handlers, short.model_copy(update={"jobs_lease": 600.0}))
    await queue.enqueue(home, CHORE.job(Chore(0)), CHORE.job(Chore(1)))
    worker.start()
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    finally:
        await worker.stop(0)


async def test_what_failed_together_holds_up_its_kind_for_one_batch_each(home: Database, short: Settings):
    batches: list[int] = []

    async def do(given: Sequence[tuple[Chore, Job]]) -> list[Again | None]:
        if len(given) > 1:
            raise ValueError
        batches.append(given[0][0].number)
        return [MORE if len(batches) < 4 else None]

    async with two_together(home, short, do):
        await emptied(home)
    assert sorted(batches[:2]) == [0, 1]


async def test_one_that_is_done_alone_holds_up_none_of_its_kind(home: Database, short: Settings):
    ended: list[int] = []

    async def do(given: Sequence[tuple[Chore, Job]]) -> list[Again | None]:
        numbers = [chore.number for chore, _ in given]
        if numbers == [0]:
            await asyncio.sleep(0.01)
            return [None if len(ended) == 4 else MORE]
        ended.extend(number for number in numbers if number)
        return [None if number else MORE for number in numbers]

    async with two_together(home, short, do):
        await until(lambda: _is(lambda: ended == [1]))
        await queue.enqueue(home, *(CHORE.job(Chore(number)) for number in (2, 3, 4)))
        await emptied(home)
    assert sorted(ended) == [1, 2, 3, 4]


def _ended_well() -> float:
    page, name = metrics.page().decode(), 'hub_jobs_ended_total{kind="chore",outcome="done"}'
    return shown(page, name) if name in page else 0


async def _done(database: Database, count: int) -> bool:
    return len(await chores.effects(database)) == count


async def test_batches_follow_each_other_until_all_is_done(home: Database, short: Settings):
    await queue.enqueue(home, ROUND.job(Round(25, 4)), ROUND.job(Round(3, 5)))
    async with working(home, short):
        await emptied(home)
    assert await chores.effects(home) == sorted([*range(1, 26), *range(1, 4)])


async def test_a_long_job_lets_others_go_before(home: Database, short: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hub.jobs.running._TURN_SECONDS", 0)
    await queue.enqueue(home, ROUND.job(Round(30, 1)), CHORE.job(Chore(1_000)))
    one_at_a_time = short.model_copy(update={"jobs_workers": 1})
    order: list[int] = []
    async with working(home, one_at_a_time):
        await emptied(home)
        order = [row["item"] for row in await home.fetch("select item from effects")]
    assert sorted(order) == [*range(1, 31), 1_000]
    assert order.index(1_000) < 5


async def test_a_job_may_ask_to_be_called_again_at_a_time(home: Database, short: Settings):
    began: list[int] = []

    async def thrice(chore: Chore, job: Job) -> Again | None:
        began.append(job.attempts)
        return Again(now() + timedelta(milliseconds=30)) if len(began) < 3 else None

    await queue.enqueue(home, CHORE.job(Chore(1)))
    async with working(home, short, thrice):
        await emptied(home)
    assert began == [1, 1, 1]


async def test_a_long_run_keeps_its_lease(home: Database, short: Settings):
    began: list[int] = []

    async def slow(chore: Chore, job: Job) -> None:
        began.append(job.attempts)
        await asyncio.sleep(3 * short.jobs_lease)

    await queue.enqueue(home, CHORE.job(Chore(1)))
    async with working(home, short, slow):
        await emptied(home)
    assert began == [1]


async def test_who_lost_a_job_stops(home: Database, short: Settings):
    begun, ended = asyncio.Event(), asyncio.Event()

    async def wait(chore: Chore, job: Job) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    await queue.enqueue(home, CHORE.job(Chore(1)))
    async with working(home, short, wait):
        await begun.wait()
        await home.write("update jobs set claim = 1, run_at = {later seconds}", {"seconds": 60})
        await ended.wait()
    assert [row["claim"] for row in await chores.rows(home)] == [1]


async def test_leaving_waits_for_what_ends_in_time_and_puts_the_rest_back(home: Database, short: Settings):
    begun: list[int] = []
    go = asyncio.Event()

    async def work(chore: Chore, job: Job) -> None:
        begun.append(chore.number)
        await (go if chore.number else asyncio.Event()).wait()
        await chores.do_chore(chore, job)

    await queue.enqueue(home, CHORE.job(Chore(0)), CHORE.job(Chore(1)))
    async with working(home, short, work) as worker:
        await until(lambda: _is(lambda: len(begun) == 2))
        leaving = worker.stop(0.2)
        await queue.enqueue(home, CHORE.job(Chore(2)))
        go.set()
        await leaving
    assert await chores.effects(home) == [1]
    rows = {row["id"]: row for row in await chores.rows(home)}
    assert [(row["claim"], row["attempts"]) for row in rows.values()] == [(None, 0), (None, 0)]
    assert len(await queue.claim(home, ["chore"], ORDER, 5, 60)) == 2


async def test_a_long_job_ends_with_its_batch_when_the_worker_leaves(home: Database, short: Settings):
    begun = asyncio.Event()

    async def endless(chore: Chore, job: Job) -> Again:
        begun.set()
        await asyncio.sleep(0.01)
        return MORE

    await queue.enqueue(home, CHORE.job(Chore(0)))
    async with working(home, short, endless) as worker:
        await begun.wait()
        async with asyncio.timeout(5):
            await worker.stop(3_600)
    assert [row["claim"] for row in await chores.rows(home)] == [None]


class TestCrashes:
    async def _crashed(self, database: Database, times: int, *jobs: dict[str, Any]) -> None:
        """Jobs whose process died so many times."""
        await queue.enqueue(database, *jobs)
        for _ in range(times):
            await queue.claim(database, ["chore"], ORDER, 100, 60)
            await database.write("update jobs set run_at = {now}")

    async def test_what_kills_is_given_up_without_another_run(self, home: Database, short: Settings):
        await self._crashed(home, 3, CHORE.job(Chore(1)))
        async with working(home, short.model_copy(update={"jobs_crashes": 3})):
            assert "ended" in (await dead(home)).reason
        assert await chores.effects(home) == []

    async def test_a_job_that_crashed_less_often_is_done(self, home: Database, short: Settings):
        await self._crashed(home, 2, CHORE.job(Chore(1)))
        async with working(home, short):
            await emptied(home)
        assert await chores.effects(home) == [1]

    async def test_suspects_run_beside_others_but_not_beside_each_other(
        self, home: Database, short: Settings, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("hub.jobs.worker._APART_SECONDS", 0.05)
        at_once: list[int] = []
        suspects = 0

        async def watch(chore: Chore, job: Job) -> None:
            nonlocal suspects
            suspects += chore.number < 5
            at_once.append(suspects)
            await asyncio.sleep(0.02)
            suspects -= chore.number < 5

        await self._crashed(home, 1, *(CHORE.job(Chore(n)) for n in range(5)))
        await queue.enqueue(home, *(CHORE.job(Chore(n)) for n in range(5, 8)))
        async with working(home, short, watch):
            await emptied(home)
        assert (len(at_once), max(at_once)) == (8, 1)


async def test_the_numbers_tell_of_the_queue_and_of_what_became_of_jobs(home: Database, short: Settings):
    from hub.jobs.measuring import measure

    def number(name: str) -> float:
        page = metrics.page().decode()
        return shown(page, name) if name in page else 0

    async def fail_odd(chore: Chore, job: Job) -> None:
        if chore.number:
            raise Hopeless("No.")

    done, given_up = (f'hub_jobs_ended_total{{kind="chore",outcome="{end}"}}' for end in ("done", "dead"))
    before = number(done), number(given_up), number('hub_job_seconds_count{kind="chore"}')
    await queue.enqueue(home, CHORE.job(Chore(0), run_at=now() - timedelta(minutes=1)), CHORE.job(Chore(1)))
    await queue.enqueue(home, BULK.job(Chore(0), run_at=now() + timedelta(minutes=1)))
    await measure(home)
    assert [number(f'hub_jobs{{state="{state}"}}') for state in ("due", "later", "dead")] == [2, 1, 0]
    assert 59 < number("hub_jobs_lag_seconds") < 90
    async with working(home, short, fail_odd):
        await until(lambda: _count_dead(home, 1))
        await until(lambda: _is(lambda: number(done) > before[0] and number(given_up) > before[1]))
    await measure(home)
    assert [number(f'hub_jobs{{state="{state}"}}') for state in ("due", "later", "dead")] == [0, 1, 1]
    assert number("hub_jobs_lag_seconds") == 0
    after = number(done), number(given_up), number('hub_job_seconds_count{kind="chore"}')
    assert tuple(now - then for now, then in zip(after, before)) == (1, 1, 2)


async def _is(fact: Callable[[], bool]) -> bool:
    return fact()


async def _with(database: Database, condition: str) -> list[Any]:
    return await database.fetch(f"select id from jobs where {condition}")


async def _count_dead(database: Database, count: int) -> bool:
    return len(await queue.dead(database, 100)) == count


async def test_what_is_held_is_done_at_once_when_no_more_can_be_taken(
    home: Database, short: Settings, monkeypatch: pytest.MonkeyPatch
):
    async def gone(*_: Any) -> None:
        raise OSError

    async def do(given: Sequence[tuple[Chore, Job]]) -> list[None]:
        for chore, job in given:
            await chores.do_chore(chore, job)
        return [None] * len(given)

    monkeypatch.setattr(queue, "claim_further", gone)
    handlers = Handlers()
    handlers.add_together(CHORE, do)
    # Longer than the test has patience: what is claimed and forgotten would wait for the end of its lease.
    worker = Worker(home, handlers, short.model_copy(update={"jobs_workers": 4, "jobs_lease": 600.0}))
    await queue.enqueue(home, *(CHORE.job(Chore(n)) for n in range(9)))
    worker.start()
    try:
        async with asyncio.timeout(PATIENCE):
            await emptied(home)
    finally:
        await worker.stop(0)
    assert await chores.effects(home) == [*range(9)]
