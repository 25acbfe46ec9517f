"""Planning, changing and cancelling events: who may, as the table of the README says."""

from typing import Any

from tests.mutations import row_id
from tests.permissions.community import Community
from tests.permissions.deed import NOBODY_AT_ALL, Deed, Given
from tests.permissions.roles import TEAM

_PLANNERS = frozenset({"club_owner", "club_organizer", "admin"})
_PLAN = {
    "title": "A ride",
    "body": "x",
    "startsAt": "2030-05-01T12:00:00Z",
    "timeZone": "America/Chicago",
    "attendance": "IN_PERSON",
}


async def _of_the_club(community: Community, _role: str) -> Given:
    return {**_PLAN, "clubId": community.ids["Club:open"]}


async def _of_the_hub(_community: Community, _role: str) -> Given:
    return dict(_PLAN)


def _there(plan: dict[str, Any], **columns: str) -> Any:
    async def given(community: Community, _role: str) -> Given:
        event = await community.subject("Event")
        if columns:
            await community.change(event, "events", **columns)
        return {"id": event, **plan}

    return given


async def _the_hubs(community: Community, _role: str) -> Given:
    event = await community.subject("Event")
    for table in ("subjects", "events"):
        await community.database.write(f"update {table} set club_id = null where id = :id", {"id": row_id(event)})
    return {"id": event}


_CHANGED = {**_PLAN, "expectedVersion": 1}

DEEDS_OF_EVENTS = [
    Deed("saveEvent", "plan an event of the club", _PLANNERS, _of_the_club),
    Deed("saveEvent", "plan an event of the hub", TEAM, _of_the_hub),
    Deed("saveEvent", "change an event of the club", _PLANNERS, _there(_CHANGED), ability="EDIT"),
    Deed(
        *("saveEvent", "change a cancelled event", NOBODY_AT_ALL, _there(_CHANGED, status="CANCELLED")),
        codes=dict.fromkeys(_PLANNERS, "CLOSED"),
        ability="EDIT",
    ),
    Deed("cancelEvent", "cancel an event of the club", _PLANNERS, _there({}), ability="EDIT"),
    Deed("cancelEvent", "cancel an event of the hub", TEAM, _the_hubs, ability="EDIT"),
]
