"""What goes wrong, each until it is cancelled; all of them count how often."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import asyncpg

from tests.bench.drops.reader import Reader
from tests.bench.fanout.serving import Process, free_port


@dataclass
class Fault:
    times: int = 0

    async def run(self) -> None:
        raise NotImplementedError

    async def mend(self) -> None:
        """All is well again from here on."""


@dataclass
class Cut(Fault):
    """Each connection lives two seconds on the average."""

    readers: list[Reader] | None = None
    every: float = 2.0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for place, reader in enumerate(self.readers or []):
                group.create_task(self._again(reader, Random(place)))

    async def _again(self, reader: Reader, random: Random) -> None:
        while True:
            await asyncio.sleep(random.uniform(0, 2 * self.every))
            if reader.line is not None:
                reader.line.cut(reset=random.random() < 0.5)
                self.times += 1


@dataclass
class BrokerKilled(Fault):
    broker: "Broker | None" = None
    every: float = 5.0
    away: float = 2.0

    async def run(self) -> None:
        assert self.broker is not None
        while True:
            await asyncio.sleep(self.every - self.away)
            await self.broker.kill()
            self.times += 1
            await asyncio.sleep(self.away)
            await self.broker.start()

    async def mend(self) -> None:
        assert self.broker is not None
        await self.broker.start()


@dataclass
class ServerKilled(Fault):
    """One of them, by turns; the others serve on."""

    servers: list[Process] | None = None
    every: float = 5.0
    away: float = 1.0

    async def run(self) -> None:
        servers = self.servers or []
        while True:
            await asyncio.sleep(self.every - self.away)
            server = servers[self.times % len(servers)]
            await server.kill()
            self.times += 1
            await asyncio.sleep(self.away)
            await server.start()

    async def mend(self) -> None:
        for server in self.servers or []:
            await server.start()


@dataclass
class ConnectionsEnded(Fault):
    """By the database itself, all of the hub's at once."""

    database_url: str = ""
    every: float = 3.0
    ended: int = 0

    async def run(self) -> None:
        connection = await asyncpg.connect(self.database_url)
        try:
            while True:
                await asyncio.sleep(self.every)
                self.ended += await connection.fetchval(
                    """select count(pg_terminate_backend(pid)) from pg_stat_activity
                       where datname = current_database() and pid <> pg_backend_pid()"""
                )
                self.times += 1
        finally:
            connection.terminate()


class Broker:
    """A Redis of this bench alone."""

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    async def start(self) -> None:
        if self._process is not None and self._process.returncode is None:
            return
        self._process = await asyncio.create_subprocess_exec(
            *("redis-server", "--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir", self._folder),
            stdout=asyncio.subprocess.DEVNULL,
        )
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        raise TimeoutError("redis-server does not answer")

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            os.kill(self._process.pid, signal.SIGKILL)
            await self._process.wait()


@asynccontextmanager
async def broker_of_its_own(folder: Path) -> AsyncGenerator[Broker]:
    assert shutil.which("redis-server"), "redis-server is not installed"
    broker = Broker(folder)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.kill()
