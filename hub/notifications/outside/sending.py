"""The handler that tells what is due: one letter a person and channel, handed over at most once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hub import metrics
from hub.jobs import queue
from hub.jobs.handlers import MORE, Again, Job
from hub.live.backend import Backend
from hub.notifications.outside.deliveries import SHARDS, Due, await_due
from hub.notifications.outside.judging import Judged, judge
from hub.notifications.outside.preferences import Channels
from hub.notifications.outside.recipients import Recipient, recipient_of
from hub.notifications.outside.ways import Gone, NotNow, Refused, Way
from hub.store.database import Record, Transaction
from hub.store.ids import new_id
from hub.store.instants import now

_AT_ONCE = 4
_IN_A_LETTER = 200
"""Facts of one letter; those beyond come in another one."""
_LONGEST_WAIT = 86_400


class _Taken(Exception):
    """Another process has some of these by now."""


@dataclass(frozen=True)
class _End:
    """How it went, WAITING where it was not taken for now; why; and for how many seconds not to try again."""

    outcome: str
    reason: str | None = None
    after: float = 0.0


class Delivering:
    def __init__(self, backend: Backend, channels: Channels, ways: Mapping[str, Way]) -> None:
        self._backend = backend
        self._database = backend.database
        self._settings = backend.settings
        self._channels = channels
        self._ways = ways
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def __call__(self, due: Due, _job: Job) -> Again | None:
        people = await self._database.fetch(
            """select distinct user_id from deliveries
               where channel = :channel and state = 'WAITING' and due_at <= {now} and user_id % :shards = :shard
               order by user_id limit :most""",
            {"channel": due.channel, "shards": SHARDS, "shard": due.shard, "most": self._settings.delivery_batch},
        )
        if not people:
            return None
        await asyncio.gather(*(self._tell(row["user_id"], due.channel) for row in people))
        return MORE

    async def _tell(self, user_id: int, channel: str) -> None:
        async with self._slots:
            waiting = await self._database.fetch(
                """select id, kind, ref_id, target_kind, target_id, actor_id, tries from deliveries
                   where user_id = :user and channel = :channel and state = 'WAITING' and due_at <= {now}
                   order by due_at, at, id limit :most""",
                {"user": user_id, "channel": channel, "most": _IN_A_LETTER},
            )
            recipient = await recipient_of(self._database, user_id, self._settings.digest_hour)
            way = self._ways.get(channel)
            if recipient is None or way is None or not await way.reaches(recipient):
                await self._drop(waiting)
            elif await self._is_enough(recipient, channel):
                await self._put_off(recipient, channel, waiting)
            else:
                await self._send(way, recipient, channel, waiting)

    async def _send(self, way: Way, recipient: Recipient, channel: str, waiting: list[Record]) -> None:
        judged = await judge(self._database, self._channels, recipient, channel, waiting)
        kept = {row["id"] for row in judged.kept}
        await self._drop([row for row in waiting if row["id"] not in kept])
        if not kept:
            return
        letter_id = new_id()
        try:
            await self._begin(letter_id, recipient.user_id, channel, sorted(kept))
        except _Taken:
            return
        end = await self._handed_over(way, recipient, judged, letter_id)
        metrics.LETTERS.labels(channel, end.outcome.lower()).inc()
        await self._end(letter_id, end.outcome, end.reason)
        if end.outcome == "WAITING":
            await self._again(recipient, channel, judged.kept, end.after)

    async def _begin(self, letter_id: int, user_id: int, channel: str, ids: list[int]) -> None:
        async def run(transaction: Transaction) -> None:
            await transaction.fetch(
                """insert into letters (id, user_id, channel, at, outcome)
                   values ({as_id id}, {as_id user}, :channel, {now}, 'SENDING')""",
                {"id": letter_id, "user": user_id, "channel": channel},
            )
            taken = await transaction.fetch(
                """update deliveries set state = 'SENDING', letter_id = {as_id letter}
                   where id {in ids} and state = 'WAITING' returning id""",
                {"letter": letter_id, "ids": ids},
            )
            if len(taken) < len(ids):
                raise _Taken

        await self._database.transact(run)

    async def _handed_over(self, way: Way, recipient: Recipient, judged: Judged, letter_id: int) -> "_End":
        try:
            await way.send(recipient, judged, letter_id)
        except NotNow as problem:
            tried = max(row["tries"] for row in judged.kept) + 1
            return _End("WAITING" if tried < self._settings.delivery_tries else "FAILED", str(problem), problem.after)
        except Gone as problem:
            return _End("BOUNCED", str(problem))
        except Refused as problem:
            return _End("FAILED", str(problem))
        except Exception as problem:  # it may have been taken: who would send it again might tell twice
            return _End("LOST", type(problem).__name__)
        return _End("SENT")

    async def _end(self, letter_id: int, outcome: str, reason: str | None) -> None:
        state = {"SENT": "SENT", "WAITING": "WAITING"}.get(outcome, "FAILED")

        async def run(transaction: Transaction) -> None:
            await transaction.fetch(
                "update letters set outcome = :outcome, reason = {as_text reason} where id = {as_id id}",
                {"id": letter_id, "outcome": "FAILED" if outcome == "WAITING" else outcome, "reason": reason},
            )
            await transaction.fetch(
                "update deliveries set state = :state where letter_id = {as_id id} and state = 'SENDING'",
                {"id": letter_id, "state": state},
            )

        await self._database.transact(run)

    async def _again(self, recipient: Recipient, channel: str, rows: list[Record], after: float) -> None:
        """After one, two, four minutes and so on; later where the other side asked for it, within a day."""
        tried = max(row["tries"] for row in rows) + 1
        wait = max(timedelta(minutes=2 ** (tried - 1)), timedelta(seconds=min(after, _LONGEST_WAIT)))
        due_at = (now() + wait).replace(second=0, microsecond=0) + timedelta(minutes=1)
        await self._move(recipient.user_id, channel, rows, recipient.rhythm.awake(due_at), tried)

    async def _put_off(self, recipient: Recipient, channel: str, rows: list[Record]) -> None:
        due_at = recipient.rhythm.due("DAILY", now())
        await self._move(recipient.user_id, channel, rows, due_at, 0)

    async def _move(self, user_id: int, channel: str, rows: list[Record], due_at: Any, tries: int) -> None:
        async def run(transaction: Transaction) -> None:
            await transaction.fetch(
                """update deliveries set due_at = {as_instant due}, tries = {as_int tries}
                   where id {in ids} and state = 'WAITING'""",
                {"due": due_at, "tries": tries, "ids": [row["id"] for row in rows]},
            )
            await await_due(transaction, [{"user_id": user_id, "channel": channel, "due_at": due_at}], now())

        await self._database.transact(run)
        self._backend.relay.tell(queue.BELL)

    async def _drop(self, rows: list[Record]) -> None:
        if rows:
            await self._database.write(
                "update deliveries set state = 'DROPPED' where id {in ids} and state = 'WAITING'",
                {"ids": [row["id"] for row in rows]},
            )

    async def _is_enough(self, recipient: Recipient, channel: str) -> bool:
        """Whether the person had all mail of the day."""
        if channel != "EMAIL":
            return False
        rows = await self._database.fetch(
            """select count(*) as sent from letters
               where user_id = :user and channel = :channel and at >= {as_instant since}
                 and outcome in ('SENDING', 'SENT', 'LOST')""",
            {"user": recipient.user_id, "channel": channel, "since": recipient.rhythm.day_of(now())},
        )
        return rows[0]["sent"] >= self._settings.mail_per_day
