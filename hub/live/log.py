"""The log: dense sequences of notices, one a stream, taken inside the writer's transaction.

Commit order is sequence order, since the stream's row is held until the commit. `OPEN` begins a stream and
`TELL` appends to one; both belong into a Chain whose first step is called `taken`.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.store.chain import Step
from hub.store.database import Database
from hub.store.instants import from_driver
from hub.store.sql import Kind

OPEN = Step("opened", "insert into streams (id, epoch) select id, {as_id epoch} from taken returning id")

FACTS: dict[str, Kind] = {"place": "int", "kind": "text", "ref_id": "id"}
TELL = (
    Step(
        "stream",
        """update streams set last_seq = last_seq + (select count(*) from facts)
           where id = {as_id stream} and exists (select 1 from taken)
           returning id, last_seq - (select count(*) from facts) as seq_before""",
    ),
    Step(
        "told",
        """insert into log (stream_id, seq, kind, ref_id, at)
           select stream.id, stream.seq_before + facts.place, facts.kind, facts.ref_id, {now}
           from stream cross join facts order by facts.place
           returning seq""",
    ),
)

FACTS_ABREAST: dict[str, Kind] = {**FACTS, "stream": "id", "size": "int"}
TELL_ABREAST = (
    Step(
        "stream",
        """update streams set last_seq = last_seq + facts.size from facts join taken on taken.id = facts.stream
           where streams.id = facts.stream and facts.place = 1
           returning streams.id, last_seq""",
    ),
    Step(
        "told",
        """insert into log (stream_id, seq, kind, ref_id, at)
           select stream.id, stream.last_seq - facts.size + facts.place, facts.kind, facts.ref_id, {now}
           from stream join facts on facts.stream = stream.id order by facts.stream, facts.place
           returning seq""",
    ),
)
"""`TELL` on several streams: on those whose ids `taken` gave."""


@dataclass(frozen=True)
class Notice:
    """A fact told after commit: what happened (`kind`) to what (`ref_id`)."""

    stream_id: int
    seq: int
    kind: str
    ref_id: int
    at: datetime


@dataclass(frozen=True)
class Position:
    epoch: int
    last_seq: int
    kept_from: int


def new_epoch() -> int:
    return secrets.randbits(62)


def facts(kind: str, *ref_ids: int) -> list[dict[str, Any]]:
    """Records for `TELL`: one notice for each id, in order."""
    return [{"place": place, "kind": kind, "ref_id": ref_id} for place, ref_id in enumerate(ref_ids, 1)]


def facts_abreast(kind: str, told: Mapping[int, Sequence[int]]) -> list[dict[str, Any]]:
    """Records for `TELL_ABREAST`, of the ids by stream."""
    return [
        {**fact, "stream": stream, "size": len(ref_ids)}
        for stream, ref_ids in told.items()
        for fact in facts(kind, *ref_ids)
    ]


async def positions(database: Database, stream_ids: list[int]) -> dict[int, Position]:
    rows = await database.fetch(
        "select id, epoch, last_seq, kept_from from streams where id {in ids}", {"ids": stream_ids}
    )
    return {row["id"]: Position(row["epoch"], row["last_seq"], row["kept_from"]) for row in rows}


async def read(database: Database, stream_id: int, after: int, limit: int) -> list[Notice]:
    """The notices after a sequence number, oldest first."""
    rows = await database.fetch(
        "select seq, kind, ref_id, at from log where stream_id = :stream and seq > :after order by seq limit :size",
        {"stream": stream_id, "after": after, "size": limit},
    )
    return [Notice(stream_id, row["seq"], row["kind"], row["ref_id"], from_driver(row["at"])) for row in rows]


async def prune(database: Database, *, keep: int, before: datetime) -> None:
    """Drop notices beyond the newest `keep` of each stream and those older than `before`.

    The mark moves first: a reader that finds it is told to resync, one that came earlier still has its rows.
    """
    await database.write(
        """update streams set kept_from = (
               select max(bound) from (
                   select streams.kept_from as bound
                   union all select streams.last_seq - :keep + 1
                   union all select max(seq) + 1 from log where stream_id = streams.id and at < {as_instant before}
               ) bounds
           )
           where last_seq - :keep + 1 > kept_from
              or exists (select 1 from log where stream_id = streams.id and at < {as_instant before})""",
        {"keep": keep, "before": before},
    )
    await database.write(
        """delete from log where seq < (select kept_from from streams where streams.id = log.stream_id)
           and stream_id in (select id from streams where kept_from > 1)"""
    )
