"""How this process takes its leave: whoever holds a line is told, all is ended, and what was begun is finished.

uvicorn ends the lifespan only after the last connection is gone, so this begins with the first connection that
uvicorn wants closed (`hub.web.server`), and the lifespan waits for what is left of it.
"""

import asyncio

from hub.graph.operations import Engine
from hub.web.mutations import Mutations
from hub.web.sockets.registry import Registry

LEAVE = "hub.leave"
"""Under this the lifespan's state has what begins it."""
_FOR_LINES = 0.6
_FOR_ALL = 0.9
"""Parts of the grace: until then all sockets and streams are gone; until then mutations are finished."""


class Departure:
    def __init__(self, engine: Engine, registry: Registry, mutations: Mutations) -> None:
        self._engine = engine
        self._registry = registry
        self._mutations = mutations
        self._task: asyncio.Task[None] | None = None

    def begin(self, grace: float) -> asyncio.Task[None]:
        """Once, however often it is called; all is over `grace` seconds after the first time."""
        if self._task is None:
            self._task = asyncio.create_task(self._leave(grace))
        return self._task

    async def _leave(self, grace: float) -> None:
        begun = asyncio.get_running_loop().time()

        def left(part: float) -> float:
            return max(0.0, begun + part * grace - asyncio.get_running_loop().time())

        await self._engine.advise()
        await self._registry.shutdown(left(_FOR_LINES))
        await self._mutations.drain(left(_FOR_ALL))
