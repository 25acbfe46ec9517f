"""Bodies of one group: each item is rendered once, whoever asks for it first, and kept for a short time."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from time import monotonic

from hub import metrics
from hub.live.feed import CaughtUp, Item, Resync, Told
from hub.refusals import ThrottleRefusal

_RETRY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Rendered:
    """What an item is to all of a group: no body where it shows them nothing.

    `last`: nothing comes after. `moved`: who may see the stream changed, everybody's access is to be looked at.
    """

    body: bytes | None
    last: bool = False
    moved: bool = False


Render = Callable[[list[Item]], Awaitable[list[Rendered]]]


@dataclass(frozen=True, slots=True)
class _Kept:
    batch: asyncio.Future[list[Rendered]]
    place: int
    until: float
    ref_id: int | None


class Bodies:
    def __init__(self, render: Render, most: int, seconds: float) -> None:
        self._render = render
        self._most = most
        self._seconds = seconds
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._newest = 0
        self._keys_of: dict[int, set[Hashable]] = {}

    async def of(self, items: list[Item]) -> list[Rendered]:
        """Rendered together, so that one statement loads what they have in common."""
        self._forget_old()
        self._drop_outdated(items)
        keys = [_key(item) for item in items]
        missing = [item for item, key in zip(items, keys, strict=True) if key not in self._kept]
        if missing:
            self._begin(missing)
        found = [self._kept[key] for key in keys]
        for batch in dict.fromkeys(kept.batch for kept in found):
            await asyncio.shield(batch)
        return [kept.batch.result()[kept.place] for kept in found]

    def __len__(self) -> int:
        return len(self._kept)

    def _begin(self, items: list[Item]) -> None:
        batch = asyncio.ensure_future(self._rendered(items))
        batch.add_done_callback(self._check)
        until = monotonic() + self._seconds
        for place, item in enumerate(items):
            ref_id = item.notice.ref_id if isinstance(item, Told) else None
            self._kept[_key(item)] = _Kept(batch, place, until, ref_id)
            if ref_id is not None:
                self._keys_of.setdefault(ref_id, set()).add(_key(item))

    async def _rendered(self, items: list[Item]) -> list[Rendered]:
        """The database may be away for a moment: a notice is told late rather than not at all."""
        while True:
            try:
                rendered = await self._render(items)
            except ThrottleRefusal:
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                metrics.EXECUTIONS.inc(len(items))
                return rendered

    def _drop_outdated(self, items: list[Item]) -> None:
        """Bodies of what a newer notice has changed are old."""
        for item in items:
            if isinstance(item, Told) and item.notice.seq > self._newest:
                self._newest = item.notice.seq
                for key in self._keys_of.pop(item.notice.ref_id, ()):
                    self._kept.pop(key, None)

    def _forget_old(self) -> None:
        moment = monotonic()
        while self._kept:
            key, oldest = next(iter(self._kept.items()))
            if oldest.until > moment and len(self._kept) <= self._most:
                return
            self._drop(key)

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key)
        if kept.ref_id is not None and (keys := self._keys_of.get(kept.ref_id)) is not None:
            keys.discard(key)
            if not keys:
                del self._keys_of[kept.ref_id]

    def _check(self, batch: asyncio.Future[list[Rendered]]) -> None:
        """A batch that broke is not kept: the next who asks tries again."""
        if batch.cancelled() or batch.exception() is not None:
            for key in [key for key, kept in self._kept.items() if kept.batch is batch]:
                self._drop(key)


def _key(item: Item) -> Hashable:
    """Items of the same key look the same; those of one moment only are told apart by it."""
    match item:
        case Told():
            return item.notice.seq
        case CaughtUp():
            return CaughtUp, item.cursor, item.replayed, int(item.at.timestamp())
        case Resync():
            return Resync, item.cursor, item.reason, int(item.at.timestamp())
        case _:
            return item
