"""Who takes part: by an account, or by an address of mail, of which a fingerprint is kept. Nobody does by both."""

from dataclasses import dataclass

from hub.live.backend import Backend
from hub.store.ids import new_id
from hub.users.rules import email_key


@dataclass(frozen=True, kw_only=True)
class Person:
    """`name` tells one from another. `domain_print` and `net_print` find again what bots sent. `app_id` is the app
    that acts for the person."""

    name: str
    user_id: int | None = None
    app_id: int | None = None
    mail_print: str | None = None
    domain_print: str | None = None
    net_print: str | None = None
    status: str = "COUNTED"


async def of_account(backend: Backend, user_id: int, app_id: int | None, *, beside_guests: bool) -> Person:
    """Beside guests, an account whose address is confirmed is known by that as well."""
    return Person(
        name=f"user:{user_id}",
        user_id=user_id,
        app_id=app_id,
        mail_print=await _print_of_account(backend, user_id) if beside_guests else None,
    )


async def of_guest(backend: Backend, *, email: str | None, net: str) -> Person:
    """Somebody without account, who counts once the address is confirmed, if one is asked for; `net` is where the
    request came from."""
    prints = backend.fingerprints
    return Person(
        name=f"guest:{new_id()}",
        mail_print=await print_of(backend, email) if email else None,
        domain_print=await prints.of("domain", email_key(email).rpartition("@")[2]) if email else None,
        net_print=await prints.of("net", net) if net else None,
        status="PENDING_VERIFICATION" if email else "COUNTED",
    )


async def print_of(backend: Backend, email: str) -> str:
    return await backend.fingerprints.of("mail", email_key(email))


async def _print_of_account(backend: Backend, user_id: int) -> str | None:
    rows = await backend.database.fetch_small(
        "select email from accounts where id = {as_id id} and email is not null and email_verified_at is not null",
        {"id": user_id},
    )
    return await print_of(backend, rows[0]["email"]) if rows else None
