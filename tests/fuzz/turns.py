"""How long the event loop is kept from everybody else, in CPU time, which a busy machine does not stretch.

Without collections of garbage, which here sweep all that the suite holds; a served process makes them seldom.
"""

import asyncio
import gc
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock


@dataclass
class Turns:
    longest: float = 0.0


@asynccontextmanager
async def watched() -> AsyncGenerator[Turns]:
    """The longest that one turn of the loop took within the block: all that it does until it looks for news again."""
    turns = Turns()
    loop: Any = asyncio.BaseEventLoop
    run = loop._run_once

    def measured(self: Any) -> None:
        begun = time.thread_time()
        run(self)
        turns.longest = max(turns.longest, time.thread_time() - begun)

    with mock.patch.object(loop, "_run_once", measured):
        gc.disable()
        try:
            await asyncio.sleep(0)  # the turn under way is none of the block's
            yield turns
            for _ in range(2):  # the first may come in the same turn as what the block left to be done
                await asyncio.sleep(0)
        finally:
            gc.enable()
