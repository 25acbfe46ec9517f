"""Writing into inboxes, and reading them off. Whoever does either holds the inbox's row until the commit."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

import orjson

from hub.jobs import queue
from hub.live.backend import Backend
from hub.notifications.causes import Cause
from hub.notifications.notices import INBOX_READ, NOTIFICATION_ARRIVED
from hub.notifications.outside import deliveries
from hub.notifications.outside.preferences import Channels, Preferences
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Database, Record, Transaction
from hub.store.ids import new_id
from hub.store.instants import from_driver
from hub.store.sql import Kind, records, to_json
from hub.users import personal
from hub.users.rules import ensure_signed_in

_ACTORS_KNOWN = 20
"""The last ones of an entry, by whom it knows who is counted already; beyond, who comes again counts again."""

_PEOPLE: dict[str, Kind] = {"person": "id", "amount": "int"}
_GROUPS: dict[str, Kind] = {"person": "id", "key": "text"}
_ENTRIES: dict[str, Kind] = {
    "id": "id",
    "user_id": "id",
    "group_key": "text",
    "kind": "text",
    "target_kind": "text",
    "target_id": "id",
    "position": "id",
    "count": "int",
    "actor_ids": "json",
    "actor_count": "int",
    "created_at": "instant",
}


_READ_ALL = Chain(
    (
        Step(
            "taken",
            """update inboxes set read_up_to = last_position, all_read_at = {now}, unread = 0 where id = {as_id user}
               returning id""",
        ),
        *personal.TELL,
    ),
    answer="taken",
    records={"personal_facts": personal.FACTS},
)


async def put(transaction: Transaction, channels: Channels, told: Collection[tuple[int, Cause]]) -> list[int]:
    """Tell people of causes, in order, on the channels where each wants to hear of them: the one way to do so.

    Gives what to wake after the commit.
    """
    if not told:
        return []
    kinds = {cause.kind for _, cause in told}
    preferences = await Preferences.of(transaction, channels, {person for person, _ in told}, kinds)
    woken = await _enter(
        transaction,
        [one for one in told if preferences.frequency(one[0], one[1].kind, "IN_APP") != "OFF"],
    )
    await deliveries.write(transaction, preferences, told)
    return [queue.BELL, *woken]


async def _enter(transaction: Transaction, told: Iterable[tuple[int, Cause]]) -> list[int]:
    """Each cause adds to the person's unread entry of its group, or begins it anew."""
    groups: dict[int, dict[str, list[Cause]]] = defaultdict(lambda: defaultdict(list))
    for person, cause in told:
        groups[person][cause.group_key].append(cause)
    if not groups:
        return []
    inboxes = await _hold(transaction, {person: len(of) for person, of in groups.items()})
    known = await _known(transaction, groups)
    entries: list[dict[str, Any]] = []
    fresh: dict[int, int] = defaultdict(int)
    for person, of in groups.items():
        inbox = inboxes[person]
        for place, (key, causes) in enumerate(of.items(), inbox["last_position"] - len(of) + 1):
            entry = known.get((person, key))
            if entry is None or entry["read_at"] is not None or entry["position"] <= inbox["read_up_to"]:
                entry = None
                fresh[person] += 1
            entries.append({"user_id": person, "position": place, **_grown(entry, causes)})
    stored = await _store(transaction, entries)
    await _count(transaction, fresh)
    await personal.tell(transaction, ((row["user_id"], NOTIFICATION_ARRIVED, row["id"]) for row in stored))
    return [personal.stream_of(person) for person in groups]


def _grown(entry: Record | None, causes: list[Cause]) -> dict[str, Any]:
    first = causes[0]
    actors: list[int] = orjson.loads(entry["actor_ids"]) if entry else []
    count = entry["actor_count"] if entry else 0
    for by in (cause.actor_id for cause in causes if cause.actor_id is not None):
        count += by not in actors
        actors = [by, *(actor for actor in actors if actor != by)][:_ACTORS_KNOWN]
    return {
        "id": new_id(),
        "group_key": first.group_key,
        "kind": first.kind,
        "target_kind": first.target_kind,
        "target_id": first.target_id,
        "count": (entry["count"] if entry else 0) + len(causes),
        "actor_ids": actors,
        "actor_count": count,
        "created_at": from_driver(entry["created_at"]) if entry else None,
    }


async def _hold(transaction: Transaction, amounts: dict[int, int]) -> dict[int, Record]:
    """Give out positions. In the order of ids, so that no two batches wait for each other."""
    given = records("given", _PEOPLE, transaction.dialect)
    rows = await transaction.fetch(
        f"""insert into inboxes (id, last_position) select person, amount from {given} where true order by person
            on conflict (id) do update set last_position = inboxes.last_position + excluded.last_position
            returning id, last_position, read_up_to""",
        {"given": _amounts(amounts)},
    )
    return {row["id"]: row for row in rows}


async def _known(transaction: Transaction, groups: dict[int, dict[str, list[Cause]]]) -> dict[tuple[int, str], Record]:
    # Pair by pair: of two lists each person's index would be searched for each other's groups, too.
    given = records("given", _GROUPS, transaction.dialect)
    rows = await transaction.fetch(
        f"""select n.user_id, n.group_key, n.position, n.count, n.actor_ids, n.actor_count, n.created_at, n.read_at
            from {given} cross join notifications n where n.user_id = given.person and n.group_key = given.key""",
        {"given": to_json([{"person": person, "key": key} for person, of in groups.items() for key in of])},
    )
    return {(row["user_id"], row["group_key"]): row for row in rows}


async def _store(transaction: Transaction, entries: list[dict[str, Any]]) -> list[Record]:
    """The entries' ids, the oldest first."""
    given = records("given", _ENTRIES, transaction.dialect)
    names = ", ".join(name for name in _ENTRIES if name != "created_at")
    rows = await transaction.fetch(
        f"""insert into notifications ({names}, created_at, updated_at)
            select {names}, coalesce(created_at, {{now}}), {{now}} from {given} where true
            on conflict (user_id, group_key) do update set position = excluded.position, count = excluded.count,
                actor_ids = excluded.actor_ids, actor_count = excluded.actor_count,
                created_at = excluded.created_at, updated_at = excluded.updated_at, read_at = null
            returning id, user_id, position""",
        {"given": to_json(entries)},
    )
    return sorted(rows, key=lambda row: row["position"])


async def _count(transaction: Transaction, fresh: dict[int, int]) -> None:
    given = records("given", _PEOPLE, transaction.dialect)
    await transaction.fetch(
        f"update inboxes set unread = unread + given.amount from {given} where inboxes.id = given.person",
        {"given": _amounts(fresh)},
    )


def _amounts(amounts: dict[int, int]) -> str:
    return to_json([{"person": person, "amount": amount} for person, amount in amounts.items()])


async def unread_count(database: Database, user_id: int) -> int:
    rows = await database.fetch("select unread from inboxes where id = :user", {"user": user_id})
    return rows[0]["unread"] if rows else 0


async def mark_read(backend: Backend, viewer: Viewer, *, ids: list[int]) -> int:
    """Read some of one's own entries; how many are unread afterwards. Others' and absent ones change nothing."""
    user_id = ensure_signed_in(viewer)

    async def run(transaction: Transaction) -> int:
        held = await transaction.fetch(
            "select read_up_to, unread from inboxes where id = :user {for_update}", {"user": user_id}
        )
        if not held:
            return 0
        read = await transaction.fetch(
            """update notifications set read_at = {now}
               where user_id = :user and id {in ids} and read_at is null and position > {as_id upto} returning id""",
            {"user": user_id, "ids": ids, "upto": held[0]["read_up_to"]},
        )
        left = held[0]["unread"] - len(read)
        await transaction.fetch(
            "update inboxes set unread = {as_int left} where id = :user", {"left": left, "user": user_id}
        )
        if read:
            await personal.tell(transaction, [(user_id, INBOX_READ, user_id)])
        return left

    left = await backend.database.transact(run)
    backend.relay.tell(personal.stream_of(user_id))
    return left


async def mark_all_read(backend: Backend, viewer: Viewer) -> int:
    """Read all that is there: one mark on the inbox, however much lies below it. Always 0 unread afterwards."""
    user_id = ensure_signed_in(viewer)
    told = personal.facts([(user_id, INBOX_READ, user_id)])
    await _READ_ALL.run(backend.database, {"user": user_id, "personal_facts": told})
    backend.relay.tell(personal.stream_of(user_id))
    return 0
