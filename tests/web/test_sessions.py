"""Sessions over the real database: what one process changes, the sessions of another know."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import pytest

from hub.clubs.commands import join_club, leave_club
from hub.demo.loading import load
from hub.demo.story import STORY
from hub.graph.callers import Caller, Callers
from hub.live import log
from hub.live.backend import Backend
from hub.settings import Settings
from hub.store.audience import Standing
from hub.users.commands import ban, issue_token, revoke_tokens, set_role
from hub.web.sessions import SessionEnded, Sessions
from tests.conftest import viewer_of


class Here:
    """A process with sessions in it."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.callers = Callers(backend)
        self.sessions = Sessions(backend.relay, self.callers, 600)

    async def caller(self, handle: str) -> Caller:
        token = await issue_token(self.backend.database, handle, 1)
        return await self.callers.of_token(token.text, "test", "127.0.0.1")

    def open(self, caller: Caller, on_end: Any = lambda: None) -> Any:
        return self.sessions.open(caller, caller.viewer.user_id, on_end)


@pytest.fixture
async def here(settings: Settings) -> AsyncIterator[Here]:
    backend = await Backend.open(settings)
    await load(backend.database, STORY)
    yield Here(backend)
    await backend.close()


@pytest.fixture
async def elsewhere(here: Here, settings: Settings) -> AsyncIterator[Backend]:
    """Another process on the same database."""
    backend = await Backend.open(settings)
    yield backend
    await backend.close()


async def changed(session: Any) -> None:
    news = asyncio.Event()
    session.on_change.add(news.set)
    async with asyncio.timeout(10):
        await news.wait()
    session.on_change.discard(news.set)


async def test_a_role_given_elsewhere_changes_the_caller_of_each_session(here: Here, elsewhere: Backend):
    one, other = await here.caller("ines"), await here.caller("ines")
    with here.open(one) as first, here.open(other) as second, here.open(await here.caller("jonas")) as third:
        waiting = [asyncio.create_task(changed(session)) for session in (first, second)]
        await set_role(elsewhere, "ines", Standing.MODERATOR)
        await asyncio.gather(*waiting)
        assert {first.caller.viewer.standing, second.caller.viewer.standing} == {Standing.MODERATOR}
        assert third.caller.viewer.standing is not Standing.MODERATOR
        assert (first.caller.token, second.caller.token) == (one.token, other.token)


async def test_joining_and_leaving_a_club_elsewhere_change_the_caller(here: Here, elsewhere: Backend):
    (club,) = await elsewhere.database.fetch(
        """select id from clubs where join_policy = 'OPEN' and id not in
           (select club_id from memberships m join users u on u.id = m.user_id where u.handle = 'ines') limit 1"""
    )
    with here.open(await here.caller("ines")) as session:
        for change, there in ((join_club, True), (leave_club, False)):
            waiting = asyncio.create_task(changed(session))
            await change(elsewhere, await viewer_of(elsewhere, "ines"), club_id=club["id"])
            await waiting
            assert (club["id"] in session.caller.viewer.clubs) is there


@pytest.mark.parametrize("change", [ban, revoke_tokens])
async def test_a_ban_or_a_revoked_token_elsewhere_ends_the_session(here: Here, elsewhere: Backend, change: Any):
    ended, others = asyncio.Event(), []
    with (
        here.open(await here.caller("ines"), ended.set) as session,
        here.open(await here.caller("jonas"), lambda: others.append("ended")) as other,
    ):
        await session.ensure()
        await change(elsewhere, "ines")
        async with asyncio.timeout(10):
            await ended.wait()
        with pytest.raises(SessionEnded):
            await session.ensure()
        await other.ensure()
    assert others == []


async def test_a_change_between_the_look_up_and_the_opening_is_not_missed(here: Here, elsewhere: Backend):
    early = await here.caller("ines")
    with here.open(await here.caller("ines")) as first:
        waiting = asyncio.create_task(changed(first))
        await set_role(elsewhere, "ines", Standing.MODERATOR)
        await waiting
        with here.open(early) as late:
            await changed(late)
            assert late.caller.viewer.standing is Standing.MODERATOR
    stale = await here.caller("ines")
    await set_role(elsewhere, "ines", Standing.ADMIN)
    with here.open(stale) as alone:
        await changed(alone)
        assert alone.caller.viewer.standing is Standing.ADMIN


async def test_idle_sessions_cost_one_statement_a_poll_however_many_they_are(
    here: Here, monkeypatch: pytest.MonkeyPatch
):
    callers = [await here.caller(person.handle) for person in STORY.people[:10] for _ in range(5)]
    sent: list[str] = []
    polls, positions, send = asyncio.Semaphore(0), log.positions, here.backend.database._send

    async def counted(connection: Any, sql: str, parameters: Any) -> Any:
        sent.append(sql)
        return await send(connection, sql, parameters)

    async def polled(database: Any, streams: list[int]) -> Any:
        if len(streams) == 10:
            polls.release()
        return await positions(database, streams)

    with ExitStack() as stack:
        monkeypatch.setattr(here.backend.database, "_send", counted)
        monkeypatch.setattr(log, "positions", polled)
        for caller in callers:
            await stack.enter_context(here.open(caller)).ensure()
        assert here.sessions.people == 10
        async with asyncio.timeout(20):
            for _ in range(5):
                await polls.acquire()
        assert {"from streams" in sql for sql in sent} == {True}
        assert 4 <= len(sent) <= 7
    assert here.sessions.people == 0


async def test_when_all_have_left_no_task_and_no_watch_is_left(here: Here):
    before = asyncio.all_tasks()
    callers = [await here.caller(handle) for handle in ("ines", "jonas", "mara") for _ in range(10)]
    for turns in range(4):
        with ExitStack() as stack:
            for caller in callers:
                stack.enter_context(here.open(caller))
            for _ in range(turns):
                await asyncio.sleep(0)
    async with asyncio.timeout(5):
        while left := asyncio.all_tasks() - before:
            await asyncio.wait(left)
    assert (here.sessions.people, here.backend.relay.watched) == (0, 0)


async def test_a_stopped_process_lets_go_of_all(here: Here):
    before = asyncio.all_tasks()
    with here.open(await here.caller("ines")):
        await asyncio.sleep(0)
        await here.backend.relay.stop()
        async with asyncio.timeout(5):
            while left := asyncio.all_tasks() - before - {asyncio.current_task()}:
                await asyncio.wait(left)
