"""A script in a process of its own, and the JSON lines that it told so far."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REQUIRED

FOLDER = Path(__file__).parent
PATIENCE = 60


def node() -> str:
    """The command; skips the test where Node or the libraries for it are missing."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node is not there")
    if not (FOLDER / "node_modules").is_dir():
        missing = "The libraries are not there: run `npm ci` in tests/clients"
        pytest.fail(missing) if REQUIRED else pytest.skip(missing)
    return found


class Script:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._told: list[tuple[str, Any]] = []

    def told(self, name: str) -> list[Any]:
        return [value for key, value in self._told if key == name]

    async def until(self, name: str, value: Any = None) -> None:
        """Until it tells this, with this value if one is given."""
        async with asyncio.timeout(PATIENCE):
            while (told := await self._next()) is not None:
                if told[0] == name and value in (None, told[1]):
                    return
        pytest.fail(f"The script ended before it told {name} {value}: {self._told}")

    async def ended(self) -> int:
        """Its exit code, after its last line."""
        async with asyncio.timeout(PATIENCE):
            while await self._next() is not None:
                pass
            return await self._process.wait()

    async def _next(self) -> tuple[str, Any] | None:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            return None
        (told,) = json.loads(line).items()
        self._told.append(told)
        return told


@asynccontextmanager
async def running(script: str, address: str, subject: str, **environment: str) -> AsyncIterator[Script]:
    command = sys.executable if script.endswith(".py") else node()
    process = await asyncio.create_subprocess_exec(
        command,
        str(FOLDER / script),
        address,
        subject,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Script(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
