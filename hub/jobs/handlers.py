"""Who does the jobs: handlers by kind, and what a handler is handed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from hub.jobs.kinds import Kind, bounded
from hub.jobs.queue import CHECKPOINT, Claimed
from hub.store.chain import Chain
from hub.store.database import Database, Transaction

A = TypeVar("A")


@dataclass(frozen=True)
class Again:
    """What a handler gives that has not done all: call it again, at once, or as a timer at this time."""

    at: datetime | None = None


MORE = Again()


class Hopeless(Exception):
    """Raised by a handler: no further attempt would help. The reason is shown to admins: no secret, no address."""


class LeaseLost(Exception):
    """Another process has this job by now, so nothing was written."""


class Job:
    """A job that is being done: how far it came, and writes that say so in the same transaction."""

    def __init__(self, database: Database, held: Claimed, lease: float) -> None:
        self.database = database
        self.id = held.id
        self.attempts = held.attempts
        self.progress: Mapping[str, Any] | None = held.progress
        """What was written with the last batch; None before the first one."""
        self.moved = False
        self._claim = held.claim
        self._lease = lease

    async def advance(self, chain: Chain, parameters: Mapping[str, Any], progress: Mapping[str, Any]) -> None:
        """Write one batch by a chain that begins with `CHECKPOINT` and answers `taken`; or raise LeaseLost."""
        if not await chain.run(self.database, {**parameters, **self._checkpoint(progress)}):
            raise LeaseLost
        self.progress, self.moved = progress, True

    async def transact(self, work: Callable[[Transaction], Awaitable[Mapping[str, Any]]]) -> None:
        """Write one batch in a transaction; `work` gives the progress that is stored with it. Or raise LeaseLost."""

        async def run(transaction: Transaction) -> Mapping[str, Any]:
            progress = await work(transaction)
            if not await _KEEP.run_in(transaction, self._checkpoint(progress)):
                raise LeaseLost
            return progress

        self.progress, self.moved = await self.database.transact(run), True

    def _checkpoint(self, progress: Mapping[str, Any]) -> dict[str, Any]:
        given = bounded(dict(progress))
        return {"progress": given, "job": self.id, "claim": self._claim, "lease": self._lease}


_KEEP = Chain((CHECKPOINT,), answer="taken")

Do = Callable[[A, Job], Awaitable[Again | None]]
"""Does a job, or one batch of it. It runs on the event loop and may be cancelled at any `await`: then it is left to
another process, which begins after the last checkpoint. Without one it begins anew, so doing it twice must not
matter."""


class Handlers:
    """The kinds that this process can do. Jobs of other kinds wait for a process that knows them."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Kind[Any], Do[Any]]] = {}

    def add(self, kind: Kind[A], do: Do[A]) -> None:
        if kind.name in self._known:
            raise ValueError(f"{kind.name} has a handler already")
        self._known[kind.name] = (kind, do)

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self._known)

    async def do(self, held: Claimed, job: Job) -> Again | None:
        kind, do = self._known[held.kind]
        return await do(kind.read(held.arguments), job)
