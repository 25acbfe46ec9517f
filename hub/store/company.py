"""Who comes in the same turn of the loop as the like, or while it is under way, goes together with it or after it.

What goes together begins after each of them came. Who comes alone waits for one turn of the loop, and for nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Company(Generic[Asked, Answer]):
    """`key` says what is alike. `together` gives for each what it asked, in order, or the error that is its own; what
    it raises is everybody's."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, list[tuple[Asked, asyncio.Future[Answer]]]] = {}
        self._runners: set[asyncio.Task[None]] = set()

    def waiting(self, key: Hashable) -> int:
        return len(self._waiting.get(key, ()))

    async def go(
        self,
        key: Hashable,
        asked: Asked,
        alone: Callable[[], Awaitable[Answer]],
        together: Callable[[list[Asked]], Awaitable[list[Answer | Exception]]],
    ) -> Answer:
        waiting = self._waiting.get(key)
        if waiting is not None:
            return await _joined(waiting, asked)
        waiting = self._waiting[key] = []
        try:
            # An answer to many lets all of them go on in one turn, and what they ask next is alike again.
            await asyncio.sleep(0)
            if not waiting:
                return await alone()
            own = _joined(waiting, asked)
        finally:
            self._next(key, together)
        return await own

    def _next(self, key: Hashable, together: Callable[[list[Asked]], Awaitable[list[Answer | Exception]]]) -> None:
        taken = [one for one in self._waiting.pop(key) if not one[1].done()]
        if taken:
            self._waiting[key] = []
            runner = asyncio.ensure_future(self._serve(key, taken, together))
            self._runners.add(runner)
            runner.add_done_callback(self._runners.discard)

    async def _serve(
        self,
        key: Hashable,
        taken: "list[tuple[Asked, asyncio.Future[Answer]]]",
        together: Callable[[list[Asked]], Awaitable[list[Answer | Exception]]],
    ) -> None:
        try:
            answers = await together([asked for asked, _ in taken])
        except BaseException as error:
            for _, future in taken:
                _settle(future, error)
            if not isinstance(error, Exception):
                raise
        else:
            for (_, future), answer in zip(taken, answers, strict=True):
                _settle(future, answer)
        finally:
            self._next(key, together)


def _joined(waiting: "list[tuple[Asked, asyncio.Future[Answer]]]", asked: Asked) -> "asyncio.Future[Answer]":
    future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    waiting.append((asked, future))
    return future


def _settle(future: "asyncio.Future[Answer]", answer: Answer | BaseException) -> None:
    if future.done():
        return
    if isinstance(answer, BaseException):
        future.set_exception(answer)
        future.exception()  # seen here, so that a caller who went away leaves no warning
    else:
        future.set_result(answer)
