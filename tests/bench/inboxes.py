"""One comment for many followers, told by two `hub work`: both are killed half way, and everybody gets one entry."""

import asyncio
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from hub.demo.loading import load
from hub.demo.story import STORY
from hub.live.backend import Backend
from hub.settings import Settings
from hub.store.database import Database
from hub.store.migrating import migrate
from tests.client import Client
from tests.jobs.processes import kill, start
from tests.mutations import a_comment, row_id

_LEASE = 5.0
_COMMENTS = 20
_WORK = ("-m", "hub.cli", "work")
_FIRST = 2**40
"""Ids of the followers, and of what they follow, begin here."""
_ROWS = {
    "sqlite": "(with recursive c(n) as (select 1 union all select n + 1 from c where n < {as_int people}) select n from c)",
    "postgres": "(select generate_series(1, {as_int people}) as n)",
}


async def run(database_url: str, broker: str, people: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), database_url=database_url, broker_url=broker, statement_timeout=300)
        await migrate(settings)
        backend = await Backend.open(settings)
        try:
            await load(backend.database, STORY)
            return await _told(backend, settings, people)
        finally:
            await backend.close()


async def _told(backend: Backend, settings: Settings, people: int) -> dict[str, Any]:
    client, database = Client(backend), backend.database
    post = (await client.data('{ post(slug: "welcome") { id } }'))["post"]["id"]
    await client.caller("ines")
    alone = await _cost(client, post)
    await _follow(database, row_id(post), people)
    followed = await _cost(client, post)
    await database.write("delete from jobs")
    found = [await start(settings, *_WORK, jobs_lease=_LEASE) for _ in range(2)]
    try:
        begun = time.monotonic()
        await a_comment(client, "ines", post)
        await _until(lambda: _at_least(database, people // 2))
        killed = time.monotonic()
        for process in found:
            await kill(process)
        before = await _count(database)
        found = [await start(settings, *_WORK, jobs_lease=_LEASE) for _ in range(2)]
        await _until(lambda: _emptied(database))
        ended = time.monotonic()
    finally:
        for process in found:
            process.send_signal(signal.SIGTERM)
            await process.wait()
    rows = await database.fetch(
        """select count(*) as entries, count(distinct user_id) as people, max(count) as most from notifications
           where user_id >= {as_id first}""",
        {"first": _FIRST},
    )
    return {
        "followers": people,
        "comment_ms_without_followers": round(alone * 1_000, 1),
        "comment_ms_with_them": round(followed * 1_000, 1),
        "told_before_the_kill": before,
        "told_a_second_before_the_kill": round(before / (killed - begun)),
        "seconds_after_it": round(ended - killed, 1),
        "of_these_at_most_waiting_for_lease": _LEASE,
        "entries": rows[0]["entries"],
        "people_with_an_entry": rows[0]["people"],
        "most_counted_for_one": rows[0]["most"],
    }


async def _cost(client: Client, post: str) -> float:
    """Seconds of the fastest of some comments: others work on this machine, too."""
    taken: list[float] = []
    for _ in range(_COMMENTS):
        begun = time.monotonic()
        await a_comment(client, "ines", post)
        taken.append(time.monotonic() - begun)
    return min(taken)


async def _follow(database: Database, post_id: int, people: int) -> None:
    given = {"people": people, "first": _FIRST, "post": post_id}
    rows = _ROWS[database.dialect]
    await database.write(
        f"""insert into users (id, handle, handle_key, display_name, joined_at)
            select {{as_id first}} + n, 'fan-' || n, 'fan-' || n, 'Fan', {{now}} from {rows} r where true""",
        {"people": people, "first": _FIRST},
    )
    await database.write(
        f"""insert into follows (id, user_id, target_kind, target_id, level, reason, since)
            select {{as_id first}} + n, {{as_id first}} + n, 'POST', {{as_id post}}, 'ALL', 'MANUAL', {{now}}
            from {rows} r where true""",
        given,
    )


async def _until(found: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(900):
        while not await found():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.05)


async def _emptied(database: Database) -> bool:
    return not await database.fetch("select id from jobs limit 1")


async def _at_least(database: Database, count: int) -> bool:
    return await _count(database) >= count


async def _count(database: Database) -> int:
    rows = await database.fetch(
        "select count(*) as n from notifications where user_id >= {as_id first}", {"first": _FIRST}
    )
    return rows[0]["n"]
