"""Server processes of the bench, and what the kernel tells of them: CPU time and memory."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE = 60


@dataclass(frozen=True)
class Command:
    arguments: list[str]
    environment: dict[str, str]
    folder: Path | None = None


@dataclass(frozen=True)
class Server:
    name: str
    process: asyncio.subprocess.Process
    port: int

    @property
    def pids(self) -> list[int]:
        return _with_children(self.process.pid)

    def cpu_seconds(self) -> float:
        return sum(cpu_seconds(self.pids).values())

    def memory_mb(self) -> float:
        """What it holds alone, and its share of what it holds with others."""
        lines = (line for pid in self.pids for line in _lines(f"/proc/{pid}/smaps_rollup"))
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@asynccontextmanager
async def running(name: str, command: Command, port: int, log: Path) -> AsyncIterator[Server]:
    """The server, ready to take connections; ended with its children when the block is left."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HUB_")}
    with log.open("w") as output:
        process = await asyncio.create_subprocess_exec(
            *command.arguments,
            cwd=command.folder,
            env={**kept, **command.environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        await _ready(name, process, port, log)
        yield Server(name, process, port)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), 5)
            except TimeoutError:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()


async def _ready(name: str, process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    async with asyncio.timeout(_PATIENCE):
        while True:
            if process.returncode is not None:
                raise SystemExit(f"{name} did not start:\n{log.read_text()[-3_000:]}")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def cpu_seconds(pids: Iterable[int]) -> dict[int, float]:
    """User and system time of each process that is still there."""
    found: dict[int, float] = {}
    for pid in pids:
        for line in _lines(f"/proc/{pid}/stat"):
            parts = line.rpartition(")")[2].split()
            found[pid] = (int(parts[11]) + int(parts[12])) / _TICKS
    return found


def is_postgres(pid: int) -> bool:
    return any("(postgres)" in line for line in _lines(f"/proc/{pid}/stat"))


def _with_children(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in " ".join(_lines(str(task))).split():
            found += _with_children(int(child))
    return found


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
