"""What resolvers are handed: a Context of its own for each operation and each delivered notice."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

import strawberry

from hub.graph.pacing import Pace
from hub.live.backend import Backend
from hub.settings import Settings
from hub.store.audience import Viewer
from hub.store.instants import now
from hub.store.reader import Reader
from hub.users.passwords import Passwords


class Context:
    def __init__(
        self,
        backend: Backend,
        passwords: Passwords,
        pace: Pace,
        viewer: Viewer,
        request_id: str,
        address: str = "",
    ) -> None:
        """`address` is the caller's, for counting only; empty where an execution is shared."""
        self.backend = backend
        self.passwords = passwords
        self.pace = pace
        self.viewer = viewer
        self.request_id = request_id
        self.address = address
        self.most_values = backend.settings.executed_values
        # Ends the execution; else what is too much fails where it stands.
        self.give_up: Callable[[], object] = lambda: None
        # For what is shown of a write: its selection is planned like that of a query (`plans/payloads.py`).
        self.planner: Any = None
        self.operation: Any = None
        self.values: Any = None
        self.reader = Reader(backend.database, viewer)
        self.now: datetime = now()

    @property
    def settings(self) -> Settings:
        return self.backend.settings


Info: TypeAlias = strawberry.Info[Context, None]
