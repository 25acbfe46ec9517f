from collections.abc import Callable, Iterable
from typing import Protocol

Wake = Callable[[int], None]


class Broker(Protocol):
    """`publish` drops what cannot be sent. `listen` hands every stream id that anybody published to one callback."""

    async def listen(self, wake: Wake) -> None: ...
    def publish(self, stream_ids: Iterable[int]) -> None: ...
    async def ready(self) -> None:
        """Raise when other processes cannot be reached."""
        ...

    async def close(self) -> None: ...
