"""The worker of a process: takes what is due, a few jobs at the same time, and keeps their leases.

The queue is looked at every `HUB_JOBS_POLL`, when a timer that was seen then is due, and whenever the bell rings,
and again at once while it gives as many as were asked for; else after `HUB_JOBS_GAP` at the earliest. Jobs of a kind
that shares statements and were found together count as one. While several of a kind are done together no other of
that kind is taken: they would wait for the same rows, and are cheaper together afterwards. One that is done alone,
as each is that did not end with the others, holds up none. A job whose process died under it is suspect: it runs
beside no other suspect, so that the one that kills takes none of them along a second time.
"""

import asyncio
import math
import random
from collections import defaultdict
from contextlib import suppress
from itertools import chain, cycle
from typing import Any

import structlog

from hub import metrics
from hub.jobs import queue
from hub.jobs.handlers import Handlers, Job
from hub.jobs.kinds import Priority
from hub.jobs.measuring import measure
from hub.jobs.queue import Claimed
from hub.jobs.running import Runner
from hub.settings import Settings
from hub.store.database import Database

_log: Any = structlog.get_logger()

_ORDERS = (
    (Priority.URGENT, Priority.NORMAL, Priority.BULK),
    (Priority.NORMAL, Priority.URGENT, Priority.BULK),
    (Priority.URGENT, Priority.NORMAL, Priority.BULK),
    (Priority.BULK, Priority.URGENT, Priority.NORMAL),
)
_RENEWALS = 3
"""In one lease."""
_APART_SECONDS = 1.0
_MEASURE_SECONDS = 15.0
_UNWINDING_SECONDS = 1.0


class Worker:
    def __init__(self, database: Database, handlers: Handlers, settings: Settings) -> None:
        self._database = database
        self._handlers = handlers
        self._settings = settings
        self._runner = Runner(database, handlers, settings)
        self._running: dict[asyncio.Task[None], list[tuple[Claimed, Job]]] = {}
        self._bell = asyncio.Event()
        self._more = False
        self._timer = self._asked = -math.inf
        self._orders = cycle(_ORDERS)
        self._taking: asyncio.Task[None] | None = None
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._keepers = [asyncio.create_task(self._measure())]
        if self._settings.jobs_workers and self._handlers.kinds:
            self._taking = asyncio.create_task(self._take())
            self._keepers.append(asyncio.create_task(self._renew()))

    def wake(self) -> None:
        """Something may be due."""
        self._bell.set()

    def stop(self, seconds: float) -> asyncio.Task[None]:
        """Take nothing more; jobs that have not ended after so many seconds are left to other processes. Once."""
        if self._stopping is None:
            self._runner.leaving = True
            self._stopping = asyncio.create_task(self._stop(seconds))
        return self._stopping

    async def _stop(self, seconds: float) -> None:
        self._bell.set()
        if self._taking is not None:
            await asyncio.wait([self._taking])  # not cancelled: what it is just claiming must be put back
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        left = dict(self._running)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=_UNWINDING_SECONDS)
        for held, _ in chain.from_iterable(left.values()):
            with suppress(Exception):  # then its lease ends by itself
                await queue.put_back(self._database, held)
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    async def _take(self) -> None:
        time = asyncio.get_running_loop().time
        while not self._runner.leaving:
            self._bell.clear()
            pause = self._settings.jobs_poll
            try:
                looked_at = time()
                await self._fill()
                if not self._more:
                    await asyncio.sleep(self._settings.jobs_gap)
                pause = await self._until_timer(looked_at)
            except Exception as error:  # the database may be away; the next look comes soon
                _log.warning("jobs.not_taken", error=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._bell.wait()

    async def _until_timer(self, looked_at: float) -> float:
        """Seconds until the next timer that is known of, at most one poll; asked for once in a poll. One that had come
        by the last look was seen then."""
        poll, time = self._settings.jobs_poll, asyncio.get_running_loop().time
        if time() >= self._asked + poll:
            self._asked = time()
            seconds = await queue.coming(self._database, self._handlers.kinds, poll)
            # Counted from the answer on: who looks before its time would sleep over it.
            self._timer = time() + (poll if seconds is None else seconds)
        return min(max(self._timer - time(), 0.0), poll) if self._timer > looked_at else poll

    async def _fill(self) -> None:
        self._more = True  # who ends meanwhile rings
        free = min(self._settings.jobs_workers - len(self._running), queue.MOST)
        if not free:
            return
        shared = {work[0][0].kind for work in self._running.values() if len(work) > 1}
        alone = not any(held.crashes and not job.moved for held, job in chain.from_iterable(self._running.values()))
        claimed = await queue.claim(
            self._database,
            [kind for kind in self._handlers.kinds if kind not in shared],
            next(self._orders),
            free,
            self._settings.jobs_lease,
            suspects=alone,
        )
        self._more = len(claimed) == free
        if self._runner.leaving:
            for held in claimed:
                await queue.put_back(self._database, held)
            return
        suspects = [held for held in claimed if held.crashes]
        for held in suspects[1:]:  # before anything begins that might kill
            await queue.put_back(self._database, held, seconds=random.uniform(0, _APART_SECONDS))  # noqa: S311 - to spread them, no secret
        together: dict[str, list[Claimed]] = defaultdict(list)
        for held in claimed:
            if held.kind in self._handlers.together and _is_new(held):
                together[held.kind].append(held)
            elif held not in suspects[1:]:
                self._begin([held])
        for those in together.values():
            further: list[Claimed] = []
            if self._more:
                room, lease = queue.MOST - len(those), self._settings.jobs_lease
                with suppress(Exception):  # those that are held are done all the same
                    further = await queue.claim_further(self._database, those[0], room, lease)
            self._begin([*those, *further])

    def _begin(self, those: list[Claimed]) -> None:
        work = [(held, Job(self._database, held, self._settings.jobs_lease)) for held in those]
        run = self._runner.run(*work[0]) if len(work) == 1 else self._runner.run_together(work)
        task = asyncio.create_task(run)
        self._running[task] = work
        metrics.JOBS_RUNNING.inc(len(work))
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        work = self._running.pop(task)
        metrics.JOBS_RUNNING.dec(len(work))
        if self._more or len(work) > 1:
            self._bell.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("jobs.not_settled", error=type(error).__name__)  # its lease ends, and it is tried again

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._settings.jobs_lease / _RENEWALS)
            held = {task: [one for one, _ in work] for task, work in self._running.items()}
            if not held:
                continue
            try:
                kept = await queue.renew(
                    self._database, [*chain.from_iterable(held.values())], self._settings.jobs_lease
                )
            except Exception as error:
                _log.warning("jobs.not_renewed", error=type(error).__name__)
                continue
            for task, those in held.items():
                if task in self._running and not any(one in kept for one in those):
                    task.cancel()  # they are another's by now, or just done

    async def _measure(self) -> None:
        while True:
            with suppress(Exception):
                await measure(self._database)
            await asyncio.sleep(_MEASURE_SECONDS)


def _is_new(held: Claimed) -> bool:
    """Nobody tried it, and nothing of it is done."""
    return held.attempts == 1 and not held.crashes and held.progress is None
