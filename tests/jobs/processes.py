"""Worker processes for a test: started, and ended whatever happens."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from hub.settings import Settings
from tests.cli.servers import environment

ROOT = str(Path(__file__).parents[2])


async def start(settings: Settings, *command: str, **more: object) -> asyncio.subprocess.Process:
    """`python ARGUMENTS`, by default one that does the jobs of tests; `more` are settings that differ."""
    changed = {f"HUB_{name.upper()}": str(value) for name, value in more.items()}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-u",
        *(command or ("-m", "tests.jobs.process")),
        env=environment(settings) | changed,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )


async def kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    await process.wait()


@asynccontextmanager
async def workers(settings: Settings, count: int, **more: object) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    async with AsyncExitStack() as stack:
        found = [await start(settings, **more) for _ in range(count)]
        for process in found:
            stack.push_async_callback(kill, process)
        yield found
