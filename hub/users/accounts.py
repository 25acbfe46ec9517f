"""A person's own account, for that person alone: no Table, so that no field can reach another's."""

from dataclasses import dataclass

from hub.store.database import Database


@dataclass(frozen=True)
class Account:
    email: str | None
    email_verified: bool
    locale: str
    time_zone: str


async def account_of(database: Database, user_id: int) -> Account:
    rows = await database.fetch(
        "select email, email_verified_at, locale, time_zone from accounts where id = :id", {"id": user_id}
    )
    if not rows:
        return Account(None, email_verified=False, locale="en", time_zone="UTC")
    found = rows[0]
    verified = found["email"] is not None and found["email_verified_at"] is not None
    return Account(found["email"], verified, found["locale"], found["time_zone"])
