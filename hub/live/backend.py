"""What commands are handed: the database, the relay that tells, the mailer, the settings, lanes of busy rows."""

import asyncio
from contextlib import suppress
from typing import Any

from hub.live.brokers.broker import Broker
from hub.live.brokers.opening import open_broker
from hub.live.relay import Relay
from hub.mail.sending import Mailer
from hub.settings import Settings
from hub.store.database import Database
from hub.store.lanes import Lanes, Write

_DRAIN_SECONDS = 5.0


class Backend:
    def __init__(self, settings: Settings, database: Database, broker: Broker) -> None:
        self.settings = settings
        self.database = database
        self.broker = broker
        self.relay = Relay(database, broker, settings)
        self.mailer = Mailer(settings)
        self._lanes: dict[str, Lanes[Any, Any, Any]] = {}

    @classmethod
    async def open(cls, settings: Settings) -> "Backend":
        """Open what the URLs name and start to listen; close it with `close`."""
        database = await Database.open(settings)
        backend = cls(settings, database, open_broker(settings))
        await backend.relay.start()
        return backend

    async def close(self) -> None:
        """Write what waits in the lanes, send what is under way, then close."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                for lanes in self._lanes.values():
                    await lanes.drain()
                await self.mailer.drain()
        await self.relay.stop()
        await self.database.close()

    def lanes(self, name: str, write: Write[Any, Any, Any], *, batch: int, queue: int) -> Lanes[Any, Any, Any]:
        """The lanes of this name, the same ones for the life of the process."""
        if name not in self._lanes:
            self._lanes[name] = Lanes(write, batch=batch, queue=queue)
        return self._lanes[name]
