from collections.abc import Iterable

from hub.live.brokers.broker import Wake


class MemoryBroker:
    """One process: a wake-up is a function call."""

    def __init__(self) -> None:
        self._wake: Wake | None = None

    async def listen(self, wake: Wake) -> None:
        self._wake = wake

    def publish(self, stream_ids: Iterable[int]) -> None:
        for stream_id in stream_ids:
            if self._wake is not None:
                self._wake(stream_id)

    async def ready(self) -> None:
        return

    async def close(self) -> None:
        self._wake = None
