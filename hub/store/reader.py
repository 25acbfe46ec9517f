"""One operation's reading: the viewer, and a dataloader for each (loader, page, arguments) that it uses.

A Reader lives for one operation or one delivered notice, never for a socket: what it has read, it keeps.
"""

import asyncio
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


class Reader:
    def __init__(self, database: Database, viewer: Viewer) -> None:
        self.database = database
        self.viewer = viewer
        self._batches: dict[tuple[Any, ...], DataLoader[Any, Any]] = {}

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
        # Shielded: aiodataloader shares one future among all who wait for a key, and a field error or a
        # disconnect that cancels one of them would cancel it for all.
        return await asyncio.shield(self._batches[name].load(key))

    async def _ones(self, loader: Loader, keys: list[Any]) -> list[Row | None]:
        metrics.LOADER_BATCH.observe(len(keys))
        rows = await loader.load_one(self.database, self.viewer, keys)
        return [rows.get(key) for key in keys]

    async def _manies(self, loader: Loader, page: Page, args: Mapping[str, Any], keys: list[Any]) -> list[Rows]:
        metrics.LOADER_BATCH.observe(len(keys))
        pages = await loader.load_many(self.database, self.viewer, keys, page, args)
        return [pages[key] for key in keys]
