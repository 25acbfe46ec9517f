"""Jobs for tests: they leave a row in `effects`, which keeps each run apart, so that what is done twice shows."""

import asyncio
from dataclasses import dataclass

from hub.jobs import queue
from hub.jobs.handlers import MORE, Again, Handlers, Job
from hub.jobs.kinds import Kind, Priority
from hub.settings import Settings
from hub.store.chain import Chain, Step
from hub.store.database import Database


@dataclass(frozen=True)
class Chore:
    number: int


@dataclass(frozen=True)
class Round:
    """A batched job: one effect for each of so many people."""

    people: int
    batch: int


CHORE = Kind("chore", Chore, attempts=3)
URGENT = Kind("urgent", Chore, Priority.URGENT)
BULK = Kind("bulk", Chore, Priority.BULK)
ROUND = Kind("round", Round)
DEADLY = Kind("deadly", Chore)

_BATCH = Chain(
    (
        queue.CHECKPOINT,
        Step(
            "done",
            "insert into effects (item, at) select item, {now} from items where exists (select 1 from taken) returning item",
        ),
    ),
    answer="taken",
    records={"items": {"item": "id"}},
)


async def make_table(database: Database) -> None:
    await database.write("create table effects (item bigint not null, at timestamptz not null)")


async def effects(database: Database) -> list[int]:
    return [row["item"] for row in await database.fetch("select item from effects order by item")]


async def rows(database: Database) -> list[dict]:
    return await database.fetch("select * from jobs order by id")


async def go_round(arguments: Round, job: Job) -> Again | None:
    after = job.progress["after"] if job.progress else 0
    upto = min(after + arguments.batch, arguments.people)
    await job.advance(_BATCH, {"items": [{"item": n} for n in range(after + 1, upto + 1)]}, {"after": upto})
    return MORE if upto < arguments.people else None


async def do_chore(arguments: Chore, job: Job) -> None:
    await job.database.write("insert into effects (item, at) values (:item, {now})", {"item": arguments.number})


async def die(arguments: Chore, job: Job) -> None:
    await do_chore(arguments, job)
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)
    await asyncio.Event().wait()


def handlers() -> Handlers:
    found = Handlers()
    found.add(CHORE, do_chore)
    found.add(URGENT, do_chore)
    found.add(BULK, do_chore)
    found.add(ROUND, go_round)
    found.add(DEADLY, die)
    return found


def quick(settings: Settings, **more: object) -> Settings:
    """The same with short waits."""
    short = {"jobs_poll": 0.02, "jobs_gap": 0.001, "jobs_lease": 0.6, "jobs_retry": 0.01, "jobs_retry_longest": 0.02}
    return settings.model_copy(update={**short, **more})
