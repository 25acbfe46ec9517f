"""Sealing anew under the first of the settings' keys, so that older ones may be taken out of the settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from hub.actions.commands.drafting import PERSONAL
from hub.settings import Settings
from hub.store import fingerprints
from hub.store.chain import Chain, Step
from hub.store.database import Database
from hub.store.sealing import Seal, Unreadable

_BATCH = 500
_TABLES: Mapping[str, str] = {"participations": PERSONAL, "kept_keys": fingerprints.PURPOSE}
"""What each table's column `sealed` was sealed for."""


@dataclass(frozen=True)
class Resealed:
    """`unreadable` rows were left alone: no key of the settings opens them."""

    table: str
    renewed: int
    unreadable: int


async def reseal(database: Database, settings: Settings) -> list[Resealed]:
    """All that is sealed, in batches by rising ids. Safe to repeat, and beside people who take part."""
    return [await _reseal(database, table, Seal(settings, purpose)) for table, purpose in _TABLES.items()]


async def _reseal(database: Database, table: str, seal: Seal) -> Resealed:
    chain, after, renewed, unreadable = _renewing(table), 0, 0, 0
    while rows := await database.fetch(
        f"select id, sealed from {table} where sealed is not null and id > {{as_id after}}"
        " order by id limit {as_int most}",
        {"after": after, "most": _BATCH},
    ):
        after, items = rows[-1]["id"], list[dict[str, object]]()
        for row in rows:
            try:
                items.append({"id": row["id"], "old": row["sealed"], "fresh": seal.renew(row["sealed"])})
            except Unreadable:
                unreadable += 1
        renewed += len(await chain.run(database, {"items": items}))
    return Resealed(table, renewed, unreadable)


def _renewing(table: str) -> Chain:
    """What was sealed anew meanwhile by another is left as it is."""
    sql = f"""update {table} set sealed = items.fresh from items
              where {table}.id = items.id and {table}.sealed = items.old returning {table}.id"""
    return Chain((Step("taken", sql),), answer="taken", records={"items": {"id": "id", "old": "text", "fresh": "text"}})
