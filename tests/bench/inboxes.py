"""One comment for many followers, told by two `hub work`: both are killed half way, and everybody gets one entry.

Some of them want mail at once, which a mail server in this process counts; the workers are killed half way in that, too.
Beside it an inbox of 200,000 entries is read.
"""

import asyncio
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from hub.demo.loading import load
from hub.demo.story import STORY
from hub.live.backend import Backend
from hub.settings import Settings
from hub.store.database import Database
from hub.store.migrating import migrate
from tests.client import Client
from tests.jobs.processes import kill, start
from tests.mutations import a_comment, a_thread, row_id
from tests.notifications.test_full_inbox import PAGES, READ_ALL, SHOWN, fill

_LEASE = 5.0
_COMMENTS = _LOOKS = 20
_FULL = 200_000
_WORK = ("-m", "hub.cli", "work")
_FIRST = 2**40
"""Ids of the followers, and of what they follow, begin here."""
_ROWS = {
    "sqlite": "(with recursive c(n) as (select 1 union all select n + 1 from c where n < {as_int people}) select n from c)",
    "postgres": "(select generate_series(1, {as_int people}) as n)",
}


class _Desk:
    """A mail server that counts letters by address."""

    def __init__(self) -> None:
        self.got = Counter[str]()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - its name in aiosmtpd
        self.got.update(envelope.rcpt_tos)
        return "250 OK"


async def run(database_url: str, broker: str, people: int, mailed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        desk = _Desk()
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(desk, hostname="desk"), "127.0.0.1", 0)
        settings = Settings(
            data_dir=Path(folder),
            database_url=database_url,
            broker_url=broker,
            statement_timeout=300,
            smtp_url=f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}",
            mail_from="Hub <hub@hub.example>",
        )
        await migrate(settings)
        backend = await Backend.open(settings)
        try:
            await load(backend.database, STORY)
            result = await _told(backend, settings, desk, people, min(mailed, people))
            return result | await _full(backend)
        finally:
            await backend.close()
            server.close()


async def _told(backend: Backend, settings: Settings, desk: _Desk, people: int, mailed: int) -> dict[str, Any]:
    client, database = Client(backend), backend.database
    post = (await client.data('{ post(slug: "welcome") { id } }'))["post"]["id"]
    await client.caller("ines")
    alone = await _cost(client, post)
    await _follow(database, row_id(post), people)
    followed = await _cost(client, post)
    await database.write("delete from jobs")
    await _want_mail(database, mailed)
    found = [await _worker(settings) for _ in range(2)]
    try:
        begun = time.monotonic()
        await a_comment(client, "ines", post)
        await _until(lambda: _at_least(database, people // 2))
        killed = time.monotonic()
        for process in found:
            await kill(process)
        before = await _count(database)
        found = [await _worker(settings) for _ in range(2)]
        await _until(lambda: _at_least(database, people))
        ended = time.monotonic()
        await _until(lambda: _have_arrived(desk, mailed // 2))
        for process in found:
            await kill(process)
        killed_again, letters = time.monotonic(), desk.got.total()
        found = [await _worker(settings) for _ in range(2)]
        await _until(lambda: _emptied(database))
        sent = time.monotonic()
    finally:
        for process in found:
            process.send_signal(signal.SIGTERM)
            await process.wait()
    rows = await database.fetch(
        """select count(*) as entries, count(distinct user_id) as people, max(count) as most from notifications
           where user_id >= {as_id first}""",
        {"first": _FIRST},
    )
    states = await database.fetch("select outcome, count(*) as n from letters group by outcome")
    waiting = await database.fetch("select count(*) as n from deliveries where state = 'WAITING'")
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
        "want_mail_at_once": mailed,
        "letters_before_the_second_kill": letters,
        "letters_a_second_after_it": round((desk.got.total() - letters) / (sent - killed_again)),
        "people_with_a_letter": len(desk.got),
        "most_letters_for_one": max(desk.got.values(), default=0),
        "outcomes_of_letters": {row["outcome"]: row["n"] for row in states},
        "deliveries_left_waiting": waiting[0]["n"],
    }


async def _full(backend: Backend) -> dict[str, Any]:
    """The inbox of one person with very many entries: the fastest of some looks."""
    client = Client(backend)
    thread = await a_thread(client, "ines")
    (person,) = await backend.database.fetch("select id from users where handle = 'theo'")
    await backend.database.write("delete from notifications where user_id = :id", {"id": person["id"]})
    await backend.database.write("delete from inboxes")
    await fill(backend, person["id"], row_id(thread), _FULL, first=2**50)
    looks = {name: page % SHOWN for name, page in PAGES.items()} | {"mark_all_read": READ_ALL}
    found: dict[str, Any] = {"entries_of_the_full_inbox": _FULL}
    for name, document in looks.items():
        taken: list[float] = []
        for _ in range(_LOOKS):
            begun = time.monotonic()
            await client.data(document, "theo")
            taken.append(time.monotonic() - begun)
        found[f"full_inbox_{name}_ms"] = round(min(taken) * 1_000, 1)
    return found


async def _worker(settings: Settings) -> asyncio.subprocess.Process:
    mail = {"smtp_url": settings.smtp_url, "mail_from": settings.mail_from}
    return await start(settings, *_WORK, jobs_lease=_LEASE, **mail)


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


async def _want_mail(database: Database, mailed: int) -> None:
    """The first so many followers have an address that is theirs, and want to hear of replies at once."""
    given = {"people": mailed, "first": _FIRST}
    rows = _ROWS[database.dialect]
    await database.write(
        f"""insert into accounts (id, email, email_key, email_verified_at)
            select {{as_id first}} + n, 'fan-' || n || '@example.org', 'fan-' || n || '@example.org', {{now}}
            from {rows} r where true""",
        given,
    )
    await database.write(
        f"""insert into notification_rules (id, user_id, kind, channel, frequency)
            select {{as_id first}} + n, {{as_id first}} + n, 'REPLY', 'EMAIL', 'INSTANT' from {rows} r where true""",
        given,
    )


async def _have_arrived(desk: _Desk, letters: int) -> bool:
    return desk.got.total() >= letters


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
