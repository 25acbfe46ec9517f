"""Sessions of apps over the real database: what ends or changes their access elsewhere, they know."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from typing import Any

import pytest

from hub.graph.ids import from_global
from hub.live.backend import Backend
from hub.partners.commands.apps import AppText, change_app, set_app_status
from hub.partners.commands.grants import grant_app, revoke_grant
from hub.partners.commands.tokens import issue_app_token, revoke_app_token, revoke_tokens_of
from hub.partners.loaders import tokens_of_app
from hub.store.loaders import Page
from hub.store.reader import Reader
from hub.users.commands import ban
from hub.web.sessions import SessionEnded, Sessions
from tests.client import Client
from tests.conftest import viewer_of


@pytest.fixture
async def elsewhere(client: Client) -> AsyncIterator[Backend]:
    async with AsyncExitStack() as stack:
        backend = await Backend.open(client.backend.settings)
        stack.push_async_callback(backend.close)
        yield backend


async def suspend(backend: Backend, app_id: int) -> None:
    await set_app_status(backend, await viewer_of(backend, "otto"), app_id=app_id, status="SUSPENDED")


async def revoke_the_token(backend: Backend, app_id: int) -> None:
    admin = await viewer_of(backend, "otto")
    (token,) = (await Reader(backend.database, admin).many(tokens_of_app, app_id, Page(10))).rows
    await revoke_app_token(backend, admin, token_id=token["id"])


async def take_back(backend: Backend, app_id: int) -> None:
    await revoke_grant(backend, await viewer_of(backend, "ines"), app_id=app_id)


async def grant_again(backend: Backend, app_id: int) -> None:
    await grant_app(backend, await viewer_of(backend, "ines"), app_id=app_id, scopes=[])


async def ban_her(backend: Backend, app_id: int) -> None:
    await ban(backend, "ines")


async def end_hers(backend: Backend, app_id: int) -> None:
    await revoke_tokens_of(backend, "ines")


@pytest.mark.parametrize(
    ("change", "ended"),
    [
        (suspend, {"alone", "for her"}),
        (revoke_the_token, {"alone"}),
        (take_back, {"for her"}),
        (grant_again, {"for her"}),
        (ban_her, {"for her"}),
        (end_hers, {"for her"}),
    ],
)
async def test_what_ends_access_elsewhere_ends_the_sessions_that_it_concerns(
    client: Client, elsewhere: Backend, free: str, change: Any, ended: set[str]
):
    app_id = from_global(free)[1]
    admin, ines = await viewer_of(client.backend, "otto"), await viewer_of(client.backend, "ines")
    own = await issue_app_token(client.backend, admin, app_id=app_id, scopes=[])
    hers = await grant_app(client.backend, ines, app_id=app_id, scopes=[])
    sessions = Sessions(client.backend.relay, client._callers, 600)
    told, opened = {"alone": asyncio.Event(), "for her": asyncio.Event()}, {}
    with ExitStack() as stack:
        for name, token in (("alone", own), ("for her", hers)):
            caller = await client._callers.of_token(token.text, "test", "127.0.0.1")
            counted = caller.viewer.user_id or caller.viewer.app_id
            opened[name] = stack.enter_context(sessions.open(caller, counted, told[name].set))
        assert sessions.people == 2
        await change(elsewhere, app_id)
        async with asyncio.timeout(10):
            await asyncio.gather(*(told[name].wait() for name in ended))
        for name in ended:
            with pytest.raises(SessionEnded):
                await opened[name].ensure()
        for name in told.keys() - ended:
            await opened[name].renew()
    assert sessions.people == 0


async def test_scopes_taken_elsewhere_are_taken_from_open_sessions(client: Client, elsewhere: Backend, free: str):
    app_id = from_global(free)[1]
    ines = await viewer_of(client.backend, "ines")
    hers = await grant_app(client.backend, ines, app_id=app_id, scopes=["COMMENTS_WRITE", "RSVPS_WRITE"])
    caller = await client._callers.of_token(hers.text, "test", "127.0.0.1")
    news = asyncio.Event()
    with Sessions(client.backend.relay, client._callers, 600).open(caller, ines.user_id, lambda: None) as session:
        session.on_change.add(news.set)
        text = AppText(name="Free app", homepage=None, scopes=["RSVPS_WRITE"], origins=[])
        await change_app(elsewhere, await viewer_of(elsewhere, "otto"), text, app_id=app_id, club_id=None)
        async with asyncio.timeout(10):
            await news.wait()
        assert session.caller.viewer.scopes == frozenset({"RSVPS_WRITE"})
