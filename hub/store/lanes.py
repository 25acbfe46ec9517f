"""Lanes: the writers of one hot row queue in memory and are written together, by one connection.

Without them sixty writers of one subject hold sixty connections, each waiting for the same row lock, and every
other page starves. A batch that fails is tried one by one, so that one bad item fails alone.

With `abreast` what waits in several lanes is written together as well, since a statement and its commit cost more than
a row. Such a write waits for no row that another process holds, or one hot row would hold up all the others: it
leaves that lane out, which then goes on by itself.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Mapping
from itertools import chain
from typing import Any, Generic, TypeVar

from hub.refusals import ErrorCode, ThrottleRefusal

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")

Write = Callable[[Key, list[Item]], Awaitable[list[Result]]]
WriteAbreast = Callable[[Mapping[Key, list[Item]]], Awaitable[Mapping[Key, list[Result]]]]


class Lanes(Generic[Key, Item, Result]):
    """`write` takes the waiting items of one key, at most `batch`, and gives their results in order; `abreast` those of
    several keys, `batch` in all, and leaves out the keys that `write` is to take."""

    def __init__(
        self,
        write: Write[Key, Item, Result],
        *,
        batch: int,
        queue: int,
        abreast: WriteAbreast[Key, Item, Result] | None = None,
    ) -> None:
        self._write = write
        self._abreast = abreast
        self._batch = batch
        self._queue = queue
        self._waiting: dict[Key, deque[tuple[Item, asyncio.Future[Result]]]] = {}
        # Whose turn it is to be written abreast; the others in `_waiting` go on by themselves or are being written.
        self._lined_up: deque[Key] = deque()
        self._is_abreast = False
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
            self._begin(key)
        else:
            lane.append((item, future))
        # Shielded: a caller that goes away must not take back what may be committed already.
        return await asyncio.shield(future)

    async def drain(self) -> None:
        """Wait until nothing waits here any more."""
        while self._runners:
            await asyncio.wait(self._runners)

    def _begin(self, key: Key) -> None:
        if self._abreast is None:
            self._start(self._run(key))
            return
        self._lined_up.append(key)
        if not self._is_abreast:
            self._is_abreast = True
            self._start(self._run_abreast(self._abreast))

    def _start(self, run: Coroutine[Any, Any, None]) -> None:
        runner = asyncio.ensure_future(run)
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
            _fail((*taken, *lane), error)
            if not isinstance(error, Exception):
                raise
        finally:
            del self._waiting[key]

    async def _settle(self, key: Key, taken: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._write(key, [item for item, _ in taken])
        except ThrottleRefusal as error:
            # Too busy for all of them is too busy for each: one by one, every one would wait its full time.
            _fail(taken, error)
            return
        except Exception as error:
            if len(taken) == 1:
                _fail(taken, error)
                return
            for one in taken:
                await self._settle(key, [one])
            return
        _give(list(zip(taken, results, strict=True)))

    async def _run_abreast(self, write: WriteAbreast[Key, Item, Result]) -> None:
        taken: dict[Key, list[tuple[Item, asyncio.Future[Result]]]] = {}
        try:
            while self._lined_up:
                taken = self._next()
                await self._settle_abreast(write, taken)
        except BaseException as error:
            for key in (*taken, *self._lined_up):
                _fail((*taken.get(key, ()), *self._waiting.pop(key)), error)
            self._lined_up.clear()
            if not isinstance(error, Exception):
                raise
        finally:
            self._is_abreast = False

    def _next(self) -> dict[Key, list[tuple[Item, asyncio.Future[Result]]]]:
        """What is written now. The lanes stay meanwhile: who comes for the same key waits there."""
        taken: dict[Key, list[tuple[Item, asyncio.Future[Result]]]] = {}
        room = self._batch
        while self._lined_up and room:
            key = self._lined_up.popleft()
            lane = self._waiting[key]
            taken[key] = [lane.popleft() for _ in range(min(room, len(lane)))]
            room -= len(taken[key])
        return taken

    async def _settle_abreast(
        self,
        write: WriteAbreast[Key, Item, Result],
        taken: Mapping[Key, list[tuple[Item, "asyncio.Future[Result]"]]],
    ) -> None:
        results: Mapping[Key, list[Result]] = {}
        try:
            results = await write({key: [item for item, _ in items] for key, items in taken.items()})
        except ThrottleRefusal as error:
            _fail(chain.from_iterable(taken.values()), error)
            for key in taken:
                self._go_on(key)
            return
        except Exception:  # noqa: S110 - whose fault it was shows when each goes by itself
            pass
        written = {key: list(zip(taken[key], found, strict=True)) for key, found in results.items()}
        for key, items in taken.items():
            if key in written:
                _give(written[key])
                self._go_on(key)
            else:
                self._waiting[key].extendleft(reversed(items))
                self._start(self._run(key))

    def _go_on(self, key: Key) -> None:
        if self._waiting[key]:
            self._lined_up.append(key)
        else:
            del self._waiting[key]


def _give(results: Iterable[tuple[tuple[Any, "asyncio.Future[Result]"], Result]]) -> None:
    for (_, future), result in results:
        if not future.done():
            future.set_result(result)


def _fail(waiting: Iterable[tuple[Any, "asyncio.Future[Any]"]], error: BaseException) -> None:
    for _, future in waiting:
        if not future.done():
            future.set_exception(error)
            future.exception()  # seen here, so that a caller who went away leaves no warning
