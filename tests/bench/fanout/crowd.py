"""The readers' process as the bench holds it."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

_LINE = 16_777_216


@dataclass(frozen=True)
class Crowd:
    process: asyncio.subprocess.Process

    async def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
        await stdin.drain()
        line = await stdout.readline()
        assert line, "the readers' process ended"
        return json.loads(line)


@asynccontextmanager
async def gathered() -> AsyncGenerator[Crowd]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.fanout.readers"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE,
    )
    try:
        yield Crowd(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
