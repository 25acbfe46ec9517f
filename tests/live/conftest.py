from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from hub.live.backend import Backend
from hub.live.brokers.broker import Broker
from hub.settings import Settings
from hub.store.database import Database

OpenBackend = Callable[..., Awaitable[Backend]]


@pytest.fixture
async def open_backend(settings: Settings) -> AsyncIterator[OpenBackend]:
    """Opens backends on one database, each with a broker or settings of its own if you wish."""
    opened: list[Backend] = []

    async def open_with(broker: Broker | None = None, **changes: Any) -> Backend:
        chosen = settings.model_copy(update=changes)
        if broker is None:
            backend = await Backend.open(chosen)
        else:
            backend = Backend(chosen, await Database.open(chosen), broker)
            await backend.relay.start()
        opened.append(backend)
        return backend

    yield open_with
    for backend in opened:
        await backend.close()
