"""How many take part in one action at the command, beside a naive way that raises a counter in each transaction.

Both write for the same time, by turns, in the same database, over a pool of the same size.
"""

import asyncio
import itertools
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from hub.actions.commands.asking import Asked
from hub.actions.commands.drafting import Part
from hub.actions.commands.participating import participate
from hub.actions.commands.saving import save_action
from hub.actions.tallying import recount, tally
from hub.demo.loading import load
from hub.demo.story import STORY
from hub.live.backend import Backend
from hub.settings import Settings
from hub.store.audience import Standing, Viewer
from hub.store.bulk import insert_rows
from hub.store.database import Transaction
from hub.store.ids import new_id
from hub.store.instants import now
from hub.store.migrating import migrate
from hub.users.tables import users

_POOL = 50
_PEOPLE = 120_000
_TURNS = 5
_NAIVE = """create table if not exists naive_actions (id bigint primary key, signatures integer not null);
create table if not exists naive_signatures (id bigint primary key, action_id bigint not null, user_id bigint not null,
    receipt text not null unique, at timestamptz not null, unique (action_id, user_id))"""


async def run(database: str, writers: int, seconds: float) -> dict[str, Any]:
    settings = Settings(database_url=database, database_connections=_POOL)
    await migrate(settings)
    backend = await Backend.open(settings)
    try:
        await load(backend.database, STORY)
        people = await _people(backend)
        action_id = await _action(backend)
        ways = (await _naively(backend), _by_the_hub(backend, action_id))
        still, done = [iter(people) for _ in ways], [0, 0]
        for _ in range(_TURNS):
            for way, sign in enumerate(ways):
                done[way] += await _for(seconds / _TURNS, writers, still[way], sign)
        naive, hub = done
        started = time.perf_counter()
        while await tally(backend.database, settings.tally_batch):
            pass
        counted = time.perf_counter() - started
        (row,) = await backend.database.fetch(
            "select count(*) as stored, (select value from action_tallies where id = {as_id action}) as tally"
            " from participations where action_id = {as_id action}",
            {"action": action_id},
        )
        again = await recount(backend.database, action_id)
    finally:
        await backend.close()
    return {
        "naive per s": round(naive / seconds),
        "hub per s": round(hub / seconds),
        "ratio": round(hub / naive, 1),
        "answered": hub,
        "stored": row["stored"],
        "tally": row["tally"],
        "recounted": again.after,
        "seconds to count all": round(counted, 2),
    }


async def _people(backend: Backend) -> list[int]:
    ids = [new_id() for _ in range(_PEOPLE)]
    rows = [
        {"id": one, "handle": f"s{one}", "handle_key": f"s{one}", "display_name": "", "joined_at": now()} for one in ids
    ]

    async def work(transaction: Transaction) -> None:
        await insert_rows(transaction, users, rows)

    await backend.database.transact(work)
    return ids


async def _action(backend: Backend) -> int:
    (mara,) = await backend.database.fetch("select id from users where handle = 'mara'")
    (post,) = await backend.database.fetch("select id from posts where status = 'PUBLISHED' limit 1")
    team = Viewer(user_id=mara["id"], standing=Standing.POLICY_TEAM)
    asked = Asked(kind="SIGN", verification="ACCOUNT", consent_text="We keep your name.")
    return await save_action(backend, team, post_id=post["id"], asked=asked)


async def _for(seconds: float, writers: int, people: Iterator[int], sign: Callable[[int], Awaitable[None]]) -> int:
    """How many of these people signed in so many seconds."""
    until, done = time.perf_counter() + seconds, itertools.count()

    async def write() -> None:
        for person in people:
            if time.perf_counter() >= until:
                return
            await sign(person)
            next(done)

    await asyncio.gather(*(write() for _ in range(writers)))
    return next(done)


async def _naively(backend: Backend) -> Callable[[int], Awaitable[None]]:
    for statement in _NAIVE.split(";"):
        await backend.database.fetch(statement)
    await backend.database.fetch("insert into naive_actions (id, signatures) values (1, 0)")

    async def sign(person: int) -> None:
        async def work(transaction: Transaction) -> None:
            await transaction.fetch(
                "insert into naive_signatures (id, action_id, user_id, receipt, at)"
                " values ({as_id id}, 1, {as_id person}, :receipt, {now})",
                {"id": new_id(), "person": person, "receipt": uuid.uuid4().hex},
            )
            await transaction.fetch("update naive_actions set signatures = signatures + 1 where id = 1", {})

        await backend.database.transact(work)

    return sign


def _by_the_hub(backend: Backend, action_id: int) -> Callable[[int], Awaitable[None]]:
    async def sign(person: int) -> None:
        viewer = Viewer(user_id=person, standing=Standing.MEMBER)
        await participate(backend, viewer, action_id=action_id, part=Part(consent=True), key=uuid.uuid4().hex)

    return sign
