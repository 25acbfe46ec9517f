from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.live import log
from hub.live.backend import Backend
from hub.refusals import DuplicateRefusal, ErrorCode, Refusal
from hub.store import idempotency
from hub.store.audience import Standing
from hub.store.chain import Chain, Step
from hub.store.database import Database, Record, UniqueViolation
from hub.store.ids import new_id
from hub.text.plain import ensure_line
from hub.users.notices import access_changed
from hub.users.passwords import Passwords, ensure_password
from hub.users.rules import email_key, ensure_email, ensure_handle, handle_key
from hub.users.tokens import Token, new_token, store_token

_NAME_LENGTH = 120


@dataclass(frozen=True)
class Session:
    """A fresh sign-in; `token` is shown once."""

    user_id: int
    token: str
    expires_at: datetime
    replayed: bool = False


_REGISTER = Chain(
    (
        Step(
            "taken",
            """insert into users (id, handle, handle_key, display_name, role, joined_at)
               values ({as_id id}, :handle, :handle_key, :name, :role, {now}) returning id""",
        ),
        Step(
            "account",
            """insert into accounts (id, email, email_key, password_hash)
               select id, {as_text email}, {as_text email_key}, {as_text hash} from taken returning id""",
        ),
        log.OPEN,
        idempotency.REMEMBER,
    ),
    answer="taken",
    records={"keys": idempotency.KEY_RECORDS},
)


async def register(
    backend: Backend, passwords: Passwords, *, handle: str, email: str, password: str, name: str | None, key: str
) -> Session:
    """Make a person who can log in; refuse a handle or address that is taken."""
    address = ensure_email(email)
    person = _Person(
        new_id(),
        ensure_handle(handle),
        address,
        ensure_line(name or handle, "displayName", least=1, most=_NAME_LENGTH),
    )
    ensure_password(password)
    scope = f"register:{email_key(address)}"
    digest = idempotency.digest_of(handle_key(handle), email_key(address), name)
    known = await idempotency.first_answer(backend.database, scope, key, digest)
    if known is None:
        hashed = await passwords.hashed(password)
        try:
            await _store(backend.database, person, "MEMBER", hashed, idempotency.record(scope, key, digest, person.id))
        except UniqueViolation as violation:
            known = await idempotency.first_answer(backend.database, scope, key, digest)
            if known is None:
                raise _taken(violation) from None
    if known is None:
        return await _session(backend, person.id)
    # The key alone gives no session: whoever replays it must know the password too.
    if not await passwords.match(await _hash_of(backend.database, known), password):
        raise Refusal(ErrorCode.IDEMPOTENCY_MISMATCH, "This key was used before with other input.", "idempotencyKey")
    return await _session(backend, known, replayed=True)


async def login(backend: Backend, passwords: Passwords, *, name: str, password: str) -> Session:
    """A session by handle or e-mail; wrong password and unknown person answer alike."""
    rows = await backend.database.fetch(
        """select u.id, a.password_hash from users u join accounts a on a.id = u.id
           where u.status in ('ACTIVE', 'RESTRICTED') and (u.handle_key = :name or a.email_key = :name)""",
        {"name": handle_key(name)},
    )
    stored = rows[0]["password_hash"] if rows else None
    if not await passwords.match(stored, password):
        raise Refusal(ErrorCode.INVALID, "Handle, address or password is wrong.", "password")
    return await _session(backend, rows[0]["id"])


async def add_person(
    database: Database, *, handle: str, name: str, role: str = "MEMBER", email: str | None = None
) -> int:
    """A person made by the house: for the shell and the demo. No password: sign in with `hub token`."""
    person = _Person(new_id(), handle, email, name)
    await _store(database, person, role, None, None)
    return person.id


async def issue_token(database: Database, handle: str, days: int) -> Token:
    """A fresh token for this handle; refuse a handle that nobody has."""
    user_id = await _found(database, handle)
    token = new_token(days)
    await store_token(database, user_id, token)
    return token


async def revoke_tokens(backend: Backend, handle: str) -> int:
    """End all tokens of this handle, and with them what is open under them; how many there were."""
    return len(await _change_access(backend, _REVOKE, await _found(backend.database, handle)))


async def set_role(backend: Backend, handle: str, role: Standing) -> bool:
    """Give this handle a role; False when it is the person's already."""
    if not role.signed_in:
        raise Refusal(ErrorCode.INVALID, "Nobody can be made nobody.", "role")
    return bool(await _change_access(backend, _SET_ROLE, await _found(backend.database, handle), role=role))


async def ban(backend: Backend, handle: str) -> bool:
    """Keep this handle out, also where it is in now; False when it could not sign in before."""
    return bool(await _change_access(backend, _BAN, await _found(backend.database, handle)))


async def unban(backend: Backend, handle: str) -> bool:
    """Let this handle in again, with the tokens it had; False when it was not banned."""
    return bool(await _change_access(backend, _UNBAN, await _found(backend.database, handle)))


def _changing(update: str) -> Chain:
    """A change of the access of the person whose id is `stream`."""
    return Chain((Step("taken", f"{update} returning id"), *log.TELL), answer="taken", records={"facts": log.FACTS})


_REVOKE = _changing("update tokens set revoked_at = {now} where user_id = {as_id stream} and revoked_at is null")
_SET_ROLE = _changing("update users set role = {as_text role} where id = {as_id stream} and role <> {as_text role}")
_BAN = _changing(
    "update users set status = 'BANNED' where id = {as_id stream} and status in ('ACTIVE', 'RESTRICTED', 'SUSPENDED')"
)
_UNBAN = _changing("update users set status = 'ACTIVE' where id = {as_id stream} and status = 'BANNED'")


async def _change_access(backend: Backend, chain: Chain, user_id: int, **values: str) -> list[Record]:
    changed = await chain.run(backend.database, {**access_changed(user_id), **values})
    backend.relay.tell(user_id)
    return changed


async def _found(database: Database, handle: str) -> int:
    rows = await database.fetch("select id from users where handle_key = :key", {"key": handle_key(handle)})
    if not rows:
        raise Refusal(ErrorCode.NOT_FOUND, f"Nobody has the handle {handle}.", "handle")
    return rows[0]["id"]


@dataclass(frozen=True)
class _Person:
    id: int
    handle: str
    email: str | None
    name: str


async def _store(
    database: Database, person: _Person, role: str, hashed: str | None, key: dict[str, Any] | None
) -> None:
    await _REGISTER.run(
        database,
        {
            "id": person.id,
            "handle": person.handle,
            "handle_key": handle_key(person.handle),
            "name": person.name,
            "role": role,
            "email": person.email,
            "email_key": email_key(person.email) if person.email else None,
            "hash": hashed,
            "epoch": log.new_epoch(),
            "keys": [key] if key else [],
        },
    )


async def _session(backend: Backend, user_id: int, *, replayed: bool = False) -> Session:
    token = new_token(backend.settings.token_days)
    await store_token(backend.database, user_id, token)
    return Session(user_id, token.text, token.expires_at, replayed)


async def _hash_of(database: Database, user_id: int) -> str | None:
    rows = await database.fetch("select password_hash from accounts where id = :id", {"id": user_id})
    return rows[0]["password_hash"] if rows else None


def _taken(violation: UniqueViolation) -> DuplicateRefusal:
    if "email" in violation.constraint:
        return DuplicateRefusal("This address cannot be used here.", "email")
    return DuplicateRefusal("This handle is taken.", "handle")
