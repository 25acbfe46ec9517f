"""A reader asks for a page again and again: first alone, then beside each attack, from a process of its own.

Told are the reader's p99 calm and beside, how the attacks were answered and how long the slowest answer took, the
longest turn of the server's event loop by its own watchdog, and its memory before all and after each round of them. The
first round fills caches and the allocator's arenas; then it is to stay.
"""

import asyncio
import json
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2

from hub.demo.loading import load
from hub.demo.story import STORY
from hub.settings import Settings
from hub.store.database import Database
from hub.store.migrating import migrate
from tests.bench.attacks.weapons import WEAPONS
from tests.bench.memory import megabytes
from tests.bench.unlimited import UNLIMITED
from tests.cli.servers import Server, serving

_PAGE = '{ post(slug: "her-first-ride") { title comments(first: 20) { nodes { body { html } author { handle } } } } }'
_READERS = 2
_PAUSE = 0.02
_BLOCK = re.compile(r"^hub_loop_longest_block_seconds (\S+)$", re.MULTILINE)


async def run(
    database_url: str, seconds: float, rounds: int = 1, names: tuple[str, ...] = tuple(WEAPONS)
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), database_url=database_url)
        await migrate(settings)
        database = await Database.open(settings)
        try:
            await load(database, STORY)
        finally:
            await database.close()
        async with serving(settings, "serve", log=Path(folder, "log"), **UNLIMITED) as server:
            return await _measure(server, seconds, rounds, names)


async def _measure(server: Server, seconds: float, rounds: int, names: tuple[str, ...]) -> dict[str, Any]:
    await _read(server, 1)
    calm = await _read(server, seconds)
    memory = [megabytes(str(server.process.pid))]
    found: dict[str, Any] = {}
    for _ in range(rounds):
        for name in names:
            attacking = asyncio.create_task(_attack(name, server, seconds + 1))
            await asyncio.sleep(0.5)
            beside = await _read(server, seconds)
            found[name] = {"p99_ms": _p99(beside), **await attacking, "longest_turn_ms": await _longest_turn(server)}
        memory.append(megabytes(str(server.process.pid)))
    return {"calm_p99_ms": _p99(calm), "beside": found, "memory_mb": {"before": memory[0], "rounds": memory[1:]}}


async def _read(server: Server, seconds: float) -> list[float]:
    until = time.monotonic() + seconds

    async def again(client: httpx2.AsyncClient) -> list[float]:
        took: list[float] = []
        while (begun := time.monotonic()) < until:
            answer = await client.post("/graphql", json={"query": _PAGE})
            assert answer.status_code == 200, answer.text
            took.append((time.monotonic() - begun) * 1000)
            await asyncio.sleep(_PAUSE)
        return took

    async with httpx2.AsyncClient(base_url=f"http://{server.address}", timeout=30) as client:
        return [one for each in await asyncio.gather(*(again(client) for _ in range(_READERS))) for one in each]


async def _attack(name: str, server: Server, seconds: float) -> dict[str, Any]:
    host, _, port = server.address.partition(":")
    command = (sys.executable, "-m", "tests.bench.attacks.attacker", name, host, port, str(seconds))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return json.loads(output)


async def _longest_turn(server: Server) -> float:
    """Since the server began."""
    async with httpx2.AsyncClient(timeout=30) as client:
        page = (await client.get(f"http://{server.address}/metrics")).text
    told = _BLOCK.search(page)
    return round(float(told[1]) * 1000, 1) if told is not None else 0.0


def _p99(values: list[float]) -> float:
    return round(statistics.quantiles(values, n=100)[98], 1)


def table(result: dict[str, Any]) -> str:
    lines = [f"{'calm':<34} p99 {result['calm_p99_ms']:>7} ms"]
    for name, one in result["beside"].items():
        lines.append(
            f"{name:<34} p99 {one['p99_ms']:>7} ms, {one['answers']:>5} answers, slowest {one['slowest_ms']:>7} ms,"
            f" {one['statuses']}, longest turn so far {one['longest_turn_ms']} ms"
        )
    memory = result["memory_mb"]
    after = ", ".join(str(each) for each in memory["rounds"])
    return "\n".join([*lines, f"{'memory':<34} {memory['before']} MB before, after each round {after} MB"])
