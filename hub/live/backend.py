"""What commands are handed: database, relay, mailer, settings, limits, deadlines, fingerprints, and the lanes of busy
rows."""

import asyncio
from contextlib import suppress
from typing import Any

from hub.limits.attempts import Attempts
from hub.limits.budgets import Budgets
from hub.limits.deadlines import Deadlines
from hub.limits.redis import RedisBuckets, client
from hub.limits.usage import Usage
from hub.live.brokers.broker import Broker
from hub.live.brokers.opening import open_broker
from hub.live.relay import Relay
from hub.mail.sending import Mailer
from hub.settings import Settings
from hub.store.database import Database
from hub.store.fingerprints import Fingerprints
from hub.store.lanes import Lanes, Write, WriteAbreast

_DRAIN_SECONDS = 5.0
_WITHOUT_REDIS = {"", "postgres"}


class Backend:
    def __init__(self, settings: Settings, database: Database, broker: Broker, shared: Any = None) -> None:
        """`shared`: a Redis client, over which processes share budgets and count attempts together."""
        prefix = settings.broker_prefix
        self.settings = settings
        self.database = database
        self.broker = broker
        self.relay = Relay(database, broker, settings)
        self.budgets = Budgets(RedisBuckets(shared, prefix) if shared is not None else None)
        self.attempts = Attempts(prefix, shared)
        self.deadlines = Deadlines()
        self.usage = Usage(database)
        self.fingerprints = Fingerprints(database, settings)
        self._shared = shared
        self.mailer = Mailer(settings)
        self._lanes: dict[str, Lanes[Any, Any, Any]] = {}

    @classmethod
    async def open(cls, settings: Settings) -> "Backend":
        """Open what the URLs name and start to listen; close it with `close`."""
        database = await Database.open(settings)
        shared = None if settings.broker_url in _WITHOUT_REDIS else client(settings.broker_url)
        backend = cls(settings, database, open_broker(settings), shared)
        await backend.relay.start()
        return backend

    async def close(self) -> None:
        """Write what waits in the lanes, send what is under way, then close."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                for lanes in self._lanes.values():
                    await lanes.drain()
                await self.mailer.drain()
        await self.usage.close()
        await self.budgets.close()
        if self._shared is not None:
            await self._shared.aclose()
        await self.relay.stop()
        await self.database.close()

    def lanes(
        self,
        name: str,
        write: Write[Any, Any, Any],
        *,
        batch: int,
        queue: int,
        abreast: WriteAbreast[Any, Any, Any] | None = None,
    ) -> Lanes[Any, Any, Any]:
        """The lanes of this name, the same ones for the life of the process."""
        if name not in self._lanes:
            self._lanes[name] = Lanes(write, batch=batch, queue=queue, abreast=abreast)
        return self._lanes[name]
