"""Following by taking part: what a person began, answers for or belongs to, as far as the person wants that."""

from collections.abc import Collection

from hub.jobs.handlers import Again, Job
from hub.store.database import Database
from hub.store.ids import new_id
from hub.store.sql import Kind, records, to_json
from hub.users.happenings import Involved

_WHO: dict[str, Kind] = {"id": "id", "kind": "text", "target": "id", "person": "id"}

_AUTHORS = """select author_id as user_id from subjects where id = :target and author_id is not null
    union select user_id from post_authors where post_id = :target"""
_HOLDS = {
    "MEMBERSHIP": """select user_id from memberships
        where club_id = :target and user_id {in people} and status = 'ACTIVE'""",
    "RSVP": """select user_id from rsvps
        where event_id = :target and user_id {in people} and status in ('GOING', 'MAYBE', 'WAITLISTED')""",
    "PARTICIPATED": """select p.user_id from actions a join participations p on p.action_id = a.id
        where a.post_id = :target and p.user_id {in people} and p.status = 'COUNTED'""",
}
"""For whom of these people the reason holds now."""


async def keep_follows(involved: Involved, job: Job) -> Again | None:
    """The handler: those for whom the reason holds follow, the others no longer."""
    database, reason = job.database, involved.reason
    target = involved.target_kind, involved.target_id
    if reason == "AUTHORED":
        rows = await database.fetch(_AUTHORS, {"target": involved.target_id})
    else:
        rows = await database.fetch(_HOLDS[reason], {"target": involved.target_id, "people": involved.people})
    holding = {row["user_id"] for row in rows}
    if holding:
        await follow_by(database, reason, {(*target, person) for person in holding})
    if ended := set(involved.people) - holding:
        await unfollow_by(database, reason, target, ended)
    return None


async def follow_by(database: Database, reason: str, follows: Collection[tuple[str, int, int]]) -> None:
    """Of a kind of target, a target and a person: these follow from now on, all of it, for this reason; who followed or
    chose otherwise as before."""
    who = [dict(zip(_WHO, (new_id(), *one), strict=True)) for one in sorted(follows)]
    await database.write(
        f"""insert into follows (id, user_id, target_kind, target_id, level, reason, since)
            select id, person, kind, target, 'ALL', :reason, {{now}}
            from {records("who", _WHO, database.dialect)}
            where not exists (select 1 from notification_settings s
                where s.id = person and s.follows_by is not null and s.follows_by not like :wanted)
            on conflict (user_id, target_id, target_kind) do nothing""",
        {"reason": reason, "wanted": f"%{reason}%", "who": to_json(who)},
    )


async def unfollow_by(database: Database, reason: str, target: tuple[str, int], people: Collection[int]) -> None:
    """The reason is gone, and with it the follows that came about by it; those by hand or by another one stay."""
    kind, target_id = target
    await database.write(
        """delete from follows where user_id {in people} and target_id = {as_id target} and target_kind = :kind
           and reason = :reason""",
        {"people": sorted(people), "target": target_id, "kind": kind, "reason": reason},
    )
