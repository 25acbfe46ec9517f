"""Dropping what is old, once an hour: entries of inboxes, and what became of mail and push."""

from datetime import timedelta

from hub.settings import Settings
from hub.store.database import Database
from hub.store.instants import now

_UNKNOWN_AFTER = timedelta(hours=1)
_AT_ONCE = 5_000


async def prune(database: Database, settings: Settings) -> None:
    at = now()
    await _lose(database, at - _UNKNOWN_AFTER)
    old = at - timedelta(days=settings.delivery_days)
    await _in_batches(database, "deliveries", "at < {as_instant before} and state <> 'WAITING'", old)
    await _in_batches(database, "letters", "at < {as_instant before}", old)
    await _forget_entries(database, at - timedelta(days=settings.notification_days))


async def _lose(database: Database, before: object) -> None:
    """A process died while it handed these over: nobody knows, and nobody sends them again."""
    await database.write(
        """update deliveries set state = 'FAILED' where state = 'SENDING'
           and letter_id in (select id from letters where outcome = 'SENDING' and at < {as_instant before})""",
        {"before": before},
    )
    await database.write(
        "update letters set outcome = 'LOST' where outcome = 'SENDING' and at < {as_instant before}",
        {"before": before},
    )


async def _forget_entries(database: Database, before: object) -> None:
    """Those that were read: what nobody read waits, and is counted."""
    while True:
        gone = await database.write(_FORGET, {"before": before, "most": _AT_ONCE})
        if len(gone) < _AT_ONCE:
            return


async def _in_batches(database: Database, table: str, which: str, before: object) -> None:
    sql = f"delete from {table} where id in (select id from {table} where {which} limit {_AT_ONCE}) returning id"
    while len(await database.write(sql, {"before": before})) == _AT_ONCE:
        pass


_FORGET = """delete from notifications where id in (
    select n.id from notifications n left join inboxes i on i.id = n.user_id
    where n.updated_at < {as_instant before} and (n.read_at is not null or n.position <= i.read_up_to) limit :most)
    returning id"""
