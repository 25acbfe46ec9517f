"""What thousands of different documents leave behind in memory: `python -m tests.bench memory`.

Random documents over the whole schema are each asked three times, ten at once, so that most are planned, and prepared
by each connection in its turn. The memory of this process and of its PostgreSQL backends is told as it goes on: caches
fill first (`HUB_PLANS_CACHED`, `HUB_DOCUMENTS_CACHED`, prepared statements), then it is to stay.
"""

import asyncio
import logging
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import structlog

from hub.demo.loading import load
from hub.demo.story import STORY
from hub.graph.callers import Callers
from hub.graph.documents import BadDocument
from hub.graph.operations import Engine
from hub.live.backend import Backend
from hub.settings import Settings
from hub.store.migrating import migrate
from tests.documents import Documents
from tests.parity import ordinary, supply

_AT_ONCE = 10
_TIMES = 3


async def run(database_url: str, documents: int, seed: int, steps: int = 10) -> dict[str, Any]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), database_url=database_url, document_aliases=10_000)
        await migrate(settings)
        backend = await Backend.open(settings)
        try:
            await load(backend.database, STORY)
            return await _measure(backend, documents, seed, steps)
        finally:
            await backend.close()


async def _measure(backend: Backend, documents: int, seed: int, steps: int) -> dict[str, Any]:
    callers = Callers(backend)
    engine = Engine(backend, callers)
    nobody = await callers.of_token(None, "bench", "127.0.0.1")
    maker = Documents(engine.schema, await supply(backend), Random(seed), ordinary(engine))

    async def ask() -> None:
        made = maker.make()
        for _ in range(_TIMES):
            try:
                await engine.execute(engine.prepare(made.text, None), made.variables, nobody)
            except BadDocument:
                return

    asked, found = 0, list[dict[str, Any]]()
    for _ in range(steps):
        for _ in range(documents // steps // _AT_ONCE):
            await asyncio.gather(*(ask() for _ in range(_AT_ONCE)))
            asked += _AT_ONCE
        found.append({"documents": asked, "server_mb": megabytes("self"), "backends_mb": await _backends(backend)})
    return {"planned": engine.planner.counters.answered.total(), "memory": found}


async def _backends(backend: Backend) -> float:
    """What the connections' processes hold alone; 0 for SQLite, whose memory is ours."""
    if backend.database.dialect != "postgres":
        return 0.0
    rows = await backend.database.fetch("select pid from pg_stat_activity where datname = current_database()")
    return round(sum(megabytes(str(row["pid"])) for row in rows), 1)


def megabytes(process: str) -> float:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    private = (line.split() for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:")))
    return round(sum(int(kilobytes) for _, kilobytes, _ in private) / 1024, 1)
