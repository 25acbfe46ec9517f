from datetime import datetime
from typing import Any

from hub.audit.recording import ENTRIES, RECORD, SHELL, entry
from hub.live import log
from hub.live.backend import Backend
from hub.refusals import DuplicateRefusal, ErrorCode, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Database, Record, UniqueViolation
from hub.store.ids import new_id
from hub.users.handles import ensure_handle, handle_key, handle_taken
from hub.users.notices import access_changed
from hub.users.passwords import Passwords, ensure_password
from hub.users.rules import email_key, ensure_email
from hub.users.sanctioning import Laid, in_force, lay_on, let_in, person_of
from hub.users.tokens import Token, new_token, store_token

BAN_REASON = "Banned by the people who run this hub."
_ADD = Chain(
    (
        Step(
            "taken",
            """insert into users (id, handle, handle_key, display_name, role, joined_at)
               values ({as_id id}, :handle, :handle_key, :name, :role, {now}) returning id""",
        ),
        Step(
            "account",
            """insert into accounts (id, email, email_key, email_verified_at, password_hash)
               select id, {as_text email}, {as_text email_key}, {now}, {as_text hash} from taken returning id""",
        ),
        log.OPEN,
    ),
    answer="taken",
)


async def add_person(
    database: Database,
    *,
    handle: str,
    name: str,
    role: str = "MEMBER",
    email: str | None = None,
    hashed: str | None = None,
) -> int:
    """A person made by the house, which vouches for the address. Without a hash: sign in with `hub token`."""
    person_id = new_id()
    person = {"id": person_id, "handle": handle, "handle_key": handle_key(handle), "name": name, "role": role}
    account = {"email": email, "email_key": email_key(email) if email else None, "hash": hashed}
    await _ADD.run(database, {**person, **account, "epoch": log.new_epoch()})
    return person_id


async def create_person(
    backend: Backend, passwords: Passwords, *, handle: str, email: str, role: Standing, password: str
) -> int:
    """A person who can log in, made by the shell: reserved handles are free there. Refuse what is taken."""
    ensure_password(password)
    address, hashed = ensure_email(email), await passwords.hashed(password)
    try:
        return await add_person(
            backend.database, handle=ensure_handle(handle), name=handle, role=role, email=address, hashed=hashed
        )
    except UniqueViolation as violation:
        raise taken(violation) from None


async def issue_token(database: Database, handle: str, days: int) -> Token:
    """A fresh token for this handle; refuse a handle that nobody has."""
    user_id, _ = await person_of(database, handle=handle)
    token = new_token(days)
    await store_token(database, user_id, token, entry(SHELL, "user.token_issued", ("User", user_id)))
    return token


async def revoke_tokens(backend: Backend, handle: str, *, actor: Viewer = SHELL) -> int:
    """End all tokens of this handle, and with them what is open under them; how many there were."""
    user_id, _ = await person_of(backend.database, handle=handle)
    act = entry(actor, "user.tokens_revoked", ("User", user_id))
    return len(await _change_access(backend, _REVOKE, user_id, act))


async def set_role(backend: Backend, handle: str, role: Standing, *, actor: Viewer = SHELL) -> bool:
    """Give this handle a role; False when it is the person's already."""
    if role in {Standing.ANONYMOUS, Standing.CLUB_APP}:
        raise Refusal(
            ErrorCode.INVALID, "This is no role of a person: give MEMBER, POLICY_TEAM, MODERATOR or ADMIN.", "role"
        )
    while True:
        user_id, old = await person_of(backend.database, handle=handle)
        if old is role:
            return False
        act = entry(actor, "user.role_set", ("User", user_id), before={"role": old}, after={"role": role})
        if await _change_access(backend, _SET_ROLE, user_id, act, old=old, new=role):
            return True


async def ban(
    backend: Backend,
    handle: str,
    reason: str = BAN_REASON,
    until: datetime | None = None,
    *,
    actor: Viewer = SHELL,
) -> bool:
    """Keep this handle out, also where it is in now; False when it is banned already, or could not sign in anyway."""
    user_id, role = await person_of(backend.database, handle=handle)
    if "BAN" in await in_force(backend.database, user_id):
        return False
    return await lay_on(backend, actor, user_id, role, Laid("BAN", reason, until)) is not None


async def unban(backend: Backend, handle: str, *, actor: Viewer = SHELL) -> bool:
    """Let this handle in again, with the sessions it had; False when nothing kept it out."""
    user_id, _ = await person_of(backend.database, handle=handle)
    return await let_in(backend, actor, user_id)


def _changing(update: str, *further: Step) -> Chain:
    """A change of the access of the person whose id is `stream`."""
    steps = (Step("taken", f"{update} returning id"), *further, *log.TELL, RECORD)
    return Chain(steps, answer="taken", records={"facts": log.FACTS, "entries": ENTRIES})


_REVOKE = _changing(
    "update tokens set revoked_at = {now} where user_id = {as_id stream} and revoked_at is null",
    Step(
        "ended",
        "update sessions set ended_at = {now} where user_id = {as_id stream} and ended_at is null returning id",
    ),
)
_SET_ROLE = _changing("update users set role = {as_text new} where id = {as_id stream} and role = {as_text old}")


async def _change_access(
    backend: Backend, chain: Chain, user_id: int, act: list[dict[str, Any]], **values: str
) -> list[Record]:
    changed = await chain.run(backend.database, {**access_changed(user_id), "entries": act, **values})
    backend.relay.tell(user_id)
    return changed


def taken(violation: UniqueViolation) -> DuplicateRefusal:
    if "email" in violation.constraint:
        return DuplicateRefusal("This address is in use here already: log in with it, or use another one.", "email")
    return handle_taken()
