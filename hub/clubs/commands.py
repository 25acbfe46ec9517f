from hub.clubs.loaders import club_by_id
from hub.clubs.rules import ensure_open_to_join
from hub.live import log
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.ids import new_id
from hub.store.reader import Reader
from hub.store.tables import Row
from hub.users.notices import access_changed
from hub.users.rules import ensure_signed_in

JOIN = Chain(
    (
        Step(
            "taken",
            """insert into memberships (id, club_id, user_id, role, status, since)
               select {as_id id}, id, {as_id user}, {as_text role}, 'ACTIVE', {now} from clubs
               where id = {as_id club} and join_policy = 'OPEN'
               on conflict (club_id, user_id) do update set status = 'ACTIVE', role = excluded.role,
                   since = excluded.since
                   where memberships.status in ('LEFT', 'EXPIRED')
               returning id, club_id""",
        ),
        Step(
            "counted",
            """update clubs set member_count = member_count + 1
               where id in (select club_id from taken) returning id""",
        ),
        *log.TELL,
    ),
    answer="taken",
    records={"facts": log.FACTS},
)

LEAVE = Chain(
    (
        Step(
            "taken",
            """update memberships set status = 'LEFT'
               where club_id = {as_id club} and user_id = {as_id stream} and status = 'ACTIVE'
               returning id, club_id""",
        ),
        Step(
            "counted",
            """update clubs set member_count = member_count - 1
               where id in (select club_id from taken) returning id""",
        ),
        *log.TELL,
    ),
    answer="taken",
    records={"facts": log.FACTS},
)


async def join_club(backend: Backend, viewer: Viewer, *, club_id: int) -> bool:
    """Become a member of an open club; True when the viewer was one already."""
    user_id = ensure_signed_in(viewer)
    club = await _found(backend, viewer, club_id)
    if club_id in viewer.clubs:
        return True
    ensure_open_to_join(club)
    values = {"id": new_id(), "user": user_id, "club": club_id, "role": "MEMBER"}
    taken = await JOIN.run(backend.database, {**values, **access_changed(user_id)})
    if taken:
        backend.relay.tell(user_id)
        return False
    ensure_open_to_join(await _found(backend, viewer, club_id))
    return await _is_member(backend, user_id, club_id)


async def leave_club(backend: Backend, viewer: Viewer, *, club_id: int) -> bool:
    """Belong to the club no longer; True when the viewer did not before."""
    user_id = ensure_signed_in(viewer)
    await _found(backend, viewer, club_id)
    taken = await LEAVE.run(backend.database, {"club": club_id, **access_changed(user_id)})
    if taken:
        backend.relay.tell(user_id)
    return not taken


async def _found(backend: Backend, viewer: Viewer, club_id: int) -> Row:
    club = await Reader(backend.database, viewer).one(club_by_id, club_id)
    if club is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such club.", "clubId")
    return club


async def _is_member(backend: Backend, user_id: int, club_id: int) -> bool:
    rows = await backend.database.fetch(
        "select status from memberships where club_id = :club and user_id = :user", {"club": club_id, "user": user_id}
    )
    if rows and rows[0]["status"] == "ACTIVE":
        return True
    raise Refusal(ErrorCode.FORBIDDEN, "This club has ended your membership.", "clubId")
