"""Logging in: whoever is wrong about the password, or is nobody, hears the same after the same time."""

from contextlib import suppress

from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal, ThrottleRefusal
from hub.users.handles import handle_key
from hub.users.passwords import Passwords
from hub.users.sanctioning import in_force
from hub.users.sessions import Session, ensure_device, open_session
from hub.users.tokens import keeping_out


async def login(
    backend: Backend, passwords: Passwords, *, name: str, password: str, device: str | None = None
) -> Session:
    """A session by handle or e-mail. Who is banned or suspended hears it with the right password only."""
    device = ensure_device(device)
    rows = await backend.database.fetch(
        """select u.id, a.password_hash from users u join accounts a on a.id = u.id
           where u.status = 'ACTIVE' and (u.handle_key = :name or a.email_key = :name)""",
        {"name": handle_key(name)},
    )
    stored = rows[0]["password_hash"] if rows else None
    if not await passwords.match(stored, password) or stored is None:
        raise Refusal(
            ErrorCode.INVALID,
            "Handle, address or password is wrong: try again, or ask for a link to set another password.",
            "password",
        )
    user_id = rows[0]["id"]
    if passwords.outdated(stored):
        await _hash_anew(backend, passwords, user_id, stored, password)
    if (out := keeping_out(await in_force(backend.database, user_id))) is not None:
        raise out
    return await open_session(backend, user_id, device)


async def _hash_anew(backend: Backend, passwords: Passwords, user_id: int, stored: str, password: str) -> None:
    """Only here is the password at hand when the parameters of hashing change; while many wait it is left."""
    with suppress(ThrottleRefusal):
        await backend.database.write(
            "update accounts set password_hash = :new where id = :id and password_hash = :old",
            {"new": await passwords.hashed(password), "id": user_id, "old": stored},
        )
