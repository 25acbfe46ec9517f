"""Lanes: the writers of one hot row queue in memory and are written together, by one connection.

Without them sixty writers of one subject hold sixty connections, each waiting for the same row lock, and every
other page starves. A batch that fails is tried one by one, so that one bad item fails alone.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from hub.refusals import ErrorCode, ThrottleRefusal

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")

Write = Callable[[Key, list[Item]], Awaitable[list[Result]]]


class Lanes(Generic[Key, Item, Result]):
    """`write` takes the waiting items of one key, at most `batch`, and gives their results in order."""

    def __init__(self, write: Write[Key, Item, Result], *, batch: int, queue: int) -> None:
        self._write = write
        self._batch = batch
        self._queue = queue
        self._waiting: dict[Key, deque[tuple[Item, asyncio.Future[Result]]]] = {}
        self._runners: set[asyncio.Task[None]] = set()

    async def put(self, key: Key, item: Item) -> Result:
        """Queue the item and wait for its result; refuse when too many wait already."""
        lane = self._waiting.get(key)
        if lane is not None and len(lane) >= self._queue:
            raise ThrottleRefusal(
                ErrorCode.OVERLOADED,
                "Too many are writing here right now: try again in a moment.",
                retry_after_ms=1_000,
            )
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        if lane is None:
            self._waiting[key] = deque([(item, future)])
            self._start(key)
        else:
            lane.append((item, future))
        # Shielded: a caller that goes away must not take back what may be committed already.
        return await asyncio.shield(future)

    async def drain(self) -> None:
        """Wait until nothing waits here any more."""
        while self._runners:
            await asyncio.wait(self._runners)

    def _start(self, key: Key) -> None:
        runner = asyncio.ensure_future(self._run(key))
        self._runners.add(runner)
        runner.add_done_callback(self._runners.discard)

    async def _run(self, key: Key) -> None:
        lane = self._waiting[key]
        taken: list[tuple[Item, asyncio.Future[Result]]] = []
        try:
            while lane:
                taken = [lane.popleft() for _ in range(min(self._batch, len(lane)))]
                await self._settle(key, taken)
        except BaseException as error:
            # Whatever it was, nobody may wait for ever, and who comes next begins the lane anew.
            for _, future in (*taken, *lane):
                _fail(future, error)
            if not isinstance(error, Exception):
                raise
        finally:
            del self._waiting[key]

    async def _settle(self, key: Key, taken: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._write(key, [item for item, _ in taken])
        except ThrottleRefusal as error:
            # Too busy for all of them is too busy for each: one by one, every one would wait its full time.
            for _, future in taken:
                _fail(future, error)
            return
        except Exception as error:
            if len(taken) == 1:
                _fail(taken[0][1], error)
                return
            for one in taken:
                await self._settle(key, [one])
            return
        for (_, future), result in list(zip(taken, results, strict=True)):
            if not future.done():
                future.set_result(result)


def _fail(future: "asyncio.Future[Result]", error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # seen here, so that a caller who went away leaves no warning
