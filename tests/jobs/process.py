"""`python -m tests.jobs.process`: a process that does the jobs of tests until SIGTERM, as `hub work` does others."""

import asyncio
import signal

from hub.jobs import queue
from hub.jobs.worker import Worker
from hub.live.backend import Backend
from hub.settings import settings
from tests.jobs import chores


async def main() -> None:
    backend = await Backend.open(settings())
    worker = Worker(backend.database, chores.handlers(), backend.settings)
    backend.relay.hear(queue.BELL, worker.wake)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    worker.start()
    print("ready", flush=True)
    await ended.wait()
    await worker.stop(backend.settings.shutdown_grace)
    await backend.close()


if __name__ == "__main__":
    asyncio.run(main())
