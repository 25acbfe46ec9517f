"""Who may be told of what happened on a subject: who is let in and sees it, has not blocked the
actor, and has muted neither.
"""

from collections.abc import Collection
from typing import Any

from hub.notifications.rules import is_muted
from hub.store.audience import Standing, Viewer
from hub.store.database import Database
from hub.store.instants import from_driver, now
from hub.store.tables import Row
from hub.subjects.rules import may_see
from hub.users.blocking import who_blocked
from hub.users.rules import IN_FORCE

_IN_FORCE = IN_FORCE.replace("{t}", "x")


class Concerned:
    """What is known of some people and one subject; read at once for all of them."""

    def __init__(
        self, subject_id: int, seers: set[int], blocked: set[tuple[int, int]], muted: set[tuple[int, int]]
    ) -> None:
        """`blocked` and `muted` are pairs of a person and an actor; of what is muted, also the subject."""
        self._subject_id = subject_id
        self._seers = seers
        self._blocked = blocked
        self._muted = muted

    @classmethod
    async def of(
        cls, database: Database, subject: Row, people: Collection[int], actors: Collection[int]
    ) -> "Concerned":
        listed = list(people)
        return cls(
            subject["id"],
            await _seers(database, subject, listed),
            await who_blocked(database, list(actors), listed),
            await _muted(database, subject, listed, actors),
        )

    def may_hear(self, person: int, actor: int | None) -> bool:
        return (
            person != actor
            and person in self._seers
            and (person, actor) not in self._blocked
            and (person, actor) not in self._muted
            and (person, self._subject_id) not in self._muted
        )


async def subject_of(database: Database, subject_id: int) -> Row | None:
    rows = await database.fetch(
        """select s.id, s.kind, s.visibility, s.club_id, s.author_id, s.category_id from subjects s where s.id = :id""",
        {"id": subject_id},
    )
    return Row(rows[0]) if rows else None


async def _seers(database: Database, subject: Row, people: list[int]) -> set[int]:
    rows = await database.fetch(
        f"""select u.id, u.role, m.club_id from users u
           left join memberships m on m.user_id = u.id and m.club_id = {{as_id club}} and m.status = 'ACTIVE'
           where u.id {{in people}} and u.status = 'ACTIVE' and not exists (
               select 1 from sanctions x where x.user_id = u.id and x.kind = 'BAN' and {_IN_FORCE})""",
        {"people": people, "club": subject["club_id"]},
    )
    hosting = await _hosts(database, subject) if subject["kind"] == "EVENT" else set[int]()
    return {row["id"] for row in rows if may_see(_as_viewer(row), subject, hosting)}


async def _hosts(database: Database, subject: Row) -> set[int]:
    rows = await database.fetch("select user_id from event_hosts where event_id = :id", {"id": subject["id"]})
    return {row["user_id"] for row in rows}


def _as_viewer(row: dict[str, Any]) -> Viewer:
    clubs = frozenset({row["club_id"]}) if row["club_id"] is not None else frozenset[int]()
    return Viewer(user_id=row["id"], standing=Standing(row["role"]), clubs=clubs)


async def _muted(database: Database, subject: Row, people: list[int], actors: Collection[int]) -> set[tuple[int, int]]:
    """A follow of the subject decides over those of its category and club; one of the actor counts besides."""
    around = {subject["category_id"], subject["club_id"]} - {None}
    rows = await database.fetch(
        """select user_id, target_kind, target_id, level, muted_until from follows
           where user_id {in people} and target_id {in targets}""",
        {"people": people, "targets": [subject["id"], *around, *actors]},
    )
    muted: set[tuple[int, int]] = set()
    decided = {row["user_id"] for row in rows if row["target_id"] == subject["id"]}
    at = now()
    for row in rows:
        until = from_driver(row["muted_until"]) if row["muted_until"] is not None else None
        if not is_muted(row["level"], until, at):
            continue
        if row["target_kind"] == "USER":
            muted.add((row["user_id"], row["target_id"]))
        elif row["target_id"] == subject["id"] or row["user_id"] not in decided:
            muted.add((row["user_id"], subject["id"]))
    return muted
