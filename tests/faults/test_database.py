"""PostgreSQL slow, silent, down, and with connections that died without a word; SQLite locked by somebody else."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncGenerator

import pytest

from hub.settings import Settings
from hub.store.database import Database
from tests.faults.conftest import HURRIED, Gather
from tests.faults.crowd import WELCOME, Crowd, Heard, ensure_told
from tests.faults.line import Line, State, line_to

LONGEST = HURRIED["operation_timeout"]
NOISE = 6  # seconds for a busy machine
STREAM = """subscription ($s: ID!, $a: LiveCursor) { commentStream(subjectId: $s, after: $a) { __typename
    ... on CommentAdded { comment { body { source } } } } }"""


@pytest.fixture
async def line(settings: Settings, form: str) -> AsyncGenerator[tuple[Line, Settings]]:
    if form != "scaled":
        pytest.skip("no line leads to SQLite")
    async with line_to(settings.database_url) as (line, url):
        yield line, settings.model_copy(update={"database_url": url})


async def ensure_each_kept_once(settings: Settings, crowd: Crowd) -> None:
    database = await Database.open(settings)
    rows = await database.fetch("select body_source from comments where body_source like 'fault %'")
    await database.close()
    assert Counter(row["body_source"] for row in rows) == Counter(crowd.comments)


async def ensure_well(crowd: Crowd) -> None:
    await crowd.until_served()
    await crowd.write_all_again()
    assert all(one.well for one in await crowd.come())


@pytest.mark.parametrize("state", ["slow", "silent", "down"])
async def test_while_it_is_away_each_hears_so_in_time_and_what_is_written_again_is_kept_once(
    line: tuple[Line, Settings], settings: Settings, gather: Gather, state: State
):
    wire, through = line
    async with gather(through) as crowd:
        assert all(one.well for one in await crowd.come())
        await wire.become(state)
        heard = await crowd.come() + await crowd.come()
        ensure_told(heard, within=LONGEST + NOISE)
        if state != "slow":
            assert not any(one.well for one in heard)
            assert not await crowd.ready()
        await wire.become("whole")
        await ensure_well(crowd)
    await ensure_each_kept_once(settings, crowd)


async def test_connections_that_died_without_a_word_are_replaced(
    line: tuple[Line, Settings], settings: Settings, gather: Gather
):
    wire, through = line
    async with gather(through) as crowd:
        await crowd.come()
        wire.forget()
        ensure_told(await crowd.come(), within=LONGEST + NOISE)
        await ensure_well(crowd)
    await ensure_each_kept_once(settings, crowd)


async def test_who_follows_gets_what_was_written_after_the_database_was_back(
    line: tuple[Line, Settings], gather: Gather
):
    wire, through = line
    async with gather(through) as crowd:
        post = (await crowd.server.ask(WELCOME))["data"]["post"]
        async with crowd.server.listen(STREAM, s=post["id"], a=post["liveCursor"]) as listener:
            assert (await listener.next())["commentStream"]["__typename"] == "CaughtUp"
            await wire.become("down")
            ensure_told(await crowd.come(), within=LONGEST + NOISE)
            await wire.become("whole")
            await crowd.until_served()
            await crowd.write_all_again()
            heard = [(await listener.next())["commentStream"] for _ in crowd.comments]
        assert Counter(one["comment"]["body"]["source"] for one in heard) == Counter(crowd.comments)


async def test_while_somebody_else_keeps_sqlite_locked_writers_hear_so_in_time(
    settings: Settings, form: str, gather: Gather
):
    if form != "embedded":
        pytest.skip("PostgreSQL is not locked as a whole")
    async with gather(settings) as crowd:
        other = sqlite3.connect(settings.data_dir / "hub.sqlite3", isolation_level=None)
        other.execute("begin immediate")
        texts = [f"fault {place}" for place in range(4)]
        crowd.comments += texts
        heard: list[Heard] = await asyncio.gather(*(crowd.write(text) for text in texts))
        ensure_told(heard, within=LONGEST + NOISE)
        assert not any(one.well for one in heard)
        other.execute("rollback")
        other.close()
        await ensure_well(crowd)
    await ensure_each_kept_once(settings, crowd)
