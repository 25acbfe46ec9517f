"""One operation's reading: the viewer, and a dataloader for each (loader, page, arguments) that it uses.

A Reader lives for one operation or one delivered notice, never for a socket: what it has read, it keeps.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from functools import partial
from typing import Any

from aiodataloader import DataLoader

from hub import metrics
from hub.store.audience import Viewer
from hub.store.database import Database
from hub.store.loaders import Loader, Page, Rows
from hub.store.tables import Row

_BATCH = 1_000
_WOKEN = 300
"""Who waits for rows and is told of them in one turn of the event loop: each of them takes ten microseconds or more."""


class Reader:
    def __init__(self, database: Database, viewer: Viewer) -> None:
        self.database = database
        self.viewer = viewer
        self._batches: dict[tuple[Any, ...], DataLoader[Any, Any]] = {}
        self._woken = 0
        self._found: deque[tuple[asyncio.Future[Any], asyncio.Future[Any]]] = deque()

    async def one(self, loader: Loader, key: Any) -> Row | None:
        """The visible row of this key, or None when it is hidden or absent."""
        if key is None:
            return None
        return await self._load((loader,), key, partial(self._ones, loader))

    async def many(self, loader: Loader, key: Any, page: Page, args: Mapping[str, Any] | None = None) -> Rows:
        """A page of visible rows of this key; for a loader without key, of all rows."""
        given = args or {}
        if loader.key is None:
            return (await loader.load_many(self.database, self.viewer, [], page, given))[None]
        name = (loader, page, tuple(sorted(given.items())))
        return await self._load(name, key, partial(self._manies, loader, page, given))

    async def _load(self, name: tuple[Any, ...], key: Any, batch: Any) -> Any:
        if name not in self._batches:
            self._batches[name] = DataLoader(batch, max_batch_size=_BATCH)
        # A future for each: aiodataloader shares one among all who wait for a key, and a field error or a
        # disconnect that cancels one of them would cancel it for all.
        shared = self._batches[name].load(key)
        mine: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        shared.add_done_callback(partial(self._tell, mine))
        return await mine

    def _tell(self, mine: asyncio.Future[Any], shared: asyncio.Future[Any]) -> None:
        if self._woken == 0:
            asyncio.get_running_loop().call_soon(self._go_on)
        self._woken += 1
        if self._woken > _WOKEN:
            self._found.append((mine, shared))
        elif mine.done():
            pass  # nobody waits any more
        elif shared.cancelled():
            mine.cancel()
        elif (error := shared.exception()) is not None:
            mine.set_exception(error)
        else:
            mine.set_result(shared.result())

    def _go_on(self) -> None:
        self._woken = 0
        for _ in range(min(_WOKEN, len(self._found))):
            self._tell(*self._found.popleft())

    async def _ones(self, loader: Loader, keys: list[Any]) -> list[Row | None]:
        metrics.LOADER_BATCH.observe(len(keys))
        rows = await loader.load_one(self.database, self.viewer, keys)
        return [rows.get(key) for key in keys]

    async def _manies(self, loader: Loader, page: Page, args: Mapping[str, Any], keys: list[Any]) -> list[Rows]:
        metrics.LOADER_BATCH.observe(len(keys))
        pages = await loader.load_many(self.database, self.viewer, keys, page, args)
        return [pages[key] for key in keys]
