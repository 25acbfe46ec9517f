"""People without an account: by the link in a mail, or at once where nothing is to be confirmed.

Known and unknown addresses do the same work, leave the same rows and answer the same; only the mail differs, and that
is written after the answer. Each time it is asked there is a row of its own, so that the link confirms what its own
asking said. What nobody confirms is dropped.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from hub.actions.commands.drafting import Key, Part, drafted
from hub.actions.commands.participating import TookPart
from hub.actions.commands.writing import put
from hub.actions.forms import ensure_plain
from hub.actions.letters import LETTERS
from hub.actions.links import link_to
from hub.actions.persons import of_guest, print_of
from hub.actions.reading import asking
from hub.actions.rules import ensure_may_participate_as_guest
from hub.limits.attempts import Counted
from hub.live.backend import Backend
from hub.mail.letters import Mail
from hub.refusals import ErrorCode, Refusal, ThrottleRefusal
from hub.store import idempotency
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Database
from hub.store.tables import Row
from hub.users.rules import email_key, ensure_email

_TRIES = 5
_TAKES_PART = """select p.id from participations p where p.action_id = {as_id action}
    and p.status in ('COUNTED', 'INVALIDATED') and (p.mail_print = {as_text print} or p.user_id in
        (select a.id from accounts a where a.email_key = {as_text email_key} and a.email_verified_at is not null))
    limit 1"""
_PRUNE = Chain(
    (
        Step(
            "taken",
            """delete from participations where status = 'PENDING_VERIFICATION' and at < {as_instant before}
               returning id""",
        ),
        Step(
            "forgotten",
            "delete from action_outreach where participation_id in (select id from taken) returning id",
        ),
    ),
    answer="taken",
)


async def participate_as_guest(
    backend: Backend, viewer: Viewer, *, action_id: int, part: Part, key: str, email: str | None, net: str
) -> TookPart:
    """Take part without an account; `net` is where the request came from. Safe to repeat with the same key."""
    idempotency.ensure_key(key)
    ensure_plain(part.answers)
    for _ in range(_TRIES):
        asked = await asking(backend, viewer, action_id)
        if asked is None:
            raise Refusal(
                ErrorCode.NOT_FOUND, "There is no such action, or you may not see it: check the id.", "actionId"
            )
        address = _address(asked.action, email)
        named = await _named(backend, action_id, part, key, address)
        if (known := await idempotency.first_answer(backend.database, named.scope, key, named.digest)) is not None:
            receipt = await _receipt(backend, known)
            return TookPart(known, replayed=True, pending=address is not None, receipt=receipt)
        ensure_may_participate_as_guest(viewer, asked.action)
        person = await of_guest(backend, email=address, net=net)
        draft = await drafted(backend.settings, asked, part, person, named)
        if address is not None:
            await _count(backend, address, net)
        if await put(backend, action_id, draft):
            if address is not None:
                backend.mailer.later(partial(_letter, backend, asked.action, draft.item["id"], address))
            return TookPart(draft.item["id"], pending=address is not None, receipt=draft.item["receipt"])
    raise ThrottleRefusal(
        ErrorCode.OVERLOADED, "Too many take part right now: try again in a moment.", retry_after_ms=1_000
    )


async def prune(database: Database, before: datetime) -> None:
    """Drop what nobody confirmed."""
    await _PRUNE.run(database, {"before": before})


def _address(action: Mapping[str, Any], email: str | None) -> str | None:
    """The address to be confirmed, where the action asks for one; else none is looked at."""
    if action["verification"] != "EMAIL" or not action["allow_anonymous"]:
        return None
    if email is None:
        raise Refusal(ErrorCode.REQUIRED, "Give an address of mail, which you then confirm.", "email")
    return ensure_email(email)


async def _named(backend: Backend, action_id: int, part: Part, key: str, address: str | None) -> Key:
    whose = f"mail:{await print_of(backend, address)}" if address is not None else "guest"
    return Key(f"participate:{whose}", key, idempotency.digest_of(action_id, part.said))


async def _receipt(backend: Backend, participation_id: int) -> str | None:
    """None for what was dropped since, as nobody confirmed it."""
    sql = "select receipt from participations where id = {as_id id}"
    rows = await backend.database.fetch_small(sql, {"id": participation_id})
    return rows[0]["receipt"] if rows else None


async def _count(backend: Backend, address: str, net: str) -> None:
    chosen = backend.settings
    counted = [
        Counted(f"address:{net}", chosen.participation_mails_per_address),
        Counted(f"account:{email_key(address)}", chosen.participation_mails_per_account),
    ]
    await backend.attempts.count("participation_mail", counted)


async def _letter(backend: Backend, action: Row, participation_id: int, address: str) -> Mail:
    (post,) = await backend.database.fetch("select title from posts where id = {as_id id}", {"id": action["post_id"]})
    whose = {"action": action["id"], "print": await print_of(backend, address), "email_key": email_key(address)}
    if await backend.database.fetch(_TAKES_PART, whose):
        return LETTERS.written("known", address, title=post["title"])
    # Not the name that was given: whoever takes part chooses its words, and the address may be anybody's.
    link, hours = link_to(backend, participation_id), backend.settings.verify_hours
    return LETTERS.written("confirm", address, link=link, title=post["title"], hours=hours)
