"""Who finds no seat may wait for one, and gets it by itself, in order."""

import asyncio
import random
import uuid
from typing import Any

import pytest

from hub.users.commands import add_person
from tests.client import Client
from tests.events.test_planning import PLAN, planned
from tests.mutations import attempt, refused, row_id, write
from tests.notifications.told import do_jobs

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def people(client: Client, count: int) -> list[str]:
    handles = [f"w{n}_{uuid.uuid4().hex[:8]}" for n in range(count)]
    for handle in handles:
        await add_person(client.backend.database, handle=handle, name=handle)
        await client.caller(handle)
    return handles


async def says(client: Client, handle: str, event: str, choice: str = "GOING", **more: Any) -> str:
    """The status that the answer got, or the code of its refusal."""
    payload = await attempt(client, "rsvp", handle, eventId=event, choice=choice, **more)
    return payload["errors"][0]["code"] if payload["errors"] else payload["rsvp"]["status"]


async def standing(client: Client, event: str, handle: str) -> tuple[str, int | None]:
    data = await client.data(
        "query ($id: ID!) { event(id: $id) { viewerRsvp { status waitlistPosition } } }", handle, id=event
    )
    return tuple(data["event"]["viewerRsvp"].values())


async def counted_and_recounted(client: Client, event: str) -> tuple[dict[str, int], dict[str, int]]:
    given = {"id": row_id(event)}
    (kept,) = await client.backend.database.fetch(
        "select going_count, guest_count, waitlisted_count from events where id = :id", given
    )
    rows = await client.backend.database.fetch("select status, guests from rsvps where event_id = :id", given)
    return dict(kept), {
        "going_count": sum(row["status"] == "GOING" for row in rows),
        "guest_count": sum(row["guests"] for row in rows if row["status"] == "GOING"),
        "waitlisted_count": sum(row["status"] == "WAITLISTED" for row in rows),
    }


async def test_who_waits_gets_the_seats_in_order(shared: Client) -> None:
    event = await planned(shared, capacity=2, waitlistEnabled=True)
    ada, ben, cal, dee, eve = await people(shared, 5)
    assert [await says(shared, one, event) for one in (ada, ben, cal, dee)] == ["GOING", "GOING", *["WAITLISTED"] * 2]
    assert [await standing(shared, event, one) for one in (ben, cal, dee)] == [
        ("GOING", None),
        ("WAITLISTED", 1),
        ("WAITLISTED", 2),
    ]
    assert await says(shared, ada, event, "DECLINED") == "DECLINED"
    assert await says(shared, eve, event) == "WAITLISTED"  # a seat is free, but not for those who come later
    await do_jobs(shared.backend)
    assert [await standing(shared, event, one) for one in (cal, dee, eve)] == [
        ("GOING", None),
        ("WAITLISTED", 1),
        ("WAITLISTED", 2),
    ]
    data = await shared.data("query ($id: ID!) { event(id: $id) { seatsLeft counts { going waitlisted } } }", id=event)
    assert data["event"] == {"seatsLeft": 0, "counts": {"going": 2, "waitlisted": 2}}


async def test_a_party_waits_until_there_are_seats_for_all_of_it(shared: Client) -> None:
    event = await planned(shared, capacity=3, waitlistEnabled=True)
    ada, ben, cal = await people(shared, 3)
    await says(shared, ada, event, guests=1)
    assert await says(shared, ben, event, guests=1) == "WAITLISTED"
    assert await says(shared, cal, event) == "WAITLISTED"
    await do_jobs(shared.backend)
    assert [(await standing(shared, event, one))[0] for one in (ben, cal)] == ["WAITLISTED"] * 2
    assert await says(shared, ben, event, guests=3) == "CAPACITY_REACHED"  # would never fit
    assert await says(shared, ben, event) == "WAITLISTED"  # fewer: now it fits
    await do_jobs(shared.backend)
    assert [(await standing(shared, event, one))[0] for one in (ben, cal)] == ["GOING", "WAITLISTED"]


async def test_a_waiting_list_has_an_end_and_need_not_be_joined(shared: Client) -> None:
    event = await planned(shared, capacity=1, waitlistEnabled=True, waitlistLimit=1)
    ada, ben, cal = await people(shared, 3)
    await says(shared, ada, event)
    full = await refused(shared, "rsvp", ben, eventId=event, choice="GOING", joinWaitlistIfFull=False)
    assert (full["code"], full["waitlistOpen"], full["waitlistLength"]) == ("CAPACITY_REACHED", True, 0)
    assert await says(shared, ben, event) == "WAITLISTED"
    closed = await refused(shared, "rsvp", cal, eventId=event, choice="GOING")
    assert (closed["code"], closed["waitlistOpen"], closed["waitlistLength"]) == ("WAITLIST_CLOSED", False, 1)
    assert await says(shared, ben, event, "CANCELLED") == "CANCELLED"
    assert await says(shared, cal, event) == "WAITLISTED"


async def test_more_seats_are_for_those_who_wait(shared: Client) -> None:
    event = await planned(shared, capacity=1, waitlistEnabled=True)
    ada, *waiting = await people(shared, 4)
    for one in (ada, *waiting):
        await says(shared, one, event)
    more = {**PLAN, "id": event, "expectedVersion": 1, "capacity": 3}
    await write(shared, "saveEvent", "jonas", **more)
    await do_jobs(shared.backend)
    assert [(await standing(shared, event, one))[0] for one in waiting] == ["GOING", "GOING", "WAITLISTED"]


async def test_nobody_gets_a_seat_at_an_event_that_was_cancelled(shared: Client) -> None:
    event = await planned(shared, capacity=1, waitlistEnabled=True)
    ada, ben = await people(shared, 2)
    for one in (ada, ben):
        await says(shared, one, event)
    await says(shared, ada, event, "DECLINED")
    await write(shared, "cancelEvent", "jonas", id=event)
    await do_jobs(shared.backend)
    assert await standing(shared, event, ben) == ("WAITLISTED", 1)


async def test_no_seat_stays_free_while_somebody_waits_whoever_answers_at_once(shared: Client) -> None:
    chance = random.Random(7)
    event = await planned(shared, capacity=4, waitlistEnabled=True, waitlistLimit=6)
    handles = await people(shared, 12)
    for _ in range(4):
        answers = [(one, chance.choice(["GOING", "GOING", "DECLINED"])) for one in handles]
        statuses = await asyncio.gather(*(says(shared, one, event, choice) for one, choice in answers))
        assert {*statuses} <= {"GOING", "WAITLISTED", "DECLINED", "WAITLIST_CLOSED", "CAPACITY_REACHED", "OVERLOADED"}
        await do_jobs(shared.backend)
        kept, recounted = await counted_and_recounted(shared, event)
        assert kept == recounted
        assert kept["going_count"] <= 4
        assert kept["waitlisted_count"] <= 6
        assert kept["going_count"] == 4 or kept["waitlisted_count"] == 0


async def test_a_seat_that_came_by_itself_is_told_to_its_person(shared: Client) -> None:
    event = await planned(shared, capacity=1, waitlistEnabled=True)
    ada, ben = await people(shared, 2)
    for one in (ada, ben):
        await says(shared, one, event)
    before = (await shared.data("{ viewer { liveCursor } }", ben))["viewer"]["liveCursor"]
    await says(shared, ada, event, "CANCELLED")
    await do_jobs(shared.backend)
    after = (await shared.data("{ viewer { liveCursor } }", ben))["viewer"]["liveCursor"]
    assert after != before
