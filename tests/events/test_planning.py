"""Events are planned, changed and cancelled by those who organize them; answers that were given stay."""

import asyncio
from typing import Any

import pytest

from hub.live import log
from tests.client import Client
from tests.mutations import attempt, number, refused, row_id, untouched, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAN = {
    "title": "Morning ride",
    "body": "Bring *water*.",
    "startsAt": "2031-05-01T15:00:00Z",
    "endsAt": "2031-05-01T18:00:00Z",
    "timeZone": "America/Chicago",
    "attendance": "IN_PERSON",
    "place": {"name": "Zilker Park", "region": "TX"},
    "capacity": 3,
}


async def a_club(client: Client, slug: str = "lone-star-owners") -> str:
    return (await client.data("query ($slug: String) { club(slug: $slug) { id } }", slug=slug))["club"]["id"]


async def planned(client: Client, **changes: Any) -> str:
    """The id of a fresh event of the club that jonas organizes."""
    given = {**PLAN, "clubId": await a_club(client), **changes}
    return (await write(client, "saveEvent", "jonas", **given))["event"]["id"]


async def test_a_planned_event_is_there_for_all_who_may_see_it(shared: Client) -> None:
    event = await planned(shared)
    data = await shared.data(
        """query ($id: ID!) { event(id: $id) { title version status startsAt endsAt timeZone attendance capacity seatsLeft
            maxGuests visibility body { html } place { name region locality } club { slug } hosts { handle } liveCursor } }""",
        id=event,
    )
    shown = data["event"]
    assert shown.pop("liveCursor")
    assert shown == {
        "title": "Morning ride",
        "version": 1,
        "status": "CONFIRMED",
        "startsAt": "2031-05-01T15:00:00.000Z",
        "endsAt": "2031-05-01T18:00:00.000Z",
        "timeZone": "America/Chicago",
        "attendance": "IN_PERSON",
        "capacity": 3,
        "seatsLeft": 3,
        "maxGuests": 5,
        "visibility": "PUBLIC",
        "body": {"html": "<p>Bring <em>water</em>.</p>\n"},
        "place": {"name": "Zilker Park", "region": "TX", "locality": None},
        "club": {"slug": "lone-star-owners"},
        "hosts": [{"handle": "jonas"}],
    }
    assert (await write(shared, "rsvp", "ines", eventId=event, choice="GOING"))["rsvp"]["status"] == "GOING"


async def test_an_event_for_a_club_shows_to_its_members_alone(shared: Client) -> None:
    event = await planned(shared, visibility="CLUB")
    seen = [
        (await shared.data("query ($id: ID!) { event(id: $id) { id } }", handle, id=event))["event"]
        for handle in (None, "grace", "jonas")
    ]
    assert seen == [None, None, {"id": event}]


async def test_the_same_key_plans_one_event(shared: Client) -> None:
    given = {**PLAN, "clubId": await a_club(shared), "idempotencyKey": "plan-once"}
    await shared.caller("jonas")
    payloads = await asyncio.gather(*(write(shared, "saveEvent", "jonas", **given) for _ in range(5)))
    assert len({payload["event"]["id"] for payload in payloads}) == 1
    assert sorted(payload["replayed"] for payload in payloads) == [False, True, True, True, True]
    other = await refused(shared, "saveEvent", "jonas", **{**given, "title": "Evening ride"})
    assert other["code"] == "IDEMPOTENCY_MISMATCH"


async def test_a_change_keeps_answers_and_is_told_on_the_events_stream(shared: Client) -> None:
    event = await planned(shared)
    await write(shared, "rsvp", "ines", eventId=event, choice="GOING", guests=1)
    changed = {**PLAN, "id": event, "expectedVersion": 1, "title": "Late ride", "capacity": 1}
    payload = await write(shared, "saveEvent", "jonas", **changed, idempotencyKey="late-ride")
    assert (payload["event"]["title"], payload["event"]["version"], payload["event"]["capacity"]) == ("Late ride", 2, 1)
    data = await shared.data("query ($id: ID!) { event(id: $id) { seatsLeft counts { going guests } } }", id=event)
    assert data["event"] == {"seatsLeft": 0, "counts": {"going": 1, "guests": 1}}
    told = await log.read(shared.backend.database, row_id(event), 0, 10)
    assert [(notice.kind, notice.ref_id) for notice in told] == [("event_changed", row_id(event))]
    async with untouched(shared, "jonas"):
        again = await write(shared, "saveEvent", "jonas", **changed, idempotencyKey="late-ride")
    assert (again["replayed"], again["event"]) == (True, payload["event"])


async def test_of_two_changes_to_one_version_one_wins(shared: Client) -> None:
    event = await planned(shared)
    given = {**PLAN, "id": event, "expectedVersion": 1}
    await shared.caller("jonas")
    payloads = await asyncio.gather(
        *(attempt(shared, "saveEvent", "jonas", **{**given, "title": f"Ride {place}"}) for place in range(6))
    )
    lost = [payload["errors"][0] for payload in payloads if payload["errors"]]
    assert [(error["code"], error["currentVersion"]) for error in lost] == [("CONFLICT", 2)] * 5
    missing = await refused(shared, "saveEvent", "jonas", **{**given, "expectedVersion": None})
    assert missing["code"] == "REQUIRED"


async def test_a_cancelled_event_takes_no_answers_and_no_changes(shared: Client) -> None:
    event = await planned(shared)
    payload = await write(shared, "cancelEvent", "jonas", id=event, reason="Storm.")
    assert (payload["event"]["status"], payload["event"]["version"], payload["replayed"]) == ("CANCELLED", 2, False)
    assert (await refused(shared, "rsvp", "ines", eventId=event, choice="GOING"))["code"] == "CLOSED"
    change = await refused(shared, "saveEvent", "jonas", **PLAN, id=event, expectedVersion=2)
    assert change["code"] == "CLOSED"
    async with untouched(shared, "jonas"):
        assert (await write(shared, "cancelEvent", "jonas", id=event))["replayed"] is True
    told = await log.read(shared.backend.database, row_id(event), 0, 10)
    assert [notice.kind for notice in told] == ["event_cancelled"]
    assert (
        await number(
            shared.backend,
            "select count(*) as n from audit_log where action = 'event.cancelled' and target_id = :id and reason = 'Storm.'",
            id=row_id(event),
        )
        == 1
    )


async def test_who_does_not_organize_hears_nothing_of_what_was_cancelled_before(shared: Client) -> None:
    event = await planned(shared)
    await write(shared, "cancelEvent", "jonas", id=event)
    assert (await refused(shared, "cancelEvent", "ines", id=event))["code"] == "FORBIDDEN"


async def test_a_frozen_event_is_neither_changed_nor_cancelled(shared: Client) -> None:
    event = await planned(shared)
    await shared.backend.database.write("update subjects set frozen_at = {now} where id = :id", {"id": row_id(event)})
    assert (await refused(shared, "cancelEvent", "jonas", id=event))["code"] == "ARCHIVED"
    assert (await refused(shared, "saveEvent", "jonas", **PLAN, id=event, expectedVersion=1))["code"] == "ARCHIVED"


async def test_answers_and_a_cancellation_at_once_leave_no_answer_after_it(shared: Client) -> None:
    event = await planned(shared, capacity=None)
    people = ("ines", "otto", "mara", "theo")
    await asyncio.gather(*(shared.caller(handle) for handle in (*people, "jonas")))
    *answers, _ = await asyncio.gather(
        *(attempt(shared, "rsvp", handle, eventId=event, choice="GOING") for handle in people),
        write(shared, "cancelEvent", "jonas", id=event),
    )
    going = sum(not payload["errors"] for payload in answers)
    data = await shared.data("query ($id: ID!) { event(id: $id) { status counts { going } } }", id=event)
    assert data["event"] == {"status": "CANCELLED", "counts": {"going": going}}
    assert {payload["errors"][0]["code"] for payload in answers if payload["errors"]} <= {"CLOSED"}


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"timeZone": "Texas/Austin"}, "INVALID", ["timeZone"]),
        ({"startsAt": "0001-01-01T00:00:00Z"}, "INVALID", ["startsAt"]),
        ({"startsAt": "9999-12-31T23:00:00Z", "endsAt": "9999-12-31T23:30:00Z"}, "INVALID", ["startsAt"]),
        ({"endsAt": PLAN["startsAt"]}, "INVALID", ["endsAt"]),
        ({"endsAt": "2033-05-01T15:00:00Z"}, "INVALID", ["endsAt"]),
        ({"rsvpClosesAt": "2031-05-02T15:00:00Z"}, "INVALID", ["rsvpClosesAt"]),
        ({"capacity": 0}, "INVALID", ["capacity"]),
        ({"maxGuests": 51}, "INVALID", ["maxGuests"]),
        ({"waitlistLimit": 0}, "INVALID", ["waitlistLimit"]),
        ({"title": " "}, "REQUIRED", ["title"]),
        ({"body": ""}, "REQUIRED", ["body"]),
        ({"place": {"name": "x" * 201}}, "TOO_LONG", ["place", "name"]),
        ({"onlineUrl": "https://meet.example"}, "INVALID", ["onlineUrl"]),
        ({"attendance": "HYBRID", "onlineUrl": "javascript:alert(1)"}, "INVALID", ["onlineUrl"]),
        ({"attendance": "HYBRID", "onlineUrl": "https://a b"}, "INVALID", ["onlineUrl"]),
        ({"attendance": "ONLINE"}, "INVALID", ["place"]),
        ({"clubId": None}, "FORBIDDEN", ["clubId"]),
    ],
)
async def test_a_plan_that_makes_no_sense_is_refused(
    shared: Client, changes: dict[str, Any], code: str, path: list[str]
) -> None:
    error = await refused(shared, "saveEvent", "jonas", **{**PLAN, "clubId": await a_club(shared), **changes})
    assert (error["code"], error["path"]) == (code, ["input", *path])


async def test_an_event_of_the_hub_itself_cannot_be_a_clubs_alone(shared: Client) -> None:
    error = await refused(shared, "saveEvent", "mara", **PLAN, visibility="CLUB")
    assert (error["code"], error["path"]) == ("REQUIRED", ["input", "clubId"])
    assert (await write(shared, "saveEvent", "mara", **PLAN))["event"]["title"] == "Morning ride"
