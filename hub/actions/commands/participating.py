from dataclasses import dataclass
from functools import partial
from typing import Any

from hub.actions.commands.asks import ASKS
from hub.actions.commands.drafting import Draft, Key, Part, drafted
from hub.actions.commands.outreach import REACHED, REACHING
from hub.actions.commands.shifts import ensure_room, is_full
from hub.actions.commands.writing import involved, put
from hub.actions.forms import ensure_plain
from hub.actions.persons import Person, of_account
from hub.actions.reading import Asking, asking
from hub.actions.rules import ensure_may_participate
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live.backend import Backend
from hub.refusals import DuplicateRefusal, ErrorCode, Refusal, ThrottleRefusal
from hub.store import idempotency
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Record, Transaction, UniqueViolation
from hub.users.rules import ensure_signed_in

_TRIES = 5

# What is said anew by who comes back; all else stays as it was said first.
_ANEW = ("mail_print", "amount", "shift_id", "story_source", "story_html", "story_excerpt", "review")
# What the tally still holds changes its amount only once it was taken out.
_AGAIN = Chain(
    (
        ASKS,
        Step(
            "taken",
            """update participations set status = 'COUNTED', at = {now}, mail_print = {as_text mail_print},
                   amount = {as_int amount}, shift_id = {as_id shift_id}, story_source = {as_text story_source},
                   story_html = {as_text story_html}, story_excerpt = {as_text story_excerpt},
                   review = {as_text review},
                   consent_version = (select asks.consent_version from asks)
               where id = {as_id id} and status = 'WITHDRAWN'
                 and (not counted or coalesce(amount, 0) = coalesce({as_int amount}, 0))
                 and exists (select 1 from asks where asks.version = {as_int version})
               returning id""",
        ),
        REACHED,
        idempotency.REMEMBER,
        queue.ENQUEUE,
    ),
    answer="taken",
    records={"keys": idempotency.KEY_RECORDS, "work": WORK, "reaching": REACHING},
)


@dataclass(frozen=True)
class TookPart:
    """The id of the participation; `replayed` when an earlier call with the same key gave this answer, `pending` when
    it counts once the person has opened the link in a mail. `receipt` is for who has no account to look it up."""

    id: int
    replayed: bool = False
    pending: bool = False
    receipt: str | None = None


async def participate(backend: Backend, viewer: Viewer, *, action_id: int, part: Part, key: str) -> TookPart:
    """Take part once; safe to repeat with the same key. Whoever withdrew may come back, with the first receipt."""
    user_id = ensure_signed_in(viewer)
    idempotency.ensure_key(key)
    ensure_plain(part.answers)
    named = Key(f"participate:{user_id}", key, idempotency.digest_of(action_id, part.said))
    for _ in range(_TRIES):
        try:
            asked = await _judged(backend, viewer, action_id)
            person = await of_account(backend, user_id, viewer.app_id, beside_guests=asked.action["allow_anonymous"])
            draft = await drafted(backend.settings, asked, part, person, named)
        except Refusal:
            if (known := await _first_answer(backend, named)) is not None:
                return TookPart(known, replayed=True)
            raise
        shift_id = draft.item["shift_id"]
        if not is_full(asked, shift_id) and await put(backend, action_id, draft):
            return TookPart(draft.item["id"])
        if (known := await _first_answer(backend, named)) is not None:
            return TookPart(known, replayed=True)
        if (earlier := await _earlier(backend, action_id, person)) is None:
            ensure_room(asked, shift_id)
            continue  # the action was changed meanwhile: judge again
        if earlier["status"] != "WITHDRAWN":
            raise DuplicateRefusal(
                "You take part already: withdraw first if you want to change your answers.",
                "actionId",
                existing=("Participation", earlier["id"]),
            )
        ensure_room(asked, shift_id)
        if await _again(backend, asked, draft, earlier["id"]):
            return TookPart(earlier["id"])
    raise ThrottleRefusal(
        ErrorCode.OVERLOADED, "Too many take part right now: try again in a moment.", retry_after_ms=1_000
    )


async def _judged(backend: Backend, viewer: Viewer, action_id: int) -> Asking:
    asked = await asking(backend, viewer, action_id)
    if asked is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such action, or you may not see it: check the id.", "actionId")
    ensure_may_participate(viewer, asked.action)
    return asked


async def _first_answer(backend: Backend, named: Key) -> int | None:
    return await idempotency.first_answer(backend.database, named.scope, named.key, named.digest)


async def _earlier(backend: Backend, action_id: int, person: Person) -> Record | None:
    """The person's own, or another one under the same address of mail; the one that stands before one withdrawn."""
    rows = await backend.database.fetch(
        """select id, status from participations where action_id = {as_id action} and (person = {as_text person}
               or (mail_print = {as_text mail_print} and status in ('COUNTED', 'INVALIDATED')))
           order by case when status = 'WITHDRAWN' then 1 else 0 end limit 1""",
        {"action": action_id, "person": person.name, "mail_print": person.mail_print},
    )
    return rows[0] if rows else None


async def _again(backend: Backend, asked: Asking, draft: Draft, participation_id: int) -> bool:
    values = {
        "id": participation_id,
        "action": asked.action["id"],
        "version": asked.action["version"],
        **{name: draft.item[name] for name in _ANEW},
        "reaching": [{**one, "participation_id": participation_id} for one in draft.reaching],
        "keys": [{**draft.key, "ref_id": participation_id}],
        "work": involved(asked.action["post_id"], draft.item["user_id"]),
    }
    try:
        if draft.item["shift_id"] is None:
            return bool(await _AGAIN.run(backend.database, values))
        return await backend.database.transact(partial(_again_in_shift, values))
    except _Full:
        return False
    except UniqueViolation:  # meanwhile the key was used, or the person took part by mail
        return False


class _Full(Exception):
    pass


async def _again_in_shift(values: dict[str, Any], transaction: Transaction) -> bool:
    """Take a place as well, or nothing of it."""
    if not await _AGAIN.run_in(transaction, values):
        return False
    if not await transaction.fetch(
        "update action_shifts set booked = booked + 1 where id = {as_id shift_id} and booked < places returning id",
        {"shift_id": values["shift_id"]},
    ):
        raise _Full
    return True
