"""Shifts of volunteers: no place is given twice, and one that is given back is there for the next."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hub.actions.commands.asking import Shift
from hub.actions.commands.invalidating import Rule, invalidate
from hub.actions.commands.participating import TookPart
from hub.actions.commands.withdrawing import withdraw
from hub.actions.tallying import recount, tally
from hub.graph.ids import to_global
from hub.live.backend import Backend
from hub.refusals import CapacityRefusal, DuplicateRefusal, ErrorCode, Refusal
from hub.store.instants import now
from hub.users.commands import add_person
from tests.actions.acting import an_action, parts_of, sign
from tests.client import Client
from tests.conftest import viewer_of
from tests.mutations import refused, write

SOON = now() + timedelta(days=1)
LOOK = """query ($id: ID!) { node(id: $id) { ... on Action { shifts { key title places placesLeft startsAt }
    viewerParticipation { shift { key } } recentPublic { shift { key } } } } }"""


def shift(key: str, places: int, **other: Any) -> Shift:
    return Shift(
        **{"key": key, "title": key, "starts_at": SOON, "ends_at": SOON + timedelta(hours=4), "places": places, **other}
    )


async def volunteering(backend: Backend, *shifts: Shift, **asked: Any) -> int:
    return await an_action(backend, kind="VOLUNTEER", shifts=shifts, **asked)


async def booked(backend: Backend, action_id: int) -> dict[str, int]:
    sql = "select key, booked from action_shifts where action_id = {as_id action}"
    return {row["key"]: row["booked"] for row in await backend.database.fetch(sql, {"action": action_id})}


async def standing_in(backend: Backend, action_id: int) -> dict[str, int]:
    """How many count in each shift, by the rows."""
    rows = await backend.database.fetch(
        """select s.key, count(*) as n from participations p join action_shifts s on s.id = p.shift_id
           where p.action_id = {as_id action} and p.status = 'COUNTED' group by s.key""",
        {"action": action_id},
    )
    return {row["key"]: row["n"] for row in rows}


async def test_many_at_once_on_two_workers_never_get_more_places_than_there_are(story: Backend) -> None:
    action_id = await volunteering(story, shift("morning", 7), shift("evening", 5))
    people = [f"helper-{number}" for number in range(40)]
    for handle in people:
        await add_person(story.database, handle=handle, name=handle)
    viewers = [await viewer_of(story, handle) for handle in people]
    other = await Backend.open(story.settings)
    try:
        answers = await asyncio.gather(
            *(
                sign((story, other)[number % 2], viewer, action_id, shift=("morning", "evening")[number // 2 % 2])
                for number, viewer in enumerate(viewers)
            ),
            return_exceptions=True,
        )
    finally:
        await other.close()
    took = [answer for answer in answers if isinstance(answer, TookPart)]
    assert {type(answer) for answer in answers if not isinstance(answer, TookPart)} == {CapacityRefusal}
    assert len(took) == 12
    assert await booked(story, action_id) == await standing_in(story, action_id) == {"morning": 7, "evening": 5}


async def test_one_person_many_times_at_once_takes_one_place(story: Backend) -> None:
    action_id = await volunteering(story, shift("morning", 3), shift("evening", 3))
    ines = await viewer_of(story, "ines")
    other = await Backend.open(story.settings)
    try:
        tries = (
            sign(side, ines, action_id, shift=key) for key in ("morning", "evening") for side in (story, other) * 5
        )
        answers = await asyncio.gather(*tries, return_exceptions=True)
    finally:
        await other.close()
    assert sum(isinstance(answer, TookPart) for answer in answers) == 1
    assert {type(answer) for answer in answers} == {TookPart, DuplicateRefusal}
    assert sum((await booked(story, action_id)).values()) == 1


async def test_a_place_given_back_is_there_for_the_next(story: Backend) -> None:
    action_id = await volunteering(story, shift("morning", 1), shift("evening", 1))
    ines, jonas = await viewer_of(story, "ines"), await viewer_of(story, "jonas")
    first = await sign(story, ines, action_id, shift="morning")
    with pytest.raises(CapacityRefusal):
        await sign(story, jonas, action_id, shift="morning")
    await withdraw(story, ines, participation_id=first.id)
    await sign(story, jonas, action_id, shift="morning")
    with pytest.raises(CapacityRefusal):
        await sign(story, ines, action_id, shift="morning")
    assert (await sign(story, ines, action_id, shift="evening")).id == first.id
    assert await booked(story, action_id) == {"morning": 1, "evening": 1}
    await withdraw(story, ines, participation_id=first.id)
    assert await booked(story, action_id) == {"morning": 1, "evening": 0}


async def test_two_who_come_back_for_the_last_place_do_not_both_get_it(story: Backend) -> None:
    action_id = await volunteering(story, shift("morning", 2))
    people = [await viewer_of(story, handle) for handle in ("ines", "jonas")]
    for viewer in people:
        took = await sign(story, viewer, action_id, shift="morning")
        await withdraw(story, viewer, participation_id=took.id)
    await volunteering(story, shift("morning", 1))
    tries = (sign(story, viewer, action_id, shift="morning") for viewer in people * 3)
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, TookPart) for answer in answers) == 1
    assert await booked(story, action_id) == await standing_in(story, action_id) == {"morning": 1}


async def test_who_is_struck_out_leaves_the_place(story: Backend) -> None:
    action_id = await volunteering(story, shift("morning", 2))
    for handle in ("ines", "jonas"):
        await sign(story, await viewer_of(story, handle), action_id, shift="morning", region="TX")
    mara = await viewer_of(story, "mara")
    rule = Rule(region="TX")
    assert await invalidate(story, mara, action_id=action_id, rule=rule, reason="Bots.", dry_run=False) == 2
    assert await booked(story, action_id) == {"morning": 0}


async def test_a_recount_mends_the_places(story: Backend) -> None:
    action_id = await volunteering(story, shift("morning", 2))
    await sign(story, await viewer_of(story, "ines"), action_id, shift="morning")
    await tally(story.database, 100)
    await story.database.write("update action_shifts set booked = 2", {})
    await recount(story.database, action_id)
    assert await booked(story, action_id) == {"morning": 1}


@pytest.mark.parametrize(
    ("chosen", "code"),
    [(None, ErrorCode.REQUIRED), ("noon", ErrorCode.NOT_FOUND), ("past", ErrorCode.CLOSED)],
)
async def test_one_chooses_a_shift_that_is_to_come(story: Backend, chosen: str | None, code: ErrorCode) -> None:
    past = shift("past", 9, starts_at=now() - timedelta(hours=2), ends_at=now() - timedelta(hours=1))
    action_id = await volunteering(story, shift("morning", 9), past)
    with pytest.raises(Refusal) as caught:
        await sign(story, await viewer_of(story, "ines"), action_id, shift=chosen)
    assert (caught.value.code, caught.value.path) == (code, ("shift",))
    assert await parts_of(story, action_id) == []


async def test_shifts_are_seen_with_their_places_and_whose_is_whose_by_few(client: Client) -> None:
    action = to_global("Action", await volunteering(client.backend, shift("evening", 1), shift("morning", 2)))
    said = {"actionId": action, "consent": True, "displayName": "I. B.", "shift": "evening"}
    await write(client, "participate", "ines", **said)
    error = await refused(client, "participate", "jonas", **said)
    assert (error["__typename"], error["code"], error["path"]) == (
        "CapacityError",
        "CAPACITY_REACHED",
        ["input", "shift"],
    )
    for handle, own, shown in (("ines", "evening", "evening"), ("mara", None, "evening"), (None, None, None)):
        for _ in range(2):
            node = (await client.data(LOOK, handle, id=action))["node"]
            assert {one["key"]: one["placesLeft"] for one in node["shifts"]} == {"evening": 0, "morning": 2}
            assert (node["viewerParticipation"] or {}).get("shift") == (own and {"key": own})
            assert node["recentPublic"] == [{"shift": shown and {"key": shown}}]


async def test_a_shift_to_which_somebody_comes_stays(story: Backend) -> None:
    action_id = await volunteering(story, shift("morning", 2), shift("evening", 2))
    took = await sign(story, await viewer_of(story, "ines"), action_id, shift="morning")
    with pytest.raises(Refusal) as caught:
        await volunteering(story, shift("evening", 2))
    assert caught.value.path == ("shifts",)
    await volunteering(story, shift("morning", 1, title="Early"))
    assert await booked(story, action_id) == {"morning": 1}
    await withdraw(story, await viewer_of(story, "ines"), participation_id=took.id)
    await volunteering(story)
    assert await booked(story, action_id) == {}


WRONG: list[dict[str, Any]] = [
    {"kind": "SIGN", "shifts": [shift("a", 1)]},
    {"allow_anonymous": True, "verification": "NONE", "shifts": [shift("a", 1)]},
    {"shifts": [shift("a", 1)] * 2},
    {"shifts": [shift("a", 0)]},
    {"shifts": [shift("a", 10_001)]},
    {"shifts": [shift("a", 1, ends_at=SOON)]},
    {"shifts": [shift(f"{number}", 1) for number in range(51)]},
]


@pytest.mark.parametrize("asked", WRONG, ids=range(len(WRONG)))
async def test_shifts_that_make_no_sense_are_not_planned(story: Backend, asked: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as caught:
        await an_action(story, **{"kind": "VOLUNTEER", **asked})
    assert caught.value.path == ("shifts",)
