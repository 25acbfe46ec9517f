"""Requests to join a club: taken back by who asks, decided by who may manage members."""

from typing import Any

from hub.audit.recording import ENTRIES, RECORD, entry
from hub.audit.rules import ensure_reason
from hub.clubs.loaders import club_by_id, membership_by_id
from hub.clubs.rules import ensure_may_manage_members
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live import log
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.ids import new_id
from hub.store.reader import Reader
from hub.users import personal
from hub.users.happenings import HAPPENED, INVOLVED, Happened, Involved
from hub.users.notices import MEMBERSHIP_MOVED, access_changed
from hub.users.rules import ensure_signed_in

# Who was refused may ask again, as who left may.
_DECIDE = Chain(
    (
        Step(
            "taken",
            """update memberships set since = {now},
                   status = case when {as_bool accepted} then 'ACTIVE' else 'EXPIRED' end
               where id = {as_id id} and status = 'REQUESTED' returning id, club_id""",
        ),
        Step(
            "counted",
            """update clubs set member_count = member_count + case when {as_bool accepted} then 1 else 0 end
               where id in (select club_id from taken) returning id""",
        ),
        *log.TELL,
        *personal.TELL,
        RECORD,
        queue.ENQUEUE,
    ),
    answer="taken",
    records={"facts": log.FACTS, "personal_facts": personal.FACTS, "entries": ENTRIES, "work": WORK},
)
_WITHDRAW = Chain(
    (
        Step(
            "taken",
            """update memberships set status = 'LEFT'
               where club_id = {as_id club} and user_id = {as_id user} and status = 'REQUESTED' returning id""",
        ),
        *personal.TELL,
    ),
    answer="taken",
    records={"personal_facts": personal.FACTS},
)


def membership_moved(user_id: int, club_id: int) -> dict[str, Any]:
    """The parameters of both `TELL`s in a chain that changes a membership."""
    moved = personal.facts([(user_id, MEMBERSHIP_MOVED, club_id)])
    return {**access_changed(user_id), "personal_facts": moved}


def belonging_changed(user_id: int, club_id: int) -> dict[str, Any]:
    """The job that makes a member follow the club, and who is none any more no longer."""
    return INVOLVED.job(Involved("MEMBERSHIP", "CLUB", club_id, [user_id]))


async def decide_membership(
    backend: Backend, viewer: Viewer, *, membership_id: int, accepted: bool, note: str | None
) -> None:
    """Take a person who asked into the club, and tell them; or not, which their own stream shows and nobody tells."""
    ensure_signed_in(viewer)
    why = ensure_reason(note, "note")
    reader = Reader(backend.database, viewer)
    membership = await reader.one(membership_by_id, membership_id)
    club = await reader.one(club_by_id, membership["club_id"]) if membership else None
    if membership is None or club is None:
        raise _not_found()
    ensure_may_manage_members(viewer, club)
    person, club_id = membership["user_id"], club["id"]
    action = "club.member_accepted" if accepted else "club.member_declined"
    taken = await _DECIDE.run(
        backend.database,
        {
            **membership_moved(person, club_id),
            "id": membership_id,
            "accepted": accepted,
            "work": _taken_in(person, club_id) if accepted else [],
            "entries": entry(viewer, action, ("User", person), club_id=club_id, reason=why),
        },
    )
    if not taken:
        raise _not_found()
    backend.relay.tell(person, personal.stream_of(person), queue.BELL)


def _taken_in(user_id: int, club_id: int) -> list[dict[str, Any]]:
    """The club tells it, and no owner by name."""
    happened = Happened("MEMBERSHIP_APPROVED", "CLUB", club_id, None, new_id(), user_id)
    return [HAPPENED.job(happened), belonging_changed(user_id, club_id)]


async def withdraw(backend: Backend, user_id: int, club_id: int) -> bool:
    """Whether the person had asked to join, and asks no longer."""
    facts = personal.facts([(user_id, MEMBERSHIP_MOVED, club_id)])
    taken = await _WITHDRAW.run(backend.database, {"club": club_id, "user": user_id, "personal_facts": facts})
    if taken:
        backend.relay.tell(personal.stream_of(user_id))
    return bool(taken)


def _not_found() -> Refusal:
    return Refusal(
        ErrorCode.NOT_FOUND,
        "There is no such request, or it was decided already: `pendingMembers` lists those there are.",
        "membershipId",
    )
