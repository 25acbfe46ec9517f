"""What crowds do: all leave, or all come back at once after a restart."""

import asyncio
from argparse import Namespace
from typing import Any

import asyncpg

from tests.bench.fanout.crowd import Crowd
from tests.bench.fanout.documents import STREAM
from tests.bench.fanout.serving import Process
from tests.bench.fanout.subjects import Followed
from tests.bench.fanout.waiting import until

_PATIENCE = 60.0


async def disconnect(server: Process, crowd: Crowd) -> dict[str, Any]:
    """All leave, half of them without a word; what the server then still holds."""
    held, complaints = server.sockets(), server.complaints()
    left = (await crowd.ask("leave"))["left"]
    took = await until(lambda: server.sockets() <= held - left, _PATIENCE)
    await asyncio.sleep(3)  # what was closed is dropped two seconds later at the latest
    return {
        "left": left,
        "sockets_held": max(0, server.sockets() - (held - left)),
        "seconds": round(took, 2),
        "gauges": await server.gauges(),
        "memory_mb": round(server.memory_kb() / 1024, 1),
        "complaints_in_log": server.complaints() - complaints,
    }


async def reconnect(
    server: Process, crowd: Crowd, followed: Followed, end: Followed, asked: Namespace
) -> dict[str, Any]:
    """The server restarts and all come back at once, each with its own cursor. Then once more with nobody, so that
    what the database did for a start and an end alone can be taken off.
    """
    await crowd.ask("leave")
    stopped = await server.stop()
    before = await _transactions(asked.database)
    await server.start()
    cpu = server.cpu()
    opened = await crowd.ask(
        "open",
        port=server.port,
        document=STREAM,
        subjects=[followed.by(asked.subscribers)],
        at_once=asked.subscribers,
        narrow=0,
        patience=_PATIENCE,
    )
    spent = server.cpu() - cpu
    last = end.positions[-1][1]
    behind = await crowd.ask("until", subject=followed.id, number=last, patience=_PATIENCE)
    await server.stop()
    after = await _transactions(asked.database)
    await server.start()
    await asyncio.sleep(opened["caught_up_s"])
    await server.stop()
    idle = await _transactions(asked.database)
    await crowd.ask("leave")
    await server.start()
    return {
        "stopped_in_s": round(stopped, 2),
        **opened,
        **behind,
        "positions": len(followed.positions),
        "catch_up_cpu_s": round(spent, 2),
        "database_transactions": None if before is None else (after - before) - (idle - after),
    }


async def _transactions(database_url: str) -> int | None:
    """How many PostgreSQL has counted in this database: each statement outside of a transaction is one, and so is
    each that is prepared. A backend reports when it ends, so ask while no server runs.
    """
    if not database_url:
        return None
    await asyncio.sleep(1)
    connection = await asyncpg.connect(database_url)
    try:
        return await connection.fetchval(
            "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"
        )
    finally:
        await connection.close()
