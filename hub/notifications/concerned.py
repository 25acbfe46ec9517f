"""Who may be told of what happened on a subject: who is let in and sees it, has not blocked the
actor, and has muted neither.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet

from hub.notifications.rules import is_muted
from hub.store.audience import Standing, Viewer
from hub.store.database import Database
from hub.store.instants import from_driver, now
from hub.store.sql import Kind, records, to_json
from hub.store.tables import Row
from hub.subjects.rules import may_see
from hub.users.blocking import who_blocked
from hub.users.rules import IN_FORCE

_IN_FORCE = IN_FORCE.replace("{t}", "x")
_PAIRS: dict[str, Kind] = {"person": "id", "target": "id"}

Happening = tuple[Row, Collection[int], Collection[int]]
"""A subject, the people who may be told of what happened there, and who did it."""


class Concerned:
    """What is known of some people, and of what each of them may be told; read at once for all of them."""

    def __init__(
        self,
        viewers: Mapping[int, Viewer],
        hosts: Mapping[int, AbstractSet[int]],
        blocked: AbstractSet[tuple[int, int]],
        mutes: Mapping[tuple[int, str, int], bool],
    ) -> None:
        """`hosts` are those of events, `blocked` pairs of a person and an actor; `mutes` says of a person and what the
        person follows whether that is muted."""
        self._viewers = viewers
        self._hosts = hosts
        self._blocked = blocked
        self._mutes = mutes

    @classmethod
    async def of(cls, database: Database, happened: Collection[Happening]) -> "Concerned":
        subjects = [subject for subject, _, _ in happened]
        people = list({person for _, concerned, _ in happened for person in concerned})
        actors = list({actor for _, _, acting in happened for actor in acting})
        return cls(
            await _viewers(database, subjects, people),
            await _hosts(database, [subject["id"] for subject in subjects if subject["kind"] == "EVENT"]),
            await who_blocked(database, actors, people),
            await _mutes(database, happened),
        )

    def may_hear(self, person: int, subject: Row, actor: int | None) -> bool:
        viewer = self._viewers.get(person)
        return (
            person != actor
            and viewer is not None
            and may_see(viewer, subject, self._hosts.get(subject["id"], frozenset()))
            and (person, actor) not in self._blocked
            and not (actor is not None and self._mutes.get((person, "USER", actor), False))
            and not self._is_muted(person, subject)
        )

    def _is_muted(self, person: int, subject: Row) -> bool:
        """A follow of the subject decides over those of its category and club."""
        own = self._mutes.get((person, subject["kind"], subject["id"]))
        if own is not None:
            return own
        return any(self._mutes.get((person, *place), False) for place in _around(subject))


async def subjects_of(database: Database, ids: Collection[int]) -> dict[int, Row]:
    rows = await database.fetch(
        "select id, kind, visibility, club_id, author_id, category_id from subjects where id {in ids}",
        {"ids": list(ids)},
    )
    return {row["id"]: Row(row) for row in rows}


async def _viewers(database: Database, subjects: Collection[Row], people: list[int]) -> dict[int, Viewer]:
    """Those of these people who are let in, with those of the subjects' clubs where they are members."""
    rows = await database.fetch(
        f"""select u.id, u.role, m.club_id from users u
           left join memberships m on m.user_id = u.id and m.club_id {{in clubs}} and m.status = 'ACTIVE'
           where u.id {{in people}} and u.status = 'ACTIVE' and not exists (
               select 1 from sanctions x where x.user_id = u.id and x.kind = 'BAN' and {_IN_FORCE})""",
        {"people": people, "clubs": list({subject["club_id"] for subject in subjects} - {None})},
    )
    clubs: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        clubs[row["id"]] |= {row["club_id"]} - {None}
    return {
        row["id"]: Viewer(user_id=row["id"], standing=Standing(row["role"]), clubs=frozenset(clubs[row["id"]]))
        for row in rows
    }


async def _hosts(database: Database, events: list[int]) -> dict[int, set[int]]:
    if not events:
        return {}
    sql = "select event_id, user_id from event_hosts where event_id {in events}"
    rows = await database.fetch(sql, {"events": events})
    found: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        found[row["event_id"]].add(row["user_id"])
    return found


async def _mutes(database: Database, happened: Collection[Happening]) -> dict[tuple[int, str, int], bool]:
    # Pair by pair: of two lists each person's follows would be searched for what concerns only others, too.
    pairs = {
        (person, target)
        for subject, people, actors in happened
        for target in (subject["id"], *(id_ for _, id_ in _around(subject)), *actors)
        for person in people
    }
    rows = await database.fetch(
        f"""select f.user_id, f.target_kind, f.target_id, f.level, f.muted_until
            from {records("given", _PAIRS, database.dialect)} cross join follows f
            where f.user_id = given.person and f.target_id = given.target""",
        {"given": to_json([{"person": person, "target": target} for person, target in pairs])},
    )
    at = now()
    return {
        (row["user_id"], row["target_kind"], row["target_id"]): is_muted(
            row["level"], from_driver(row["muted_until"]) if row["muted_until"] is not None else None, at
        )
        for row in rows
    }


def _around(subject: Row) -> list[tuple[str, int]]:
    """Where it lies."""
    places = (("CATEGORY", subject["category_id"]), ("CLUB", subject["club_id"]))
    return [(kind, id_) for kind, id_ in places if id_ is not None]
