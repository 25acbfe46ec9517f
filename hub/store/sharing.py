"""The same read asked by many at the same time, as in a rush on one page: one statement answers all who wait.

The same is the same text with the same values, and what a viewer may see is among these. Nothing is kept: each sees
what was committed before it asked.
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import Any

from hub.store.company import Company

Read = Callable[[], Awaitable[str | None]]


class Sharing:
    def __init__(self) -> None:
        self._company: Company[None, str | None] = Company()

    async def text(self, same: Hashable, read: Read) -> str | None:
        """What `read` gives: an own one, or that of another who asked for the same."""
        return await self._company.go(same, None, read, partial(_once, read))


async def _once(read: Read, asked: list[None]) -> list[str | Exception | None]:
    text = await read()
    return [text for _ in asked]


def same_read(text: str, values: Sequence[Any]) -> Hashable:
    """Equal for the same text with the same values; 1, 1.0 and true are three."""
    return (text, *map(_hashable, values), *map(type, values))


def _hashable(value: Any) -> Hashable:
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - a parameter may be any list
