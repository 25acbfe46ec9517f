"""`hub work`: a process that does jobs and serves nobody."""

import asyncio
import signal

from hub.app import worker_of
from hub.live.backend import Backend
from hub.settings import Settings


def run(chosen: Settings) -> None:
    """Do jobs until SIGTERM or SIGINT."""
    asyncio.run(_work(chosen))


async def _work(chosen: Settings) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def end(_number: int, _frame: object) -> None:
        loop.call_soon_threadsafe(ended.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    backend = await Backend.open(chosen)
    worker = worker_of(backend)
    worker.start()
    print(f"up to {chosen.jobs_workers} jobs at a time; Ctrl-C ends it", flush=True)
    try:
        await ended.wait()
    finally:
        await worker.stop(chosen.shutdown_grace)
        await backend.close()
