from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.audit.recording import ENTRIES, RECORD, SHELL, entry
from hub.live import log
from hub.live.backend import Backend
from hub.refusals import DuplicateRefusal, ErrorCode, Refusal
from hub.store import idempotency
from hub.store.audience import Standing, Viewer
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
    person = await _found(database, handle)
    token = new_token(days)
    await store_token(database, person["id"], token, entry(SHELL, "user.token_issued", ("User", person["id"])))
    return token


async def revoke_tokens(backend: Backend, handle: str, *, actor: Viewer = SHELL) -> int:
    """End all tokens of this handle, and with them what is open under them; how many there were."""
    person = await _found(backend.database, handle)
    act = entry(actor, "user.tokens_revoked", ("User", person["id"]))
    return len(await _change_access(backend, _REVOKE, person["id"], act))


async def set_role(backend: Backend, handle: str, role: Standing, *, actor: Viewer = SHELL) -> bool:
    """Give this handle a role; False when it is the person's already."""
    if role in {Standing.ANONYMOUS, Standing.CLUB_APP}:
        raise Refusal(ErrorCode.INVALID, "This is no role of a person.", "role")
    return await _change(backend, handle, "user.role_set", _SET_ROLE, "role", role, actor)


async def ban(backend: Backend, handle: str, *, actor: Viewer = SHELL) -> bool:
    """Keep this handle out, also where it is in now; False when it could not sign in before."""
    return await _change(backend, handle, "user.banned", _BAN, "status", "BANNED", actor)


async def unban(backend: Backend, handle: str, *, actor: Viewer = SHELL) -> bool:
    """Let this handle in again, with the tokens it had; False when it was not banned."""
    return await _change(backend, handle, "user.unbanned", _UNBAN, "status", "ACTIVE", actor)


def _changing(update: str) -> Chain:
    """A change of the access of the person whose id is `stream`."""
    steps = (Step("taken", f"{update} returning id"), *log.TELL, RECORD)
    return Chain(steps, answer="taken", records={"facts": log.FACTS, "entries": ENTRIES})


_REVOKE = _changing("update tokens set revoked_at = {now} where user_id = {as_id stream} and revoked_at is null")
_SET_ROLE = _changing(
    """update users set role = {as_text new}
       where id = {as_id stream} and role = {as_text old} and role <> {as_text new}"""
)
_SET_STATUS = "update users set status = {as_text new} where id = {as_id stream} and status = {as_text old}"
_BAN = _changing(f"{_SET_STATUS} and status in ('ACTIVE', 'RESTRICTED', 'SUSPENDED')")
_UNBAN = _changing(f"{_SET_STATUS} and status = 'BANNED'")


async def _change(
    backend: Backend, handle: str, action: str, chain: Chain, column: str, new: str, actor: Viewer
) -> bool:
    """Change a column as it was read; False when that is nothing to change."""
    while True:
        person = await _found(backend.database, handle)
        old = person[column]
        act = entry(actor, action, ("User", person["id"]), before={column: old}, after={column: new})
        if await _change_access(backend, chain, person["id"], act, old=old, new=new):
            return True
        if (await _found(backend.database, handle))[column] == old:
            return False


async def _change_access(
    backend: Backend, chain: Chain, user_id: int, act: list[dict[str, Any]], **values: str
) -> list[Record]:
    changed = await chain.run(backend.database, {**access_changed(user_id), "entries": act, **values})
    backend.relay.tell(user_id)
    return changed


async def _found(database: Database, handle: str) -> Record:
    rows = await database.fetch(
        "select id, role, status from users where handle_key = :key", {"key": handle_key(handle)}
    )
    if not rows:
        raise Refusal(ErrorCode.NOT_FOUND, f"Nobody has the handle {handle}.", "handle")
    return rows[0]


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
