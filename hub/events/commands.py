from dataclasses import dataclass
from typing import Any

from hub.events.loaders import event_by_id
from hub.events.rules import ensure_guests, ensure_takes_answers
from hub.events.tables import OVER
from hub.live.backend import Backend
from hub.refusals import CapacityRefusal, ErrorCode, Refusal, ThrottleRefusal
from hub.store import idempotency
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Transaction, UniqueViolation
from hub.store.ids import new_id
from hub.store.reader import Reader
from hub.store.tables import Row, fill
from hub.users.rules import ensure_signed_in

_TRIES = 5

# The event's row is taken last and with all that follows from it, in one statement: many answer at once. The
# counts assume the answer that was read before: one that appeared since, under another id, gives no row.
ANSWER = Chain(
    (
        Step(
            "taken",
            """update events set going_count = going_count + :going, guest_count = guest_count + :guests_coming,
                   maybe_count = maybe_count + :maybe, declined_count = declined_count + :declined
               where id = {as_id event}
                 and (:seats <= 0 or capacity is null or going_count + guest_count + :seats <= capacity)
                 and exists (select 1 from subjects where id = {as_id event} and state = {as_int state}
                     and (frozen_at is null or frozen_at > {now}))
                 and not """
            + fill(OVER, "events")
            + " returning id",
        ),
        Step(
            "answered",
            """insert into rsvps (id, event_id, user_id, status, guests, public_attendance, at, updated_at)
               select {as_id id}, id, {as_id user}, :status, {as_int guests}, {as_bool public}, {now}, {now} from taken
               where true
               on conflict (event_id, user_id) do update set status = excluded.status, guests = excluded.guests,
                   public_attendance = excluded.public_attendance, updated_at = excluded.updated_at
                   where rsvps.id = excluded.id
               returning id""",
        ),
        idempotency.REMEMBER,
    ),
    answer="answered",
    records={"keys": idempotency.KEY_RECORDS},
)


@dataclass(frozen=True)
class Answered:
    """The id of the rsvp; `replayed` when an earlier call with the same key gave this answer."""

    id: int
    replayed: bool = False


class _Moved(Exception):
    """The event changed or was answered in parallel: load and judge again."""


async def rsvp(
    backend: Backend, viewer: Viewer, *, event_id: int, status: str, guests: int, public: bool | None, key: str
) -> Answered:
    """Say GOING, MAYBE, DECLINED or CANCELLED; a full event refuses. One answer a person, the last one counts."""
    user_id = ensure_signed_in(viewer)
    scope, digest = f"rsvp:{user_id}", idempotency.digest_of(event_id, status, guests, public)
    for _ in range(_TRIES):
        if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
            return Answered(known, replayed=True)
        event = await Reader(backend.database, viewer).one(event_by_id, event_id)
        if event is None:
            raise Refusal(ErrorCode.NOT_FOUND, "There is no such event.", "eventId")
        ensure_takes_answers(event)
        ensure_guests(event, guests)
        answer = _Answer(event, user_id, status, guests if status in {"GOING", "MAYBE"} else 0, public)
        try:
            return await backend.database.transact(lambda tx, a=answer: _store(tx, a, (scope, key, digest)))
        except (UniqueViolation, _Moved):
            continue
    raise ThrottleRefusal(ErrorCode.OVERLOADED, "Too many answer at once.", retry_after_ms=1_000)


@dataclass(frozen=True)
class _Answer:
    event: Row
    user_id: int
    status: str
    guests: int
    public: bool | None


async def _store(transaction: Transaction, answer: _Answer, key: tuple[str, str, str]) -> Answered:
    event_id = answer.event["id"]
    rows = await transaction.fetch(
        """select id, status, guests, public_attendance from rsvps
           where event_id = :event and user_id = :user {for_update}""",
        {"event": event_id, "user": answer.user_id},
    )
    old: dict[str, Any] = rows[0] if rows else {"status": None, "guests": 0, "public_attendance": True}
    rsvp_id = old.get("id") or new_id()
    change = _change(old, answer)
    stored = await ANSWER.run_in(
        transaction,
        {
            **change,
            "event": event_id,
            "state": answer.event["state"],
            "id": rsvp_id,
            "user": answer.user_id,
            "status": answer.status,
            "guests": answer.guests,
            "public": bool(old["public_attendance"]) if answer.public is None else answer.public,
            "keys": [idempotency.record(*key, rsvp_id)],
        },
    )
    if not stored:
        raise await _why_not(transaction, answer, change)
    return Answered(rsvp_id)


def _change(old: dict[str, Any], answer: _Answer) -> dict[str, int]:
    going = (answer.status == "GOING") - (old["status"] == "GOING")
    guests = answer.guests * (answer.status == "GOING") - old["guests"] * (old["status"] == "GOING")
    return {
        "going": going,
        "guests_coming": guests,
        "maybe": (answer.status == "MAYBE") - (old["status"] == "MAYBE"),
        "declined": (answer.status == "DECLINED") - (old["status"] == "DECLINED"),
        "seats": going + guests,
    }


async def _why_not(transaction: Transaction, answer: _Answer, change: dict[str, int]) -> Exception:
    rows = await transaction.fetch(
        "select capacity, going_count + guest_count as taken from events where id = :id", {"id": answer.event["id"]}
    )
    full = rows[0]["capacity"] is not None and rows[0]["taken"] + change["seats"] > rows[0]["capacity"]
    if full and change["seats"] > 0:
        return CapacityRefusal("This event has not that many seats left.", "eventId")
    return _Moved()
