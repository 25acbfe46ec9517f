"""One run of a job, or of several together, from the handler's first line to what is written about how it ended."""

import asyncio
import random
import time
import traceback
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import structlog

from hub import metrics
from hub.jobs import queue
from hub.jobs.handlers import Again, Handlers, Hopeless, Job, LeaseLost
from hub.jobs.queue import Claimed
from hub.settings import Settings
from hub.store.database import Database
from hub.store.lanes import Lanes

_log: Any = structlog.get_logger()

_TURN_SECONDS = 2.0
"""After so long a job of many batches stands in line again, behind what is due by then."""
_LONGEST_REASON = 300
_WAITING = 1_000
_CRASHED = "Each process that took it ended, or stalled, before it was done."


class Runner:
    def __init__(self, database: Database, handlers: Handlers, settings: Settings) -> None:
        self._database = database
        self._handlers = handlers
        self._settings = settings
        # Those that end at the same time are forgotten by one statement.
        self._done: Lanes[str, Claimed, None] = Lanes(self._finish, batch=queue.MOST, queue=_WAITING)
        self.leaving = False

    async def run(self, held: Claimed, job: Job, *, once: bool = False) -> None:
        """Batch after batch, or one batch."""
        begun = time.monotonic()
        outcome = "left"
        try:
            outcome = await self._outcome(held, job, once)
        finally:
            metrics.JOB_SECONDS.labels(held.kind).observe(time.monotonic() - begun)
            metrics.JOBS_ENDED.labels(held.kind, outcome).inc()

    async def run_together(self, work: Sequence[tuple[Claimed, Job]]) -> None:
        """One batch of each, together; where that fails one after the other, so that one bad job fails alone."""
        begun = time.monotonic()
        try:
            answers = await self._handlers.do_together(work)
        except Exception as error:
            _log.info("jobs.apart", kind=work[0][0].kind, jobs=len(work), reason=_masked(error))
            for held, job in work:
                await self.run(held, job, once=True)
            return
        ended = zip(work, answers, strict=True)
        outcomes = await asyncio.gather(*(self._settled(held, job, again) for (held, job), again in ended))
        for (held, _), outcome in zip(work, outcomes, strict=True):
            metrics.JOB_SECONDS.labels(held.kind).observe((time.monotonic() - begun) / len(work))
            metrics.JOBS_ENDED.labels(held.kind, outcome).inc()

    async def _outcome(self, held: Claimed, job: Job, once: bool) -> str:
        if held.attempts > held.attempts_limit or held.crashes >= self._settings.jobs_crashes:
            return await self._bury(held, _CRASHED)
        try:
            again = await self._work(held, job, once)
        except LeaseLost:
            return "lost"
        except Hopeless as hopeless:
            return await self._bury(held, str(hopeless)[:_LONGEST_REASON])
        except Exception as error:
            return await self._failed(held, job, error)
        return await self._settled(held, job, again)

    async def _settled(self, held: Claimed, job: Job, again: Again | None) -> str:
        if again is None:
            if not job.ended:
                await self._done.put("done", held)
            return "done"
        if again.at is not None:
            await queue.put_off(self._database, held, again.at)
        else:
            await queue.put_back(self._database, held)
        return "more"

    async def _work(self, held: Claimed, job: Job, once: bool) -> Again | None:
        """Batch after batch, until all is done or it is another's turn."""
        until = time.monotonic() + _TURN_SECONDS
        while not job.ended:
            again = await self._handlers.do(held, job)
            if again is None or again.at is not None or once or self.leaving or time.monotonic() > until:
                return again
            await asyncio.sleep(0)
        return None

    async def _failed(self, held: Claimed, job: Job, error: Exception) -> str:
        reason = _masked(error)
        attempts = 1 if job.moved else held.attempts
        _log.warning("job.failed", kind=held.kind, job=held.id, attempt=attempts, reason=reason)
        if attempts >= held.attempts_limit:
            return await self._bury(held, reason)
        await queue.put_back(self._database, held, seconds=self._pause(attempts), reason=reason)
        return "retried"

    def _pause(self, attempts: int) -> float:
        """Doubled with each attempt, and half of it chance, so that what failed together does not come together."""
        doubled = self._settings.jobs_retry * 2.0 ** min(attempts - 1, 40)
        return min(doubled, self._settings.jobs_retry_longest) * random.uniform(0.5, 1)  # noqa: S311 - to spread them, no secret

    async def _bury(self, held: Claimed, reason: str) -> str:
        _log.error("job.dead", kind=held.kind, job=held.id, reason=reason)
        await queue.bury(self._database, held, reason)
        return "dead"

    async def _finish(self, _lane: str, held: list[Claimed]) -> list[None]:
        await queue.finish(self._database, held)
        return [None] * len(held)


def _masked(error: Exception) -> str:
    """What went wrong and where, without what it was about: messages may hold an address or a secret."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {PurePath(place.filename).name}, line {place.lineno}"[:_LONGEST_REASON]
