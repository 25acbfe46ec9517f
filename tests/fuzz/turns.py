"""How long the event loop is kept from everybody else, in CPU time, which a busy machine does not stretch.

Without collections of garbage, which here sweep all that the suite holds; a served process makes them seldom.
"""

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock


@dataclass
class Turns:
    longest: float = 0.0


@contextmanager
def watched() -> Iterator[Turns]:
    """The longest that one turn of the loop took within the block."""
    turns = Turns()
    run: Any = asyncio.Handle._run

    def measured(handle: asyncio.Handle) -> None:
        begun = time.thread_time()
        run(handle)
        turns.longest = max(turns.longest, time.thread_time() - begun)

    with mock.patch.object(asyncio.Handle, "_run", measured):
        gc.disable()
        try:
            yield turns
        finally:
            gc.enable()
