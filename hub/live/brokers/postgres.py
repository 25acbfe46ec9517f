import asyncio
from contextlib import suppress
from typing import Any

import asyncpg

from hub.live.brokers.network import QUIET_SECONDS, NetworkBroker
from hub.settings import Settings
from hub.store.database import connect_alone

_PATIENCE_SECONDS = 5.0


class PostgresBroker(NetworkBroker):
    """LISTEN and NOTIFY on the hub's own database, over one connection outside the pool.

    It notifies in statements of its own: those that commit a notice wait for each other in PostgreSQL, and no
    writer shall be among them.
    """

    lost = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._channel = f"{settings.broker_prefix}:wake"
        self._connection: Any = None
        self._connected, self._ended = asyncio.Event(), asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    async def ready(self) -> None:
        await self._run("select 1")

    async def _say(self, message: str) -> None:
        await self._run("select pg_notify($1, $2)", self._channel, message)

    async def _run(self, statement: str, *values: str) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS), self._one_at_a_time:
            await self._connected.wait()
            try:
                await self._connection.execute(statement, *values)
            finally:
                if self._connection.is_closed():  # asyncpg tells no listener of a connection that it gives up itself
                    self._ended.set()

    async def _hear(self) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            connection = await connect_alone(self._settings)
        self._connection = connection
        self._ended.clear()
        try:
            connection.add_termination_listener(lambda *_: self._ended.set())  # pyright: ignore[reportUnknownLambdaType] - asyncpg is partly typed
            await connection.add_listener(self._channel, self._notified)
            self._connected.set()
            while not self._ended.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(QUIET_SECONDS):
                        await self._ended.wait()
                await self._run("select 1")
        finally:
            self._connected.clear()
            await connection.close(timeout=1)

    def _notified(self, _connection: object, _pid: int, _channel: str, message: object) -> None:
        self._heard(str(message))

    async def _leave(self) -> None:
        """`_hear` has closed what it opened."""
