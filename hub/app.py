"""Composition root: settings in, an ASGI application out. The one place where all floors meet."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.applications import Starlette

from hub.graph.operations import Caller, Callers, Engine
from hub.live import log
from hub.live.backend import Backend
from hub.logs import configure
from hub.settings import Settings, settings
from hub.store import idempotency
from hub.store.instants import now
from hub.store.migrating import pending
from hub.web.departure import LEAVE
from hub.web.limits import limits_of
from hub.web.origins import cors
from hub.web.routes import build

_HOUR = 3_600
_FOR_CLOSING = 0.05


def application() -> Starlette:
    """The hub as the environment describes it; uvicorn calls this in each worker."""
    configure()
    collect_garbage_seldom()
    return create(settings())


def collect_garbage_seldom() -> None:
    """With thousands of sockets a full collection stops everything for half a second, and hardly ever finds any."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


def create(chosen: Settings) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[dict[str, Any]]:
        backend = await Backend.open(chosen)
        callers = Callers(backend)
        checks = {
            "database": lambda: backend.database.fetch("select 1 as one"),
            "migrations": lambda: _ensure_migrated(backend),
            "broker": backend.broker.ready,
        }
        web = build(Engine(backend, callers), callers, backend.relay, limits_of(chosen), checks, _viewer_of)
        app.router.routes.extend(web.routes)
        app.state.backend = backend
        keeper = asyncio.create_task(_keep_house(backend))
        try:
            yield {LEAVE: partial(web.departure.begin, chosen.shutdown_grace)}
        finally:
            keeper.cancel()
            await web.shutdown(chosen.shutdown_grace)
            with suppress(TimeoutError):
                async with asyncio.timeout(chosen.shutdown_grace * _FOR_CLOSING):
                    await backend.close()

    return Starlette(lifespan=lifespan, middleware=cors(chosen.allowed_origins))


def _viewer_of(caller: Caller) -> int | None:
    """Under whom a caller's sockets are counted: the person, else the app."""
    return caller.viewer.user_id if caller.viewer.user_id is not None else caller.viewer.app_id


async def _ensure_migrated(backend: Backend) -> None:
    if missing := await pending(backend.database.client, backend.settings):
        raise RuntimeError(f"migrations are missing: {', '.join(missing)}")


async def _keep_house(backend: Backend) -> None:
    """Once an hour drop what is older than the settings say. Several processes doing it do no harm."""
    chosen = backend.settings
    while True:
        with suppress(Exception):
            await idempotency.prune(backend.database, now() - timedelta(days=chosen.idempotency_days))
            await log.prune(backend.database, keep=chosen.log_keep, before=now() - timedelta(days=chosen.log_days))
        await asyncio.sleep(_HOUR)
