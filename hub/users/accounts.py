"""A person's own account, for that person alone: no Table, so that no field can reach another's."""

from dataclasses import dataclass

from hub.store.database import Database


@dataclass(frozen=True)
class Account:
    email: str | None
    locale: str
    time_zone: str


async def account_of(database: Database, user_id: int) -> Account:
    rows = await database.fetch("select email, locale, time_zone from accounts where id = :id", {"id": user_id})
    return Account(**rows[0]) if rows else Account(None, "en", "UTC")
