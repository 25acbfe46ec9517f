"""Looking again and again at what nobody announces."""

import asyncio
from collections.abc import Callable
from time import monotonic


async def until(true: Callable[[], bool], patience: float) -> float:
    """The seconds until it was true, or `patience`."""
    begun = monotonic()
    while not true() and monotonic() < begun + patience:  # noqa: ASYNC110 - it is another process, or a thousand readers
        await asyncio.sleep(0.05)
    return monotonic() - begun
