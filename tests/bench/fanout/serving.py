"""One server process under measure: started, stopped or killed, its CPU, memory, descriptors and log looked at."""

import asyncio
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from random import SystemRandom
from typing import Any

import httpx2

from hub.settings import Settings
from tests.bench.unlimited import ENVIRONMENT
from tests.cli.servers import environment

HUB = ("hub.cli", "serve")
_PATIENCE = 60
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1024


class Process:
    """`python -m MODULE … --port PORT` over a community; the same port each time it is started."""

    def __init__(self, settings: Settings, module: tuple[str, ...], log: Path, **limits: str) -> None:
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._command = [sys.executable, "-m", *module, "--port", str(self.port)]
        self._environment = {
            **environment(settings),
            **ENVIRONMENT,
            **{f"HUB_{n.upper()}": value for n, value in limits.items()},
        }
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Until it is ready, also when another has begun to start it."""
        if not self.alive:
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command, env=self._environment, stdout=log, stderr=log, start_new_session=True
                )
        async with asyncio.timeout(_PATIENCE), httpx2.AsyncClient() as client:
            while True:
                assert self.alive, f"the server ended: {self._log.read_text()[-2000:]}"
                try:
                    if (await client.get(f"http://{self.address}/readyz")).status_code == 200:
                        return
                except httpx2.TransportError:
                    pass
                await asyncio.sleep(0.05)

    async def stop(self) -> float:
        """SIGTERM; the seconds until the process is gone."""
        begun = time.monotonic()
        if self._process is not None and self.alive:
            self._process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(_PATIENCE):
                await self._process.wait()
        return time.monotonic() - begun

    async def kill(self) -> None:
        if self._process is not None and self.alive:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()

    def cpu(self) -> float:
        """Seconds in user and system mode so far."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory_kb(self) -> float:
        return int(self._proc("statm").split()[1]) * _PAGE_KB

    def sockets(self) -> int:
        """Descriptors that are sockets: the listening one, connections to databases, and those of clients."""
        assert self._process is not None
        folder = Path(f"/proc/{self._process.pid}/fd")
        return sum(_target(entry).startswith("socket:") for entry in folder.iterdir())

    def complaints(self) -> int:
        """Lines of the log that tell of something broken."""
        return sum("Traceback" in line or '"level":"error"' in line.replace(" ", "") for line in self._lines())

    async def gauges(self) -> dict[str, float]:
        """What `/metrics` says of itself now; empty where there is no such address."""
        async with httpx2.AsyncClient() as client:
            answer = await client.get(f"http://{self.address}/metrics")
        lines = answer.text.splitlines() if answer.status_code == 200 else []
        names = {line.split()[2] for line in lines if line.startswith("# TYPE hub_") and line.endswith(" gauge")}
        found = [line.rsplit(" ", 1) for line in lines if line.partition("{")[0].partition(" ")[0] in names]
        return {name: float(value) for name, value in found}

    async def ask(self, query: str, token: str | None = None, **variables: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx2.AsyncClient(timeout=30) as client:
            answer = await client.post(
                f"http://{self.address}/graphql", json={"query": query, "variables": variables}, headers=headers
            )
        body = answer.json()
        assert "errors" not in body, body
        return body["data"]

    def _proc(self, name: str) -> str:
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}/{name}").read_text()

    def _lines(self) -> list[str]:
        return self._log.read_text().splitlines()


@asynccontextmanager
async def running(settings: Settings, module: tuple[str, ...], log: Path, **limits: str) -> AsyncGenerator[Process]:
    process = Process(settings, module, log, **limits)
    try:
        await process.start()
        yield process
    finally:
        await process.kill()


def free_port() -> int:
    """Below those that the system gives to clients: one who comes back early could be given a server's own."""
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def raise_files() -> None:
    """As many open files as the system allows; processes started from here get the same."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _target(entry: Path) -> str:
    """What a descriptor is of; it may be closed while we look."""
    try:
        return entry.readlink().name
    except OSError:
        return ""
