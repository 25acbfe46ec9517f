"""The queue itself, without a worker: what is queued, who gets it, and what is left of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from hub.jobs import queue
from hub.jobs.handlers import Job, LeaseLost
from hub.jobs.kinds import LONGEST_ARGUMENTS, Kind, Priority
from hub.jobs.queue import ENQUEUE, WORK, Claimed
from hub.store.chain import Chain, Step
from hub.store.database import Database, Transaction
from hub.store.instants import now
from tests.jobs import chores
from tests.jobs.chores import BULK, CHORE, ROUND, URGENT, Chore, Round

ORDER = (Priority.URGENT, Priority.NORMAL, Priority.BULK)
KINDS = ("chore", "urgent", "bulk", "round")


@dataclass(frozen=True)
class Letter:
    text: str


async def claim(database: Database, most: int = 10, *, lease: float = 60, order: Any = ORDER) -> list[Claimed]:
    return await queue.claim(database, KINDS, order, most, lease)


async def the_one(database: Database, **how: Any) -> Claimed:
    (held,) = await claim(database, **how)
    return held


async def end_leases(database: Database) -> None:
    await database.write("update jobs set run_at = {as_instant then}", {"then": now() - timedelta(seconds=1)})


async def test_a_job_is_taken_once_with_its_arguments(database: Database):
    await queue.enqueue(database, ROUND.job(Round(7, 2)))
    held = await the_one(database)
    assert (held.kind, held.arguments, held.progress) == ("round", {"people": 7, "batch": 2}, None)
    assert (held.attempts, held.crashes, held.priority) == (1, 0, Priority.NORMAL)
    assert await claim(database) == []
    await queue.finish(database, [held])
    assert await chores.rows(database) == []


async def test_what_is_rolled_back_is_not_queued(database: Database):
    async def fail(transaction: Transaction) -> None:
        await queue.enqueue(transaction, CHORE.job(Chore(1)))
        raise ValueError("No.")

    with pytest.raises(ValueError, match="No"):
        await database.transact(fail)
    assert await claim(database) == []

    await database.transact(lambda transaction: queue.enqueue(transaction, CHORE.job(Chore(2))))
    assert (await the_one(database)).arguments == {"number": 2}


@pytest.mark.parametrize("taken", [True, False])
async def test_a_step_of_a_chain_queues_what_its_first_step_allows(database: Database, taken: bool):
    chain = Chain(
        (Step("taken", "select one from (select 1 as one) given where {as_bool yes}"), ENQUEUE),
        answer="taken",
        records={"work": WORK},
    )
    work = [CHORE.job(Chore(1)), CHORE.job(Chore(2))]
    async with database.watching() as log:
        await chain.run(database, {"yes": taken, "work": work})
    assert len(log.statements) == (1 if database.dialect == "postgres" else 2)
    assert len(await claim(database)) == (2 if taken else 0)


async def test_the_same_live_key_is_nothing(database: Database):
    for _ in range(2):
        await queue.enqueue(database, CHORE.job(Chore(1), key="a"), CHORE.job(Chore(2), key="a"))
    await queue.enqueue(database, BULK.job(Chore(3), key="a"), CHORE.job(Chore(4)), CHORE.job(Chore(5)))
    held = await claim(database)
    assert sorted((job.kind, job.arguments["number"]) for job in held) == [
        ("bulk", 3),
        ("chore", 1),
        ("chore", 4),
        ("chore", 5),
    ]
    await queue.finish(database, held)
    assert await chores.rows(database) == []
    await queue.enqueue(database, CHORE.job(Chore(6), key="a"))
    assert (await the_one(database)).arguments == {"number": 6}


async def test_a_key_that_comes_while_its_job_runs_lets_it_run_once_more(database: Database):
    await queue.enqueue(database, CHORE.job(Chore(1), key="a"))
    held = await the_one(database)
    for _ in range(3):
        await queue.enqueue(database, CHORE.job(Chore(1), key="a"))
    assert await claim(database) == []
    await queue.finish(database, [held])
    again = await the_one(database)
    assert (again.id, again.arguments, again.attempts) == (held.id, {"number": 1}, 1)
    await queue.finish(database, [again])
    assert await chores.rows(database) == []


async def test_nothing_is_taken_before_its_time(database: Database):
    await queue.enqueue(database, CHORE.job(Chore(1), run_at=now() + timedelta(hours=1)))
    await queue.enqueue(database, CHORE.job(Chore(2), run_at=now() - timedelta(hours=1)))
    assert (await the_one(database)).arguments == {"number": 2}
    await end_leases(database)
    assert len(await claim(database)) == 2


async def test_the_urgent_go_first_and_the_longest_waiting_among_equals(database: Database):
    past = [now() - timedelta(minutes=minutes) for minutes in range(4)]
    await queue.enqueue(database, BULK.job(Chore(1), run_at=past[3]), CHORE.job(Chore(2), run_at=past[1]))
    await queue.enqueue(database, CHORE.job(Chore(3), run_at=past[2]), URGENT.job(Chore(4), run_at=past[0]))
    taken = [(await the_one(database, most=1)).arguments["number"] for _ in range(4)]
    assert taken == [4, 3, 2, 1]


async def test_those_taken_together_come_in_the_order_in_which_they_were_queued(database: Database):
    await queue.enqueue(database, *(CHORE.job(Chore(n)) for n in range(60)))
    first = await claim(database, 30)
    assert [held.id for held in first] == sorted(held.id for held in first)
    further = await queue.claim_further(database, first[0], 60, 60)
    assert [held.id for held in further] == sorted(held.id for held in further)
    assert {held.arguments["number"] for held in (*first, *further)} == {*range(60)}


async def test_a_look_that_begins_with_the_others_takes_them_first(database: Database):
    await queue.enqueue(database, *(URGENT.job(Chore(n)) for n in range(5)), *(BULK.job(Chore(n)) for n in range(2)))
    held = await claim(database, 3, order=(Priority.BULK, Priority.URGENT, Priority.NORMAL))
    assert sorted(job.kind for job in held) == ["bulk", "bulk", "urgent"]


async def test_an_unknown_kind_waits_for_who_knows_it(database: Database):
    await queue.enqueue(database, CHORE.job(Chore(1)), BULK.job(Chore(2)))
    assert [job.kind for job in await queue.claim(database, ["bulk", "newer"], ORDER, 10, 60)] == ["bulk"]
    assert [job.kind for job in await queue.claim(database, ["chore"], ORDER, 10, 60)] == ["chore"]


async def test_a_lease_that_ends_gives_the_job_to_another_and_counts_a_crash(database: Database):
    await queue.enqueue(database, CHORE.job(Chore(1)))
    first = await the_one(database)
    await end_leases(database)
    second = await the_one(database)
    assert (second.id, second.attempts, second.crashes) == (first.id, 2, 1)
    assert await queue.renew(database, [first], 60) == []
    assert await queue.renew(database, [second], 60) == [second]
    await queue.finish(database, [first])
    await queue.put_back(database, first)
    await queue.bury(database, first, "not mine")
    assert [row["claim"] for row in await chores.rows(database)] == [second.claim]


async def test_suspects_can_be_left_alone(database: Database):
    await queue.enqueue(database, CHORE.job(Chore(1)))
    await the_one(database)
    await end_leases(database)
    assert await queue.claim(database, KINDS, ORDER, 10, 60, suspects=False) == []
    held = await the_one(database)
    await queue.put_back(database, held)
    assert await queue.claim(database, KINDS, ORDER, 10, 60, suspects=False) == []
    assert (await the_one(database)).crashes == 1


async def test_further_ones_of_a_kind_are_those_that_nobody_tried(database: Database):
    await queue.enqueue(database, *(CHORE.job(Chore(n)) for n in range(4)), BULK.job(Chore(9)))
    first, tried, begun = await claim(database, 3)
    await queue.put_back(database, tried, reason="ValueError")
    job = Job(database, begun, 60)
    await job.transact(lambda _: _moved())
    await queue.put_back(database, begun)
    further = await queue.claim_further(database, first, 10, 60)
    assert [(one.arguments["number"], one.attempts) for one in further] == [(3, 1)]
    assert await queue.claim_further(database, first, 10, 60) == []


async def _moved() -> dict[str, int]:
    return {"after": 1}


async def _ended(_: Transaction) -> None:
    return None


async def test_a_renewed_lease_does_not_end(database: Database):
    await queue.enqueue(database, CHORE.job(Chore(1)))
    held = await the_one(database, lease=0.001)
    assert await queue.renew(database, [held], 60) == [held]
    assert await claim(database) == []


async def test_what_is_put_back_has_not_been_tried(database: Database):
    await queue.enqueue(database, CHORE.job(Chore(1)))
    await queue.put_back(database, await the_one(database))
    held = await the_one(database)
    assert (held.attempts, held.crashes) == (1, 0)
    await queue.put_back(database, held, reason="ValueError")
    assert (await the_one(database)).attempts == 2


class TestCheckpoints:
    async def test_a_batch_and_its_progress_are_one_write(self, home: Database):
        await queue.enqueue(home, ROUND.job(Round(5, 2)))
        held = await the_one(home)
        job = Job(home, held, 60)
        await chores.go_round(Round(5, 2), job)
        await chores.go_round(Round(5, 2), job)
        await end_leases(home)
        later = await the_one(home)
        assert (later.progress, later.attempts, later.crashes) == ({"after": 4}, 2, 1)
        assert await chores.effects(home) == [1, 2, 3, 4]

    async def test_who_lost_the_job_writes_nothing(self, home: Database):
        await queue.enqueue(home, ROUND.job(Round(5, 2)))
        stalled = Job(home, await the_one(home), 60)
        await end_leases(home)
        await chores.go_round(Round(5, 2), Job(home, await the_one(home), 60))
        with pytest.raises(LeaseLost):
            await chores.go_round(Round(5, 2), stalled)

        async def work(transaction: Transaction) -> dict[str, int]:
            await transaction.fetch("insert into effects (item, at) values (9, {now})")
            return {"after": 9}

        with pytest.raises(LeaseLost):
            await stalled.transact(work)
        assert await chores.effects(home) == [1, 2]
        assert stalled.progress is None

    async def test_of_several_jobs_none_is_written_when_one_was_lost(self, home: Database):
        await queue.enqueue(home, ROUND.job(Round(5, 2)), ROUND.job(Round(5, 2)))
        lost, kept = (Job(home, held, 60) for held in await claim(home, 2))
        await home.write("update jobs set claim = 1 where id = {as_id id}", {"id": lost.id})

        async def work(transaction: Transaction) -> list[dict[str, int]]:
            await transaction.fetch("insert into effects (item, at) values (9, {now})")
            return [{"after": 9}, {"after": 8}]

        with pytest.raises(LeaseLost):
            await Job.transact_together([lost, kept], work)
        assert (await chores.effects(home), kept.progress, kept.moved) == ([], None, False)
        await home.write(
            "update jobs set claim = {as_id claim} where id = {as_id id}", {"id": lost.id, "claim": lost._claim}
        )
        await Job.transact_together([lost, kept], work)
        assert (await chores.effects(home), lost.progress, kept.progress) == ([9], {"after": 9}, {"after": 8})

    async def test_a_job_ends_with_its_last_batch_while_others_go_on(self, home: Database):
        await queue.enqueue(home, ROUND.job(Round(5, 2)), ROUND.job(Round(5, 2)))
        last, other = (Job(home, held, 60) for held in await claim(home, 2))

        async def work(transaction: Transaction) -> list[dict[str, int] | None]:
            await transaction.fetch("insert into effects (item, at) values (9, {now})")
            return [None, {"after": 8}]

        await Job.transact_together([last, other], work)
        assert (last.ended, last.progress, other.ended, other.progress) == (True, None, False, {"after": 8})
        assert [row["id"] for row in await chores.rows(home)] == [other.id]
        with pytest.raises(LeaseLost):
            await Job.transact_together([last, other], work)
        assert await chores.effects(home) == [9]

    async def test_a_key_that_comes_while_the_last_batch_is_written_runs_once_more(self, home: Database):
        await queue.enqueue(home, ROUND.job(Round(2, 1), key="a"))
        held = await the_one(home)
        await queue.enqueue(home, ROUND.job(Round(2, 1), key="a"))
        job = Job(home, held, 60)
        await job.transact(_ended)
        await queue.finish(home, [held])
        again = await the_one(home)
        assert (job.ended, again.id, again.attempts, again.progress) == (True, held.id, 1, None)

    async def test_a_transaction_gives_its_progress(self, home: Database):
        await queue.enqueue(home, ROUND.job(Round(5, 2)))
        job = Job(home, await the_one(home), 60)

        async def work(transaction: Transaction) -> dict[str, int]:
            await transaction.fetch("insert into effects (item, at) values (9, {now})")
            return {"after": 9}

        await job.transact(work)
        assert job.progress == {"after": 9}
        assert await chores.effects(home) == [9]

    async def test_a_key_that_comes_between_two_batches_begins_anew_afterwards(self, home: Database):
        work = ROUND.job(Round(2, 1), key="a")
        await queue.enqueue(home, work)
        held = await the_one(home)
        await chores.go_round(Round(2, 1), Job(home, held, 60))
        await queue.put_back(home, held)
        await queue.enqueue(home, ROUND.job(Round(2, 1), key="a"))
        held = await the_one(home)
        assert held.progress == {"after": 1}
        await queue.finish(home, [held])
        assert (await the_one(home)).progress is None


class TestDeadLetters:
    async def test_a_dead_job_keeps_its_reason_and_leaves_its_key(self, database: Database):
        await queue.enqueue(database, CHORE.job(Chore(1), key="a"))
        held = await the_one(database)
        await queue.bury(database, held, "Enough.")
        await end_leases(database)
        assert await claim(database) == []
        (dead,) = await queue.dead(database, 10)
        assert (dead.id, dead.kind, dead.reason) == (held.id, "chore", "Enough.")
        await queue.enqueue(database, CHORE.job(Chore(1), key="a"))
        assert not await queue.revive(database, held.id)
        await queue.finish(database, [await the_one(database)])
        assert await queue.revive(database, held.id)
        assert not await queue.revive(database, held.id)
        assert (await the_one(database)).attempts == 1

    async def test_a_key_that_came_meanwhile_is_a_job_of_its_own(self, database: Database):
        await queue.enqueue(database, CHORE.job(Chore(1), key="a"))
        held = await the_one(database)
        await queue.enqueue(database, CHORE.job(Chore(1), key="a"))
        await queue.bury(database, held, "Enough.")
        fresh = await the_one(database)
        assert fresh.id != held.id
        assert (fresh.arguments, fresh.attempts) == ({"number": 1}, 1)
        assert [dead.id for dead in await queue.dead(database, 10)] == [held.id]

    async def test_the_old_ones_are_forgotten(self, database: Database):
        await queue.enqueue(database, CHORE.job(Chore(1)), CHORE.job(Chore(2)))
        held, _ = await claim(database)
        await queue.bury(database, held, "Enough.")
        await queue.prune(database, now() - timedelta(days=1))
        assert len(await chores.rows(database)) == 2
        await queue.prune(database, now() + timedelta(days=1))
        assert len(await chores.rows(database)) == 1


def test_a_job_carries_little():
    with pytest.raises(ValueError, match=str(LONGEST_ARGUMENTS)):
        Kind("letter", Letter).job(Letter("x" * LONGEST_ARGUMENTS))
    with pytest.raises(ValueError, match="200"):
        CHORE.job(Chore(1), key="x" * 201)
