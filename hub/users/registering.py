"""Joining: nothing shows of it until the link in the mail is opened.

Known and unknown addresses do the same work, leave the same rows and answer the same; only the mail differs, and
that is written after the answer. A handle is told when it is taken, since handles are public; one that somebody
waits for is not held, so that nobody learns by trying it whether there was a row for it.
"""

from datetime import datetime

from hub.live import log
from hub.live.backend import Backend
from hub.mail.letters import Mail
from hub.refusals import Refusal
from hub.store import idempotency
from hub.store.chain import Chain, Step
from hub.store.database import Database, UniqueViolation
from hub.store.ids import new_id
from hub.text.plain import ensure_line
from hub.users.commands import taken
from hub.users.handles import ensure_free_to_choose, ensure_handle, handle_key, handle_taken, skeleton, skeleton_sql
from hub.users.letters import LETTERS
from hub.users.links import Purpose, dead_link, link_to
from hub.users.passwords import Passwords, ensure_password
from hub.users.rules import email_key, ensure_email

_NAME_LENGTH = 120
_ALIKE = f"(u.handle_key = {{as_text handle_key}} or {skeleton_sql('u.handle_key')} = {{as_text skeleton}})"

_APPLY = Chain(
    (
        Step(
            "taken",
            """insert into registrations (id, handle, display_name, email, password_hash, at)
               values ({as_id id}, :handle, :name, :email, :hash, {now}) returning id""",
        ),
        idempotency.REMEMBER,
    ),
    answer="taken",
    records={"keys": idempotency.KEY_RECORDS},
)
_JOIN = Chain(
    (
        Step(
            "taken",
            f"""insert into users (id, handle, handle_key, display_name, joined_at)
                select r.id, r.handle, {{as_text handle_key}}, r.display_name, {{now}} from registrations r
                where r.id = {{as_id id}} and not exists (select 1 from users u where {_ALIKE}) returning id""",
        ),
        Step(
            "account",
            """insert into accounts (id, email, email_key, email_verified_at, password_hash)
               select r.id, r.email, {as_text email_key}, {now}, r.password_hash
               from registrations r join taken on taken.id = r.id returning id""",
        ),
        Step("done", "delete from registrations where id in (select id from taken) returning id"),
        log.OPEN,
    ),
    answer="taken",
)


async def register(
    backend: Backend, passwords: Passwords, *, handle: str, email: str, password: str, name: str | None, key: str
) -> bool:
    """Take down who wants to join, and write to the address; True when this key did so before."""
    address = ensure_email(email)
    ensure_free_to_choose(ensure_handle(handle))
    shown = ensure_line(name or handle, "displayName", least=1, most=_NAME_LENGTH)
    ensure_password(password)
    scope = f"register:{email_key(address)}"
    digest = idempotency.digest_of(handle_key(handle), email_key(address), name)
    if await idempotency.first_answer(backend.database, scope, key, digest) is not None:
        return True
    await _ensure_free(backend.database, handle)
    registration, hashed = new_id(), await passwords.hashed(password)
    applied = {"id": registration, "handle": handle, "name": shown, "email": address, "hash": hashed}
    record = idempotency.record(scope, key, digest, registration)
    try:
        await _APPLY.run(backend.database, {**applied, "keys": [record]})
    except UniqueViolation:  # the same key at the same time
        await idempotency.first_answer(backend.database, scope, key, digest)
        return True
    backend.mailer.later(lambda: _letter(backend, registration, handle, address))
    return False


async def join(backend: Backend, registration: int) -> int:
    """Make the person who opened the link in the mail; the id."""
    rows = await backend.database.fetch("select handle, email from registrations where id = :id", {"id": registration})
    if not rows:
        raise dead_link()
    handle, email = rows[0]["handle"], rows[0]["email"]
    values = {**_likeness(handle), "id": registration, "email_key": email_key(email), "epoch": log.new_epoch()}
    try:
        made = await _JOIN.run(backend.database, values)
    except UniqueViolation as violation:
        raise _lost(violation) from None
    if not made:
        raise handle_taken()
    return registration


async def prune(database: Database, before: datetime) -> None:
    """Drop what nobody confirmed."""
    await database.write("delete from registrations where at < {as_instant before}", {"before": before})


async def _letter(backend: Backend, registration: int, handle: str, address: str) -> Mail:
    known = await backend.database.fetch(
        """select u.handle, u.display_name from accounts a join users u on u.id = a.id
           where a.email_key = :key""",
        {"key": email_key(address)},
    )
    if known:
        return LETTERS.written("known", address, handle=known[0]["handle"], name=known[0]["display_name"])
    link, hours = link_to(backend, Purpose.JOIN, registration), backend.settings.verify_hours
    # Not the name: whoever registers chooses its words, and the address may be anybody's.
    return LETTERS.written("join", address, link=link, handle=handle, hours=hours)


async def _ensure_free(database: Database, handle: str) -> None:
    if await database.fetch(f"select 1 as there from users u where {_ALIKE} limit 1", _likeness(handle)):
        raise handle_taken()


def _likeness(handle: str) -> dict[str, str]:
    return {"handle_key": handle_key(handle), "skeleton": skeleton(handle)}


def _lost(violation: UniqueViolation) -> Refusal:
    """Of two clicks at once the second; or somebody else has the address or handle by now."""
    names = violation.constraint
    return dead_link() if "users_pkey" in names or "users.id" in names else taken(violation)
