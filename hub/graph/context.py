"""What resolvers are handed: one Context for an operation, with a fresh Reader for each delivered notice."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from time import monotonic
from typing import Any, TypeAlias

import strawberry

from hub.live.backend import Backend
from hub.settings import Settings
from hub.store.audience import Viewer
from hub.store.instants import now
from hub.store.reader import Reader
from hub.users.passwords import Passwords


class Context:
    """`reload` gives the viewer as of now; long-lived operations ask it again every `access_check_interval`."""

    def __init__(
        self,
        backend: Backend,
        passwords: Passwords,
        viewer: Viewer,
        request_id: str,
        reload: Callable[[], Awaitable[Viewer]],
    ) -> None:
        self.backend = backend
        self.passwords = passwords
        self.request_id = request_id
        # For what is shown of a write: its selection is planned like that of a query (`plans/payloads.py`).
        self.planner: Any = None
        self.operation: Any = None
        self.values: Any = None
        self._reload = reload
        self._renew(viewer)
        self._looked_at = monotonic()

    @property
    def settings(self) -> Settings:
        return self.backend.settings

    async def refresh(self) -> None:
        """Forget what was read, and look again who the viewer is when the last look is old."""
        viewer = self.viewer
        if monotonic() - self._looked_at >= self.settings.access_check_interval:
            viewer = await self._reload()
            self._looked_at = monotonic()
        self._renew(viewer)

    def _renew(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.reader = Reader(self.backend.database, viewer)
        self.now: datetime = now()


Info: TypeAlias = strawberry.Info[Context, None]
