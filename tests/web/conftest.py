from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from hub.web.limits import Limits
from hub.web.routes import Web, build

from .fakes import FakeCallers, FakeEngine, FakeRelay, viewer_of


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def callers() -> FakeCallers:
    return FakeCallers()


@pytest.fixture
def relay() -> FakeRelay:
    return FakeRelay()


@pytest.fixture
def build_web(engine: FakeEngine, callers: FakeCallers, relay: FakeRelay) -> Callable[..., Web]:
    """Call it with what shall differ from the default limits."""

    def build_with(**limits: Any) -> Web:
        return build(engine, callers, relay, Limits(**limits), {}, viewer_of)

    return build_with


@pytest.fixture
async def browse(build_web: Callable[..., Web]) -> AsyncIterator[Callable[..., httpx2.AsyncClient]]:
    """HTTP clients of an app with the limits given."""
    clients: list[httpx2.AsyncClient] = []

    def browse_with(**limits: Any) -> httpx2.AsyncClient:
        web = build_web(**limits)
        app = Starlette(routes=web.routes, middleware=web.middleware)
        clients.append(httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://hub"))
        return clients[-1]

    yield browse_with
    for client in clients:
        await client.aclose()


@pytest.fixture
def client(browse: Callable[..., httpx2.AsyncClient]) -> httpx2.AsyncClient:
    return browse()
