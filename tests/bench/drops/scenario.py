"""One fault after the other, each over servers of its own. Read `run` first."""

import asyncio
from argparse import Namespace
from collections import Counter
from contextlib import AsyncExitStack, suppress
from random import Random
from typing import Any

from tests.bench.drops.faults import BrokerKilled, ConnectionsEnded, Cut, Fault, ServerKilled, broker_of_its_own
from tests.bench.drops.reader import Reader
from tests.bench.drops.writer import Writers
from tests.bench.fanout.community import SLUG, Community, community
from tests.bench.fanout.documents import POST
from tests.bench.fanout.serving import HUB, Process, raise_files, running
from tests.bench.fanout.waiting import until

FAULTS = ("cut", "redis", "worker", "postgres")
_LIMITS = {"sockets_per_address": "1000000"}
_ARRIVING = 3.0
_PATIENCE = 300.0


async def run(asked: Namespace) -> dict[str, Any]:
    raise_files()
    faults = FAULTS if asked.fault == "all" else (asked.fault,)
    return {fault: await _one(fault, asked) for fault in faults}


async def _one(fault: str, asked: Namespace) -> dict[str, Any]:
    if fault == "postgres" and not asked.database:
        return {"skipped": "needs --database postgres://…"}
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(community(asked.database, asked.broker))
        broker = await stack.enter_async_context(broker_of_its_own(place.folder)) if fault == "redis" else None
        settings = place.settings.model_copy(update={"broker_url": broker.url}) if broker else place.settings
        servers = [
            await stack.enter_async_context(running(settings, HUB, place.folder / f"{number}.log", **_LIMITS))
            for number in range(1 if fault == "cut" else 2)
        ]
        post = (await servers[0].ask(POST, slug=SLUG, last=1))["post"]
        nodes = post["comments"]["nodes"]
        base = nodes[-1]["number"] if nodes else 0
        readers = [Reader(servers, SLUG, base, Random(number)) for number in range(asked.readers)]
        chosen: dict[str, Fault] = {
            "cut": Cut(readers=readers),
            "redis": BrokerKilled(broker=broker),
            "worker": ServerKilled(servers=servers),
            "postgres": ConnectionsEnded(database_url=asked.database),
        }
        return await _measure(place, servers, post["id"], readers, chosen[fault], asked)


async def _measure(
    place: Community, servers: list[Process], subject: str, readers: list[Reader], fault: Fault, asked: Namespace
) -> dict[str, Any]:
    writers = Writers(servers, place.tokens, subject)
    reading = [asyncio.create_task(_arrive(reader, asked.seconds)) for reader in readers]
    trouble = asyncio.create_task(fault.run())
    try:
        await writers.paced(asked.rate, asked.seconds)
        await _ended(trouble)
        await fault.mend()
        expected = sorted(writers.answered.items(), key=lambda comment: comment[1])
        took = await until(lambda: all(len(reader.got) >= len(expected) for reader in readers), _PATIENCE)
        await asyncio.sleep(0.5)  # what comes too much comes now
        post = (await servers[0].ask(POST, slug=SLUG, last=1))["post"]
    finally:
        for task in (*reading, trouble):
            await _ended(task)
    return {
        "readers": len(readers),
        "complete": sum(reader.got == expected for reader in readers),
        "comments_answered": len(expected),
        "comments_stored": post["comments"]["nodes"][-1]["number"] - readers[0].base,
        "lost": sum(len(set(expected) - set(reader.got)) for reader in readers),
        "doubled": sum(reader.doubled for reader in readers),
        "reordered": sum(reader.reordered for reader in readers),
        "not_answered_but_got": sum(len(set(reader.got) - set(expected)) for reader in readers),
        "resyncs": sum(reader.resyncs for reader in readers),
        "refused": dict(sum((reader.refusals for reader in readers), Counter()).most_common(5)),
        "faults": fault.times,
        "reconnects": sum(reader.connections - 1 for reader in readers),
        "writes_repeated": writers.repeated,
        "writes_replayed": writers.replayed,
        "complete_after_s": round(took, 2),
        "complaints_in_log": sum(server.complaints() for server in servers),
    }


async def _arrive(reader: Reader, seconds: float) -> None:
    """Not all at once: some find comments on the page already."""
    await asyncio.sleep(reader.random.uniform(0, min(_ARRIVING, seconds / 2)))
    await reader.run()


async def _ended(task: asyncio.Task[None]) -> None:
    if not task.done():
        task.cancel()
    with suppress(asyncio.CancelledError):
        await task
