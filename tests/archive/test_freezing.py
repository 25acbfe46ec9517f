"""A freeze holds by the clock and is told once, at its date: not before, and not when it was moved or taken back."""

import asyncio
from datetime import timedelta

import pytest

from hub.archive.freezing import freeze_category, freeze_thread
from hub.archive.planting import Freeze
from hub.audit.recording import SHELL
from hub.live import log
from hub.store.instants import now, whole
from hub.subjects.notices import STATE_CHANGED
from tests.client import Client
from tests.mutations import a_thread, refused, row_id, write
from tests.notifications.told import do_jobs, inbox, texts

TOLD = "A thread that you follow was closed and stays readable."
_THREAD = """query ($id: ID!) { node(id: $id) { ... on Thread { category { id }
    archive { reason banner successor { ... on Post { slug } } } } } }"""


async def followed(client: Client, kind: str = "thread", level: str = "ALL") -> tuple[str, str]:
    """A thread, and what ines follows: it or its category."""
    thread = await a_thread(client, "otto")
    category = (await client.data(_THREAD, id=thread))["node"]["category"]["id"]
    await do_jobs(client.backend)
    await write(client, "follow", "ines", targetId=thread if kind == "thread" else category, level=level)
    return thread, category


def at(**ahead: float) -> Freeze:
    return Freeze(at=now() + timedelta(**ahead), reason="The forum moves.", banner="Read only.")


async def frozen(client: Client, thread: str, freeze: Freeze | None) -> bool:
    return await freeze_thread(client.backend, SHELL, row_id(thread), freeze)


async def hurry(client: Client) -> None:
    """All timers are due."""
    await client.backend.database.write("update jobs set run_at = {now}")


async def changes(client: Client, thread: str) -> int:
    """How often the thread's stream told of its state."""
    notices = await log.read(client.backend.database, row_id(thread), 0, 100)
    return sum(notice.kind == STATE_CHANGED for notice in notices)


async def told(client: Client) -> list[str]:
    return texts(await inbox(client, "ines"))


@pytest.mark.parametrize("kind", ["thread", "category"])
async def test_who_follows_is_told_once_with_the_place_where_talk_goes_on(client: Client, kind: str):
    thread, _ = await followed(client, kind)
    (post,) = await client.backend.database.fetch("select id, slug from posts where slug = 'welcome'")
    assert await frozen(client, thread, Freeze(at=now(), reason="Moved.", successor=("POST", post["id"])))
    assert await told(client) == await told(client) == [TOLD]
    shown = (await client.data(_THREAD, id=thread))["node"]["archive"]
    assert shown == {"reason": "Moved.", "banner": None, "successor": {"slug": "welcome"}}
    assert (await refused(client, "addComment", "ines", subjectId=thread, body="Oh."))["code"] == "ARCHIVED"
    assert not await frozen(client, thread, at(hours=1))
    assert not await frozen(client, thread, None)


async def test_a_date_ahead_is_told_when_it_comes(client: Client):
    thread, _ = await followed(client)
    await frozen(client, thread, at(seconds=0.3))
    async with asyncio.timeout(20):
        while not (texts_told := await told(client)):  # noqa: ASYNC110 - what is waited for is the database's clock
            await asyncio.sleep(0.05)
    assert texts_told == await told(client) == [TOLD]
    assert await changes(client, thread) == 2
    assert (await refused(client, "addComment", "ines", subjectId=thread, body="Oh."))["code"] == "ARCHIVED"


async def test_before_its_date_nobody_is_told_and_all_may_write(client: Client):
    thread, _ = await followed(client)
    await frozen(client, thread, at(hours=1))
    assert await told(client) == []
    assert await changes(client, thread) == 1
    await write(client, "addComment", "ines", subjectId=thread, body="Still open.")


async def test_a_date_that_was_moved_tells_nothing_when_it_comes(client: Client):
    thread, _ = await followed(client)
    await frozen(client, thread, at(hours=1))
    past = whole(now() - timedelta(hours=1))
    await client.backend.database.write(
        "update subjects set frozen_at = {as_instant past} where id = :id", {"past": past, "id": row_id(thread)}
    )
    await hurry(client)
    assert await told(client) == []
    assert await changes(client, thread) == 1


async def test_a_freeze_that_was_taken_back_tells_nothing(client: Client):
    thread, _ = await followed(client)
    assert not await frozen(client, thread, None)
    assert await frozen(client, thread, at(hours=1))
    assert await frozen(client, thread, None)
    await hurry(client)
    assert await told(client) == []
    assert await changes(client, thread) == 2
    assert (await client.data(_THREAD, id=thread))["node"]["archive"] is None


async def test_a_category_is_frozen_with_its_threads_and_told_of_as_a_whole(client: Client):
    thread, category = await followed(client, "category")
    await write(client, "follow", "theo", targetId=thread, level="DIGEST")
    count = await freeze_category(client.backend, SHELL, row_id(category), at(seconds=-1))
    (kept,) = await client.backend.database.fetch(
        "select count(*) as n from subjects where category_id = :id and frozen_at <= {now}", {"id": row_id(category)}
    )
    assert 0 < count == kept["n"]
    found = await inbox(client, "ines")
    assert texts(found) == ["A part of the forum that you follow was closed and stays readable."]
    assert found["notifications"]["nodes"][0]["target"] == {"__typename": "Category", "id": category}
    assert texts(await inbox(client, "theo")) == [TOLD]
    assert await freeze_category(client.backend, SHELL, row_id(category), at(seconds=-1)) == 0
