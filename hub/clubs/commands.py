from typing import Any

from hub.audit.recording import ENTRIES, RECORD, entry
from hub.audit.rules import ensure_reason
from hub.clubs.deciding import belonging_changed, membership_moved, withdraw
from hub.clubs.loaders import club_by_id, membership_by_id
from hub.clubs.rules import ensure_keeps_an_owner, ensure_may_join, ensure_may_manage_members
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live import log
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal, ThrottleRefusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Record
from hub.store.ids import new_id
from hub.store.reader import Reader
from hub.store.tables import Row
from hub.text.plain import ensure_line
from hub.users import personal
from hub.users.happenings import HAPPENED, Happened
from hub.users.rules import ensure_signed_in

_TRIES = 5
_TITLE = 120

JOIN = Chain(
    (
        Step(
            "taken",
            """insert into memberships (id, club_id, user_id, role, status, since)
               select {as_id id}, id, {as_id user}, {as_text role},
                   case when join_policy = 'OPEN' then 'ACTIVE' else 'REQUESTED' end, {now} from clubs
               where id = {as_id club} and join_policy in ('OPEN', 'REQUEST')
               on conflict (club_id, user_id) do update set status = excluded.status, role = excluded.role,
                   since = excluded.since
                   where memberships.status in ('LEFT', 'EXPIRED')
                      or (memberships.status = 'REQUESTED' and excluded.status = 'ACTIVE')
               returning id, club_id, status""",
        ),
        Step(
            "counted",
            """update clubs set member_count = member_count + 1
               where id in (select club_id from taken where status = 'ACTIVE') returning id""",
        ),
        *log.TELL,
        *personal.TELL,
        queue.ENQUEUE,
    ),
    answer="taken",
    records={"facts": log.FACTS, "personal_facts": personal.FACTS, "work": WORK},
)


def _changing(update: str, members: int) -> Chain:
    """A change of the active membership, of the role that was judged, of the person whose id is `stream`.

    `owners` is how many owners the club gets more. The club's row comes first: of two last owners who go at the same
    time, the second finds the count of the first.
    """
    return Chain(
        (
            Step(
                "held",
                """select id from clubs where id = {as_id club} and ({as_int owners} >= 0 or owner_count > 1)
                   {for_update}""",
            ),
            Step(
                "taken",
                f"""update memberships set {update}
                    where club_id = {{as_id club}} and user_id = {{as_id stream}} and status = 'ACTIVE'
                      and role = {{as_text role}} and exists (select 1 from held)
                    returning id, club_id""",
            ),
            Step(
                "counted",
                f"""update clubs set member_count = member_count + {members},
                        owner_count = owner_count + {{as_int owners}}
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


LEAVE = _changing("status = 'LEFT'", -1)
REMOVE = _changing("status = 'REMOVED'", -1)
SET_ROLE = _changing("role = {as_text new_role}, title = {as_text title}", 0)


async def join_club(backend: Backend, viewer: Viewer, *, club_id: int) -> bool:
    """Become a member of an open club, or ask to where its owners decide; True when that was so already."""
    user_id = ensure_signed_in(viewer)
    club = await _found(backend, viewer, club_id)
    ensure_may_join(viewer, club)
    if club_id in viewer.clubs:
        return True
    values = {"id": new_id(), "user": user_id, "club": club_id, "role": "MEMBER"}
    if club["join_policy"] == "REQUEST":
        work = [HAPPENED.job(Happened("MEMBERSHIP_REQUESTED", "CLUB", club_id, user_id, new_id()))]
    else:
        work = [belonging_changed(user_id, club_id)]
    taken = await JOIN.run(backend.database, {**values, **membership_moved(user_id, club_id), "work": work})
    if taken:
        backend.relay.tell(user_id, personal.stream_of(user_id), queue.BELL)
        return False
    if await _belonging(backend, user_id, club_id, "ACTIVE", "REQUESTED") is not None:
        return True
    raise Refusal(ErrorCode.FORBIDDEN, "This club does not take you as a member any more: ask its owners.", "clubId")


async def leave_club(backend: Backend, viewer: Viewer, *, club_id: int) -> bool:
    """Belong to the club no longer, nor ask to; True when that was so before. The last owner has to stay."""
    user_id = ensure_signed_in(viewer)
    for _ in range(_TRIES):
        club = await _found(backend, viewer, club_id)
        membership = await _belonging(backend, user_id, club_id, "ACTIVE")
        if membership is None:
            return not await withdraw(backend, user_id, club_id)
        ensure_keeps_an_owner(club, membership["role"], "clubId")
        if await _run(backend, LEAVE, membership, []):
            return False
    raise _busy()


async def set_club_role(
    backend: Backend,
    viewer: Viewer,
    *,
    membership_id: int,
    role: str,
    title: str | None,
    keep_title: bool,
    reason: str | None = None,
) -> bool:
    """Give a member another role and title; True when they have them already. The club keeps an owner."""
    ensure_signed_in(viewer)
    given = ensure_line(title, "title", least=1, most=_TITLE) if title is not None else None
    why = ensure_reason(reason)
    for _ in range(_TRIES):
        club, membership = await _managed(backend, viewer, membership_id)
        if role != "OWNER":
            ensure_keeps_an_owner(club, membership["role"], "role")
        new_title = membership["title"] if keep_title else given
        if (role, new_title) == (membership["role"], membership["title"]):
            return True
        act = _act(viewer, membership, "club.role_set", why, {"role": role, "title": new_title})
        if await _run(backend, SET_ROLE, membership, act, new_role=role, title=new_title):
            return False
    raise _busy()


async def remove_member(backend: Backend, viewer: Viewer, *, membership_id: int, reason: str | None = None) -> None:
    """End a membership for good: the person cannot join this club again. The club keeps an owner."""
    ensure_signed_in(viewer)
    why = ensure_reason(reason)
    for _ in range(_TRIES):
        club, membership = await _managed(backend, viewer, membership_id)
        ensure_keeps_an_owner(club, membership["role"], "membershipId")
        if await _run(backend, REMOVE, membership, _act(viewer, membership, "club.member_removed", why)):
            return
    raise _busy()


async def _found(backend: Backend, viewer: Viewer, club_id: int) -> Row:
    club = await club_by_id.row(backend.database, viewer, club_id)
    if club is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such club, or you may not see it: check the id.", "clubId")
    return club


async def _managed(backend: Backend, viewer: Viewer, membership_id: int) -> tuple[Row, Row]:
    """The club and the active membership in it, which this viewer may manage."""
    reader = Reader(backend.database, viewer)
    membership = await reader.one(membership_by_id, membership_id)
    club = await reader.one(club_by_id, membership["club_id"]) if membership else None
    if membership is None or club is None or membership["status"] != "ACTIVE":
        raise Refusal(
            ErrorCode.NOT_FOUND,
            "There is no such membership: the club's `members` lists those there are.",
            "membershipId",
        )
    ensure_may_manage_members(viewer, club)
    return club, membership


def _act(
    viewer: Viewer, membership: Row, action: str, reason: str | None, after: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    before = {"role": membership["role"], "title": membership["title"]}
    target = ("User", membership["user_id"])
    return entry(viewer, action, target, club_id=membership["club_id"], before=before, after=after, reason=reason)


async def _run(backend: Backend, chain: Chain, membership: Record, act: list[dict[str, Any]], **values: Any) -> bool:
    """False when the club or the membership moved on since they were judged."""
    person, role = membership["user_id"], membership["role"]
    owners = (values.get("new_role") == "OWNER") - (role == "OWNER")
    work = [belonging_changed(person, membership["club_id"])] if chain is not SET_ROLE else []
    judged = {"club": membership["club_id"], "role": role, "owners": owners, "entries": act, "work": work}
    given = {**judged, **membership_moved(person, membership["club_id"]), **values}
    taken = await chain.run(backend.database, given)
    if taken:
        backend.relay.tell(person, personal.stream_of(person), queue.BELL)
    return bool(taken)


async def _belonging(backend: Backend, user_id: int, club_id: int, *statuses: str) -> Record | None:
    rows = await backend.database.fetch(
        """select club_id, user_id, role from memberships
           where club_id = :club and user_id = :user and status {in_text statuses}""",
        {"club": club_id, "user": user_id, "statuses": list(statuses)},
    )
    return rows[0] if rows else None


def _busy() -> Refusal:
    return ThrottleRefusal(
        ErrorCode.OVERLOADED, "Too much is changing here right now: try again in a moment.", retry_after_ms=1_000
    )
