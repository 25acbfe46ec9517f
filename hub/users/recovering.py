"""Passwords that are lost or changed."""

from hub.live import log
from hub.live.backend import Backend
from hub.mail.letters import Mail
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Record
from hub.users.handles import handle_key
from hub.users.letters import LETTERS
from hub.users.links import Purpose, dead_link, link_to, read_link, stamp_of
from hub.users.notices import access_changed
from hub.users.passwords import Passwords, ensure_password
from hub.users.rules import ensure_signed_in
from hub.users.sessions import current_session

_ACCOUNT = """select u.id, u.handle, u.display_name as name, a.email, a.password_hash from users u
              join accounts a on a.id = u.id where u.status = 'ACTIVE' and """

# Whoever proves to read the mail has proved the address as well.
_CHANGE = Chain(
    (
        Step(
            "taken",
            """update accounts set password_hash = {as_text new},
                   email_verified_at = case when {as_bool proved} then {now} else email_verified_at end
               where id = {as_id stream} and coalesce(password_hash, '') = {as_text old} returning id""",
        ),
        Step(
            "ended",
            """update sessions set ended_at = {now} where user_id = {as_id stream} and ended_at is null
                   and id <> {as_id kept} and exists (select 1 from taken) returning id""",
        ),
        *log.TELL,
    ),
    answer="taken",
    records={"facts": log.FACTS},
)


def request_password_reset(backend: Backend, login: str) -> None:
    """Write to whom this handle or address belongs. All that depends on it happens after the answer."""

    async def write() -> Mail | None:
        rows = await backend.database.fetch(
            _ACCOUNT + "(u.handle_key = :name or a.email_key = :name)", {"name": handle_key(login)}
        )
        if not rows or rows[0]["email"] is None:
            return None
        found = rows[0]
        link = link_to(backend, Purpose.PASSWORD, found["id"], _stamp(found))
        minutes = backend.settings.reset_minutes
        return LETTERS.written(
            "reset", found["email"], link=link, handle=found["handle"], name=found["name"], minutes=minutes
        )

    backend.mailer.later(write)


async def reset_password(backend: Backend, passwords: Passwords, *, token: str, password: str) -> int:
    """Set a new password by the link in the mail and end all sessions; whose it was. The link works once."""
    ensure_password(password, "newPassword")
    _, user_id, stamp = read_link(backend, token, Purpose.PASSWORD)
    rows = await backend.database.fetch(_ACCOUNT + "u.id = :id", {"id": user_id})
    if not rows or _stamp(rows[0]) != stamp:
        raise dead_link()
    if not await _change(backend, rows[0], await passwords.hashed(password), kept=None, proved=True):
        raise dead_link()
    return user_id


async def change_password(backend: Backend, passwords: Passwords, viewer: Viewer, *, present: str, new: str) -> int:
    """Set a new password, and end all sessions but the one that asks; whose it was."""
    user_id = ensure_signed_in(viewer)
    ensure_password(new, "newPassword")
    found = await ensure_own_password(backend, passwords, user_id, present)
    hashed, kept = await passwords.hashed(new), await current_session(backend.database, viewer)
    if not await _change(backend, found, hashed, kept=kept, proved=False):
        raise Refusal(ErrorCode.CONFLICT, "The password was changed meanwhile: log in with the new one.", "password")
    return user_id


async def ensure_own_password(backend: Backend, passwords: Passwords, user_id: int, password: str) -> Record:
    """The account, when this is its password."""
    rows = await backend.database.fetch(_ACCOUNT + "u.id = :id", {"id": user_id})
    if not await passwords.match(rows[0]["password_hash"] if rows else None, password):
        raise Refusal(
            ErrorCode.INVALID, "The password is wrong: type it again, or ask for a link to set another one.", "password"
        )
    return rows[0]


async def _change(backend: Backend, account: Record, hashed: str, *, kept: int | None, proved: bool) -> bool:
    values = {"new": hashed, "old": account["password_hash"] or "", "kept": kept or 0, "proved": proved}
    changed = await _CHANGE.run(backend.database, {**access_changed(account["id"]), **values})
    if changed:
        backend.relay.tell(account["id"])
        backend.mailer.later(lambda: _told(account))
    return bool(changed)


async def _told(account: Record) -> Mail | None:
    if account["email"] is None:
        return None
    return LETTERS.written("password", account["email"], handle=account["handle"], name=account["name"])


def _stamp(account: Record) -> str:
    return stamp_of(account["password_hash"], account["email"])
