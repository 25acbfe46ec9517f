"""A person's stream of what is theirs alone: what arrived in the inbox, memberships, answers for events.

Its id is the negative of the person's. The stream under the person's own id tells of access alone, and each of the
person's sessions looks anew when it does; what arrives here makes none do so. It begins with the first fact told on
it, or with the first who follows it.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from hub.live.cursor import LiveCursor
from hub.live.log import new_epoch, positions
from hub.store.chain import Chain, Step
from hub.store.database import Database, Transaction
from hub.store.sql import Kind

FACTS: dict[str, Kind] = {
    "person": "id",
    "place": "int",
    "size": "int",
    "epoch": "id",
    "kind": "text",
    "ref_id": "id",
}
"""Columns of the records `personal_facts` that `TELL` takes."""

TELL = (
    # In the order of ids, so that no two writers wait for each other.
    Step(
        "personal",
        """insert into streams (id, epoch, last_seq)
           select -person, epoch, size from (select distinct person, epoch, size from personal_facts) told
           where exists (select 1 from taken) order by person
           on conflict (id) do update set last_seq = streams.last_seq + excluded.last_seq
           returning id, last_seq""",
    ),
    Step(
        "told_personally",
        """insert into log (stream_id, seq, kind, ref_id, at)
           select personal.id, personal.last_seq - personal_facts.size + personal_facts.place, personal_facts.kind,
               personal_facts.ref_id, {now}
           from personal cross join personal_facts where personal.id = -personal_facts.person
           order by personal_facts.person, personal_facts.place
           returning seq""",
    ),
)
_TELL = Chain((Step("taken", "select 1 as one"), *TELL), answer="personal", records={"personal_facts": FACTS})
_BEGIN = """insert into streams (id, epoch) values ({as_id stream}, {as_id epoch}) on conflict (id) do nothing"""


def stream_of(user_id: int) -> int:
    return -user_id


def facts(told: Iterable[tuple[int, str, int]]) -> list[dict[str, Any]]:
    """Records for `TELL`, of person, kind and id of what it is about; each person's in order."""
    of: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for person, kind, ref_id in told:
        of[person].append((kind, ref_id))
    epoch = new_epoch()
    return [
        {"person": person, "place": place, "size": len(own), "epoch": epoch, "kind": kind, "ref_id": ref_id}
        for person, own in of.items()
        for place, (kind, ref_id) in enumerate(own, 1)
    ]


async def tell(transaction: Transaction, told: Iterable[tuple[int, str, int]]) -> None:
    """As part of a longer transaction. Wake the streams after its commit."""
    if records := facts(told):
        await _TELL.run_in(transaction, {"personal_facts": records})


async def cursor_of(database: Database, user_id: int) -> LiveCursor:
    """The end of a person's stream, which begins now if it had not."""
    stream = stream_of(user_id)
    found = await positions(database, [stream])
    if not found:
        await database.write(_BEGIN, {"stream": stream, "epoch": new_epoch()})
        found = await positions(database, [stream])
    return LiveCursor(stream, found[stream].epoch, found[stream].last_seq)
