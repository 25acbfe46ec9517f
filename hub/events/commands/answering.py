from dataclasses import dataclass
from typing import Any

from hub.events.loaders import event_by_id
from hub.events.notices import SEATS_FREED, SeatsFreed
from hub.events.rules import (
    WAITING_MOST,
    ensure_could_fit,
    ensure_guests,
    ensure_may_rsvp,
    ensure_may_wait,
    ensure_seats,
)
from hub.events.tables import OVER
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal, ThrottleRefusal
from hub.store import idempotency
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import UniqueViolation
from hub.store.ids import new_id
from hub.store.tables import Row, fill
from hub.users import personal
from hub.users.happenings import INVOLVED, Involved
from hub.users.notices import RSVP_MOVED
from hub.users.rules import ensure_signed_in

_INTERESTED = frozenset({"GOING", "MAYBE", "WAITLISTED"})
_TRIES = 5

# All who answer take the event's row first and with all that follows from it, in one statement. What was read before
# is asserted: an answer given meanwhile leaves nothing to take.
_SEAT = Step(
    "seat",
    """select id from events
       where id = {as_id event} and version = {as_int version} and not """
    + fill(OVER, "events")
    + """ and (:seats <= 0 or capacity is null or going_count + guest_count + :seats <= capacity)
         and (:ahead = 0 or waitlisted_count = 0)
         and (:waiting <= 0 or (waitlisted_count < coalesce(waitlist_limit, {as_int waiting_most})
             and (waitlisted_count > 0 or going_count + guest_count + :needed > capacity)))
         and exists (select 1 from subjects where id = {as_id event} and state = {as_int state}
             and (frozen_at is null or frozen_at > {now}))
       {for_update}""",
)
_FIRST = Step(
    "taken",
    """insert into rsvps (id, event_id, user_id, status, guests, public_attendance, at, updated_at,
           waiting_since)
       select {as_id id}, seat.id, {as_id user}, :status, {as_int guests}, {as_bool public}, {now}, {now},
           case when :waiting > 0 then {now} end
       from seat
       where true
       on conflict (event_id, user_id) do nothing
       returning id""",
)
_AGAIN = Step(
    "taken",
    """update rsvps set status = {as_text status}, guests = {as_int guests}, public_attendance = {as_bool public},
           updated_at = {now}, waiting_since = case when :waiting > 0 then {now} when {as_text status} = 'WAITLISTED'
               then waiting_since end
       where id = {as_id id} and status = :old_status and guests = {as_int old_guests}
         and exists (select 1 from seat)
       returning id""",
)
_COUNTED = Step(
    "counted",
    """update events set going_count = going_count + :going, guest_count = guest_count + :guests_coming,
           maybe_count = maybe_count + :maybe, declined_count = declined_count + :declined,
           waitlisted_count = waitlisted_count + :waiting
       where id = {as_id event} and exists (select 1 from taken)
       returning id""",
)


def _chain(answer: Step) -> Chain:
    steps = (_SEAT, answer, _COUNTED, idempotency.REMEMBER, *personal.TELL, queue.ENQUEUE)
    records = {"keys": idempotency.KEY_RECORDS, "personal_facts": personal.FACTS, "work": WORK}
    return Chain(steps, answer="taken", records=records)


_ANSWER_FIRST, _ANSWER_AGAIN = _chain(_FIRST), _chain(_AGAIN)


@dataclass(frozen=True)
class Answered:
    """The id of the rsvp; `replayed` when an earlier call with the same key gave this answer."""

    id: int
    replayed: bool = False


async def rsvp(
    backend: Backend,
    viewer: Viewer,
    *,
    event_id: int,
    choice: str,
    guests: int,
    wait: bool,
    public: bool | None,
    key: str,
) -> Answered:
    """Say GOING, MAYBE, DECLINED or CANCELLED. One answer a person, the last one counts.

    Who would come where no seat is free may `wait` for one; else a full event refuses.
    """
    user_id = ensure_signed_in(viewer)
    scope, digest = f"rsvp:{user_id}", idempotency.digest_of(event_id, choice, guests, wait, public)
    for _ in range(_TRIES):
        if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
            return Answered(known, replayed=True)
        event = await event_by_id.row(backend.database, viewer, event_id)
        if event is None:
            raise Refusal(
                ErrorCode.NOT_FOUND, "There is no such event, or you may not see it: check the id.", "eventId"
            )
        ensure_may_rsvp(viewer, event)
        ensure_guests(event, guests)
        old = await _given(backend, event_id, user_id)
        coming = guests if choice in {"GOING", "MAYBE"} else 0
        status = _granted(event, old, choice, coming, wait=wait)
        change = _change(old, status, coming)
        work = [*_seats_freed(event, change, coming < old["guests"]), *_involved(event, old["status"], status, user_id)]
        rsvp_id = old["id"] or new_id()
        try:
            taken = await (_ANSWER_AGAIN if old["id"] else _ANSWER_FIRST).run(
                backend.database,
                {
                    **change,
                    "ahead": int(status == "GOING" and old["status"] != "GOING"),
                    "needed": coming + 1,
                    "waiting_most": WAITING_MOST,
                    "version": event["version"],
                    "work": work,
                    "event": event_id,
                    "state": event["state"],
                    "id": rsvp_id,
                    "user": user_id,
                    "status": status,
                    "guests": coming,
                    "old_status": old["status"],
                    "old_guests": old["guests"],
                    "public": bool(old["public_attendance"]) if public is None else public,
                    "keys": [idempotency.record(scope, key, digest, rsvp_id)],
                    "personal_facts": personal.facts([(user_id, RSVP_MOVED, rsvp_id)]),
                },
            )
        except UniqueViolation:
            continue
        if taken:
            backend.relay.tell(personal.stream_of(user_id), *([queue.BELL] if work else []))
            return Answered(rsvp_id)
    raise ThrottleRefusal(
        ErrorCode.OVERLOADED, "Too many answer right now: try again in a moment.", retry_after_ms=1_000
    )


async def _given(backend: Backend, event_id: int, user_id: int) -> dict[str, Any]:
    """What this person answered before."""
    rows = await backend.database.fetch(
        "select id, status, guests, public_attendance from rsvps where event_id = :event and user_id = :user",
        {"event": event_id, "user": user_id},
    )
    return rows[0] if rows else {"id": None, "status": None, "guests": 0, "public_attendance": True}


def _granted(event: Row, old: dict[str, Any], choice: str, guests: int, *, wait: bool) -> str:
    """The status that follows from the choice: who would come may have to wait."""
    if choice != "GOING":
        return choice
    if old["status"] == "GOING":
        ensure_seats(event, guests - old["guests"])
        return choice
    if old["status"] == "WAITLISTED":
        ensure_could_fit(event, guests + 1)
        return "WAITLISTED"
    if not event["waitlisted_count"] and (event["capacity"] is None or guests < event["seats_left"]):
        return choice
    ensure_may_wait(event, guests + 1, wait=wait)
    return "WAITLISTED"


def _seats_freed(event: Row, change: dict[str, int], fewer: bool) -> list[dict[str, Any]]:
    """A job if somebody may wait for what this answer gives back: seats, or a place in the line."""
    if not event["waitlist_enabled"] or not (fewer or change["seats"] < 0 or change["waiting"] < 0):
        return []
    return [SEATS_FREED.job(SeatsFreed(event["id"]), key=str(event["id"]))]


def _involved(event: Row, old: str | None, status: str, user_id: int) -> list[dict[str, Any]]:
    """A job where the answer makes the person follow the event, or no longer."""
    if (old in _INTERESTED) == (status in _INTERESTED):
        return []
    return [INVOLVED.job(Involved("RSVP", "EVENT", event["id"], [user_id]))]


def _change(old: dict[str, Any], status: str, guests: int) -> dict[str, int]:
    going = (status == "GOING") - (old["status"] == "GOING")
    coming = guests * (status == "GOING") - old["guests"] * (old["status"] == "GOING")
    return {
        "going": going,
        "guests_coming": coming,
        "maybe": (status == "MAYBE") - (old["status"] == "MAYBE"),
        "declined": (status == "DECLINED") - (old["status"] == "DECLINED"),
        "waiting": (status == "WAITLISTED") - (old["status"] == "WAITLISTED"),
        "seats": going + coming,
    }
