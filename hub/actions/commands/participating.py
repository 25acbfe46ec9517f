import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from hub.actions.forms import ensure_plain, parted
from hub.actions.loaders import action_by_id, participation_by_id
from hub.actions.reading import Asking, asking
from hub.actions.rules import TAKES, ensure_may_participate
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live.backend import Backend
from hub.refusals import DuplicateRefusal, ErrorCode, Refusal, ThrottleRefusal
from hub.store import idempotency
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import UniqueViolation
from hub.store.ids import new_id
from hub.store.reader import Reader
from hub.store.sealing import Seal
from hub.store.sql import Kind, to_json
from hub.store.tables import Row, fill
from hub.text.plain import ensure_line
from hub.users.happenings import INVOLVED, Involved
from hub.users.rules import ensure_signed_in

PERSONAL = "participation"
"""What personal answers are sealed for."""
_TOGETHER = 200
"""People in one job."""
_TRIES = 5
_NAME, _NOTE, _SHORT = 100, 500, 60

_ITEMS: dict[str, Kind] = {
    "id": "id",
    "version": "int",
    "user_id": "id",
    "person": "text",
    "display_name": "text",
    "public_note": "text",
    "region": "text",
    "receipt": "text",
    "referral": "text",
    "answers": "json",
    "sealed": "text",
}

# Only adds rows: the action is read, and no row that others write too is held.
_TAKE_PART = Chain(
    (
        Step(
            "taken",
            """insert into participations (id, action_id, user_id, person, display_name, public_note, region, status,
                   receipt, referral, answers, sealed, consent_version, at)
               select items.id, a.id, items.user_id, items.person, items.display_name, items.public_note,
                   items.region, 'COUNTED', items.receipt, items.referral, items.answers, items.sealed,
                   a.consent_version, {now}
               from items join actions a on a.version = items.version
               where a.id = {as_id action} and """
            + fill(TAKES, "a")
            + """ on conflict (action_id, person) do nothing
               returning id""",
        ),
        Step(
            "remembered",
            """insert into idempotency (id, scope, key, digest, ref_id, at)
               select key_id, scope, key, digest, ref_id, {now} from keys where ref_id in (select id from taken)
               returning ref_id""",
        ),
        queue.ENQUEUE,
    ),
    answer="taken",
    records={"items": _ITEMS, "keys": idempotency.KEY_RECORDS, "work": WORK},
)
_AGAIN = Chain(
    (
        Step(
            "taken",
            """update participations set status = 'COUNTED', at = {now},
                   consent_version = (select a.consent_version from actions a where a.id = participations.action_id)
               where id = {as_id id} and status = 'WITHDRAWN'
                 and exists (select 1 from actions a where a.id = participations.action_id
                     and a.version = {as_int version} and """
            + fill(TAKES, "a")
            + ") returning id",
        ),
        idempotency.REMEMBER,
        queue.ENQUEUE,
    ),
    answer="taken",
    records={"keys": idempotency.KEY_RECORDS, "work": WORK},
)
_WITHDRAW = Chain(
    (
        Step(
            "taken",
            """update participations set status = 'WITHDRAWN'
               where id = {as_id id} and user_id = {as_id user} and status = 'COUNTED' returning id""",
        ),
        queue.ENQUEUE,
    ),
    answer="taken",
    records={"work": WORK},
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a person says when taking part; `referral` is where they came from."""

    consent: bool
    display_name: str | None = None
    public_note: str | None = None
    region: str | None = None
    referral: str | None = None
    answers: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class TookPart:
    """The id of the participation; `replayed` when an earlier call with the same key gave this answer."""

    id: int
    replayed: bool = False


@dataclass(frozen=True)
class _Draft:
    post_id: int
    item: dict[str, Any]
    key: dict[str, Any]


async def participate(backend: Backend, viewer: Viewer, *, action_id: int, part: Part, key: str) -> TookPart:
    """Take part once; safe to repeat with the same key. Whoever withdrew may come back, with the first receipt."""
    user_id = ensure_signed_in(viewer)
    idempotency.ensure_key(key)
    ensure_plain(part.answers)
    scope = f"participate:{user_id}"
    digest = idempotency.digest_of(action_id, _said(part))
    for _ in range(_TRIES):
        try:
            asked = await _judged(backend, viewer, action_id)
            draft = _drafted(backend, asked, part, user_id, (scope, key, digest))
        except Refusal:
            if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
                return TookPart(known, replayed=True)
            raise
        if await _put(backend, action_id, draft):
            return TookPart(draft.item["id"])
        if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
            return TookPart(known, replayed=True)
        if (earlier := await _earlier(backend, action_id, draft.item["person"])) is None:
            continue  # the action was changed meanwhile: judge again
        if earlier["status"] != "WITHDRAWN":
            raise DuplicateRefusal("You take part already.", "actionId", existing=("Participation", earlier["id"]))
        values = {
            "id": earlier["id"],
            "version": asked.action["version"],
            "keys": [{**draft.key, "ref_id": earlier["id"]}],
            "work": _involved(asked.action["post_id"], user_id),
        }
        if await _AGAIN.run(backend.database, values):
            return TookPart(earlier["id"])
    raise ThrottleRefusal(ErrorCode.OVERLOADED, "Too many take part at once.", retry_after_ms=1_000)


async def withdraw(backend: Backend, viewer: Viewer, *, participation_id: int) -> bool:
    """Take part no longer; True when the person did not before."""
    user_id = ensure_signed_in(viewer)
    for _ in range(_TRIES):
        own, post_id = await _own(backend, viewer, participation_id)
        if own["status"] == "WITHDRAWN":
            return True
        if own["status"] != "COUNTED":
            raise Refusal(ErrorCode.FORBIDDEN, "This participation does not count.", "id")
        values = {"id": participation_id, "user": user_id, "work": _involved(post_id, user_id)}
        if await _WITHDRAW.run(backend.database, values):
            return False
    raise ThrottleRefusal(ErrorCode.OVERLOADED, "Too many change this at once.", retry_after_ms=1_000)


async def _own(backend: Backend, viewer: Viewer, participation_id: int) -> tuple[Row, int]:
    """The viewer's participation, and the post that asks for it."""
    reader = Reader(backend.database, viewer)
    own = await reader.one(participation_by_id, participation_id)
    action = await reader.one(action_by_id, own["action_id"]) if own is not None else None
    if own is None or action is None or own["user_id"] != viewer.user_id:
        raise Refusal(ErrorCode.NOT_FOUND, "You have no such participation.", "id")
    return own, action["post_id"]


def _involved(post_id: int, *people: int) -> list[dict[str, Any]]:
    """The jobs that make people follow the post in which they take part, or no longer. No bell: nobody waits for it."""
    groups = [list(people[start : start + _TOGETHER]) for start in range(0, len(people), _TOGETHER)]
    return [INVOLVED.job(Involved("PARTICIPATED", "POST", post_id, group)) for group in groups]


async def _judged(backend: Backend, viewer: Viewer, action_id: int) -> Asking:
    asked = await asking(backend, viewer, action_id)
    if asked is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such action.", "actionId")
    ensure_may_participate(viewer, asked.action)
    return asked


def _drafted(backend: Backend, asked: Asking, part: Part, user_id: int, named: tuple[str, str, str]) -> _Draft:
    if not part.consent:
        raise Refusal(ErrorCode.REQUIRED, "Agree to the action's consent text first.", "consent")
    plain, personal = parted(asked.form, part.answers or {})
    participation_id = new_id()
    item = {
        "id": participation_id,
        "version": asked.action["version"],
        "user_id": user_id,
        "person": f"user:{user_id}",
        "display_name": _line(part.display_name, "displayName", _NAME),
        "public_note": _line(part.public_note, "publicNote", _NOTE),
        "region": _line(part.region, "region", _SHORT),
        "receipt": _receipt(),
        "referral": _line(part.referral, "referralCode", _SHORT),
        "answers": plain,
        "sealed": Seal(backend.settings, PERSONAL).close(personal) if personal else None,
    }
    return _Draft(asked.action["post_id"], item, idempotency.record(*named, participation_id))


async def _put(backend: Backend, action_id: int, draft: _Draft) -> bool:
    chosen = backend.settings
    lanes = backend.lanes(
        "participations",
        partial(_write, backend),
        batch=chosen.participation_batch,
        queue=chosen.participation_queue,
    )
    try:
        return await lanes.put(action_id, draft)
    except UniqueViolation:  # the key was used meanwhile, or for another action
        return False


async def _write(backend: Backend, action_id: int, drafts: list[_Draft]) -> list[bool]:
    """Which of them were taken: none of a person who takes part already, and of each person one."""
    taken = await _TAKE_PART.run(
        backend.database,
        {
            "action": action_id,
            "items": [draft.item for draft in drafts],
            "keys": [draft.key for draft in drafts],
            "work": _involved(drafts[0].post_id, *(draft.item["user_id"] for draft in drafts)),
        },
    )
    ids = {row["id"] for row in taken}
    return [draft.item["id"] in ids for draft in drafts]


async def _earlier(backend: Backend, action_id: int, person: str) -> dict[str, Any] | None:
    rows = await backend.database.fetch(
        "select id, status from participations where action_id = {as_id action} and person = {as_text person}",
        {"action": action_id, "person": person},
    )
    return rows[0] if rows else None


def _said(part: Part) -> str:
    return to_json([part.display_name, part.public_note, part.region, part.referral, part.answers, part.consent])


def _line(value: str | None, path: str, most: int) -> str | None:
    return ensure_line(value, path, least=1, most=most) if value else None


def _receipt() -> str:
    """80 bits of chance: nobody guesses another's."""
    text = secrets.token_hex(10).upper()
    return "-".join(text[start : start + 5] for start in range(0, len(text), 5))
