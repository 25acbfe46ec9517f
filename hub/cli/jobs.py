"""`hub jobs`: what became of jobs, for whoever runs the hub."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from hub.jobs import queue
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.settings import settings

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="Work that was given up.")


@app.command()
def dead(limit: Annotated[int, typer.Option(help="How many.", min=1, max=1_000)] = 50) -> None:
    """List jobs that were given up, the newest first: id, kind, when, why."""
    for job in _run(lambda backend: queue.dead(backend.database, limit)):
        print(job.id, job.kind, job.dead_at, job.reason, sep="\t")


@app.command()
def retry(job_id: Annotated[int, typer.Argument(help="As `hub jobs dead` prints it.")]) -> None:
    """Queue a job anew that was given up; it goes on from its last checkpoint."""
    _run(lambda backend: _retry(backend, job_id))
    print(f"{job_id} waits again")


async def _retry(backend: Backend, job_id: int) -> None:
    if not await queue.revive(backend.database, job_id):
        raise Refusal(ErrorCode.NOT_FOUND, f"No job {job_id} was given up, or one with its key waits by now.")
    backend.relay.tell(queue.BELL)


def _run(work: Callable[[Backend], Awaitable[T]]) -> T:
    async def run() -> T:
        backend = await Backend.open(settings())
        try:
            return await work(backend)
        finally:
            await backend.close()

    return asyncio.run(run())
