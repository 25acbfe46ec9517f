"""Whom a fact concerns, as SQL that gives people in the order of their ids: one branch for each way to be concerned."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.store.database import Database

_PERSON = "u.id as user_id, 0 as gathered from users u where u.id = {as_id target}"
_FOLLOWER = """f.user_id, case when f.level = 'DIGEST' then 1 else 0 end as gathered from follows f
    where f.target_id = {as_id target} and f.target_kind = :kind and f.level in ('DIGEST', 'ALL')"""
_OWNER = """m.user_id, 0 as gathered from memberships m
    where m.club_id = {as_id target} and m.status = 'ACTIVE' and m.role = 'OWNER'"""
_GUEST = """r.user_id, 0 as gathered from rsvps r
    where r.event_id = {as_id target} and r.status in ('GOING', 'MAYBE', 'WAITLISTED')"""
_COMER = """r.user_id, 0 as gathered from rsvps r
    where r.event_id = {as_id target} and r.status in ('GOING', 'MAYBE')"""
_PARTICIPANT = """p.user_id, 0 as gathered from actions a join participations p on p.action_id = a.id
    where a.post_id = {as_id target} and p.user_id is not null and p.status = 'COUNTED'"""


@dataclass(frozen=True)
class Branch:
    """People who are concerned for one reason; `person` is the name of the column that tells who."""

    sql: str
    person: str
    target: int
    kind: str = ""


def person(user_id: int) -> Branch:
    return Branch(_PERSON, "u.id", user_id)


def followers(kind: str, target_id: int) -> Branch:
    return Branch(_FOLLOWER, "f.user_id", target_id, kind)


def owners(club_id: int) -> Branch:
    """Who decides about the members of a club."""
    return Branch(_OWNER, "m.user_id", club_id)


def guests(event_id: int) -> Branch:
    """Who answered that they come, or want to."""
    return Branch(_GUEST, "r.user_id", event_id)


def comers(event_id: int) -> Branch:
    """Who has a seat, or may come."""
    return Branch(_COMER, "r.user_id", event_id)


def participants(post_id: int) -> Branch:
    """Who takes part in the action of a post."""
    return Branch(_PARTICIPANT, "p.user_id", post_id)


async def next_people(database: Database, branches: Sequence[Branch], after: int, most: int) -> dict[int, bool]:
    """The next ones after an id, each once, with whether all reasons let it wait to be gathered.

    Each branch gives no more than its first ones, so a batch reads no more than that of each index.
    """
    parts: list[str] = []
    values: dict[str, Any] = {"after": after, "most": most}
    for place, branch in enumerate(branches):
        names = {f"target{place}": branch.target, f"kind{place}": branch.kind}
        sql = branch.sql.replace("target}", f"target{place}}}").replace(":kind", f":kind{place}")
        of_branch = f"select {sql} and {branch.person} > {{as_id after}} order by {branch.person} limit :most"
        parts.append(f"select * from ({of_branch}) b{place}")
        values |= {name: value for name, value in names.items() if value != ""}
    rows = await database.fetch(
        f"""select user_id, min(gathered) as gathered from ({" union all ".join(parts)}) concerned
            group by user_id order by user_id limit :most""",
        values,
    )
    return {row["user_id"]: bool(row["gathered"]) for row in rows}
