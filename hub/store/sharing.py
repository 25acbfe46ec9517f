"""The same read asked by many at the same time, as in a rush on one page: while one is under way the others wait, and
one more answers them all.

That one begins after they came, so each sees what was committed before; who asks alone waits for nobody. The same is
the same text with the same values, and what a viewer may see is among these.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any

from hub.store.gathering import fail

Read = Callable[[], Awaitable[str | None]]
_Waiting = list["asyncio.Future[str | None]"]


class Sharing:
    def __init__(self) -> None:
        self._under_way: dict[Hashable, _Waiting] = {}
        self._runners: set[asyncio.Task[None]] = set()

    async def text(self, same: Hashable, read: Read) -> str | None:
        """What `read` gives: an own one, or that of another who asked for the same."""
        waiting = self._under_way.get(same)
        if waiting is not None:
            future: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
            waiting.append(future)
            return await future
        self._under_way[same] = []
        try:
            return await read()
        finally:
            self._next(same, read)

    def _next(self, same: Hashable, read: Read) -> None:
        waiting = [future for future in self._under_way.pop(same) if not future.done()]
        if waiting:
            self._under_way[same] = []
            runner = asyncio.ensure_future(self._serve(same, read, waiting))
            self._runners.add(runner)
            runner.add_done_callback(self._runners.discard)

    async def _serve(self, same: Hashable, read: Read, waiting: _Waiting) -> None:
        try:
            text = await read()
        except BaseException as error:
            for future in waiting:
                fail(future, error)
            if not isinstance(error, Exception):
                raise
        else:
            for future in waiting:
                if not future.done():
                    future.set_result(text)
        finally:
            self._next(same, read)


def same_read(text: str, values: Sequence[Any]) -> Hashable:
    """Equal for the same text with the same values; 1, 1.0 and true are three."""
    return (text, *map(_hashable, values), *map(type, values))


def _hashable(value: Any) -> Hashable:
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - a parameter may be any list
