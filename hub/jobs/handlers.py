"""Who does the jobs: handlers by kind, and what a handler is handed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from hub.jobs.kinds import Kind, bounded
from hub.jobs.queue import FINISH, KEEP, Claimed
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
        self.ended = False
        """Its last batch is written, and with it that it is done."""
        self._claim = held.claim
        self._lease = lease

    async def advance(self, chain: Chain, parameters: Mapping[str, Any], progress: Mapping[str, Any]) -> None:
        """Write one batch by a chain that begins with `CHECKPOINT` and answers `taken`; or raise LeaseLost."""
        moved = {"progress": bounded(dict(progress)), "job": self.id, "claim": self._claim, "lease": self._lease}
        if not await chain.run(self.database, {**parameters, **moved}):
            raise LeaseLost
        self.progress, self.moved = progress, True

    async def transact(self, work: Callable[[Transaction], Awaitable[Mapping[str, Any] | None]]) -> None:
        """Write one batch in a transaction; `work` gives the progress that is stored with it, or None after the last
        one: then the job is forgotten with it. Or raise LeaseLost."""

        async def of_one(transaction: Transaction) -> list[Mapping[str, Any] | None]:
            return [await work(transaction)]

        await self.transact_together([self], of_one)

    @staticmethod
    async def transact_together(
        jobs: "Sequence[Job]", work: Callable[[Transaction], Awaitable[Sequence[Mapping[str, Any] | None]]]
    ) -> None:
        """The same for several jobs; `work` gives the progress of each, in order. Where one is lost, all raise."""

        async def run(transaction: Transaction) -> Sequence[Mapping[str, Any] | None]:
            given = await work(transaction)
            moved: list[dict[str, Any]] = []
            ended: list[dict[str, Any]] = []
            for job, progress in zip(jobs, given, strict=True):
                held = {"id": job.id, "claim": job._claim}
                if progress is None:
                    ended.append(held)
                else:
                    moved.append({**held, "progress": bounded(dict(progress))})
            lease = jobs[0]._lease
            kept = await KEEP.run_in(transaction, {"moved": moved, "lease": lease}) if moved else []
            gone = await FINISH.run_in(transaction, {"held": ended}) if ended else []
            if len(kept) + len(gone) < len(jobs):
                raise LeaseLost
            return given

        for job, progress in zip(jobs, await jobs[0].database.transact(run), strict=True):
            job.moved, job.ended = True, progress is None
            job.progress = job.progress if progress is None else progress


Do = Callable[[A, Job], Awaitable[Again | None]]
"""Does a job, or one batch of it. It runs on the event loop and may be cancelled at any `await`: then it is left to
another process, which begins after the last checkpoint. Without one it begins anew, so doing it twice must not
matter."""

DoTogether = Callable[[Sequence[tuple[A, Job]]], Awaitable[Sequence[Again | None]]]
"""The same for several jobs, which share statements; an answer for each, in order. Where it fails each of them is
done alone."""


class Handlers:
    """The kinds that this process can do. Jobs of other kinds wait for a process that knows them."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Kind[Any], DoTogether[Any]]] = {}
        self.together: set[str] = set()
        """Kinds whose jobs share statements."""

    def add(self, kind: Kind[A], do: Do[A]) -> None:
        async def each(given: Sequence[tuple[A, Job]]) -> list[Again | None]:
            return [await do(arguments, job) for arguments, job in given]

        self._add(kind, each)

    def add_together(self, kind: Kind[A], do: DoTogether[A]) -> None:
        """Jobs of this kind that wait are done at once."""
        self._add(kind, do)
        self.together.add(kind.name)

    def _add(self, kind: Kind[A], do: DoTogether[A]) -> None:
        if kind.name in self._known:
            raise ValueError(f"{kind.name} has a handler already")
        self._known[kind.name] = (kind, do)

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self._known)

    async def do(self, held: Claimed, job: Job) -> Again | None:
        (again,) = await self.do_together([(held, job)])
        return again

    async def do_together(self, work: Sequence[tuple[Claimed, Job]]) -> Sequence[Again | None]:
        """Jobs of one kind."""
        kind, do = self._known[work[0][0].kind]
        return await do([(kind.read(held.arguments), job) for held, job in work])
