"""What is remembered, the latest used, up to a number: what is large counts for several."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shelf(Generic[T]):
    def __init__(self, most: int) -> None:
        self._most = most
        self._filled = 0
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def get(self, key: Hashable) -> T | None:
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: T, weight: int = 1) -> None:
        """`weight`: for how many of the usual size it counts."""
        if (old := self._kept.pop(key, None)) is not None:
            self._filled -= old[1]
        self._kept[key] = value, weight
        self._filled += weight
        while self._filled > self._most:
            _, (_, freed) = self._kept.popitem(last=False)
            self._filled -= freed
