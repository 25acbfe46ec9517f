"""Addresses for signing in and for mail: each is confirmed by a link before it counts."""

from hub.live.backend import Backend
from hub.mail.letters import Mail
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Viewer
from hub.store.database import UniqueViolation
from hub.users.commands import taken
from hub.users.letters import LETTERS
from hub.users.links import Purpose, dead_link, link_to, read_link, stamp_of
from hub.users.passwords import Passwords
from hub.users.recovering import ensure_own_password
from hub.users.registering import join
from hub.users.rules import email_key, ensure_email, ensure_signed_in

_MOVE = """update accounts set email = wanted_email, email_key = {as_text key}, email_verified_at = {now},
               wanted_email = null
           where id = {as_id id} and wanted_email = {as_text wanted} returning id"""
_WANT = "update accounts set wanted_email = :email where id = :id returning id"


async def change_email(backend: Backend, passwords: Passwords, viewer: Viewer, *, email: str, password: str) -> int:
    """Write to the new address; it counts once its link is opened. The present one confirms the same way."""
    user_id, address = ensure_signed_in(viewer), ensure_email(email)
    found = await ensure_own_password(backend, passwords, user_id, password)
    await backend.database.write(_WANT, {"email": address, "id": user_id})

    async def write() -> Mail:
        owner = await backend.database.fetch(
            """select u.id, u.handle, u.display_name as name from accounts a join users u on u.id = a.id
               where a.email_key = :key""",
            {"key": email_key(address)},
        )
        if owner and owner[0]["id"] != user_id:
            return LETTERS.written("known", address, handle=owner[0]["handle"], name=owner[0]["name"])
        link = link_to(backend, Purpose.ADDRESS, user_id, stamp_of(address))
        hours = backend.settings.verify_hours
        return LETTERS.written("address", address, link=link, handle=found["handle"], name=found["name"], hours=hours)

    backend.mailer.later(write)
    return user_id


async def verify_email(backend: Backend, token: str) -> int:
    """Do what the link in a mail is for: make the person who joins, or the new address count; whose it is."""
    purpose, row_id, stamp = read_link(backend, token, Purpose.JOIN, Purpose.ADDRESS)
    return await join(backend, row_id) if purpose is Purpose.JOIN else await _move(backend, row_id, stamp)


async def _move(backend: Backend, user_id: int, stamp: str) -> int:
    rows = await backend.database.fetch(
        """select u.handle, u.display_name as name, a.email, a.wanted_email from accounts a
           join users u on u.id = a.id where a.id = :id""",
        {"id": user_id},
    )
    if not rows or rows[0]["wanted_email"] is None or stamp_of(rows[0]["wanted_email"]) != stamp:
        raise dead_link()
    before, wanted = rows[0]["email"], rows[0]["wanted_email"]
    try:
        moved = await backend.database.write(_MOVE, {"id": user_id, "wanted": wanted, "key": email_key(wanted)})
    except UniqueViolation as violation:
        raise taken(violation) from None
    if not moved:
        raise Refusal(
            ErrorCode.CONFLICT, "Another address was asked for meanwhile: open the link of the latest mail.", "token"
        )

    async def write() -> Mail | None:
        if before is None or email_key(before) == email_key(wanted):
            return None
        return LETTERS.written("moved", before, handle=rows[0]["handle"], name=rows[0]["name"])

    backend.mailer.later(write)
    return user_id
