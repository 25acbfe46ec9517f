"""The real engine behind the real doors, asked over HTTP without a connection between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from starlette.applications import Starlette

from hub.graph.callers import Callers
from hub.graph.operations import Engine
from hub.live.backend import Backend
from hub.web.limits import limits_of
from hub.web.routes import Web, build


def web_of(backend: Backend) -> tuple[Engine, Web]:
    callers = Callers(backend)
    engine = Engine(backend, callers)
    limits = limits_of(backend.settings)
    return engine, build(engine, callers, backend.relay, limits, {}, lambda caller: caller.viewer.user_id)


@asynccontextmanager
async def asking(backend: Backend) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of this hub."""
    _, web = web_of(backend)
    async with over(web) as client:
        yield client


@asynccontextmanager
async def over(web: Web) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(Starlette(routes=web.routes, middleware=web.middleware))
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client
