"""Answers to events: one a person, counted as they are, and never more than there are seats."""

import asyncio
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.demo.people import PEOPLE
from hub.graph.ids import to_global
from hub.store.instants import now
from hub.users.commands import add_person
from tests.client import Client
from tests.mutations import attempt, refused, row_id, send, untouched, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

HANDLES = [person.handle for person in PEOPLE]
COUNTS = ("going_count", "guest_count", "maybe_count", "declined_count")


async def an_event(client: Client, **columns: Any) -> str:
    """A fresh copy of a coming event, without answers."""
    data = await client.data('{ event(slug: "lincoln-capitol-day") { id } }')
    new, old = row_id(to_global("Event", uuid.uuid4().int % 2**60 + 1)), row_id(data["event"]["id"])
    database = client.backend.database
    values = {"new": new, "old": old, "slug": uuid.uuid4().hex, "starts": now() + timedelta(days=9), "capacity": None}
    await database.write(
        """insert into subjects (id, kind, author_id, club_id, created_at, last_activity_at)
           select {as_id new}, kind, author_id, club_id, {now}, {now} from subjects where id = :old""",
        values,
    )
    await database.write("insert into streams (id, epoch) values (:new, 1)", values)
    await database.write(
        """insert into events (id, slug, club_id, title, body_source, body_html, body_excerpt, starts_at, time_zone)
           select {as_id new}, {as_text slug}, club_id, title, body_source, body_html, body_excerpt,
               {as_instant starts}, time_zone
           from events where id = :old""",
        values,
    )
    for name, value in columns.items():
        kind = "instant" if isinstance(value, datetime) else "text" if isinstance(value, str) else "int"
        table = "subjects" if name in {"frozen_at", "mode"} else "events"
        await database.write(
            f"update {table} set {name} = {{as_{kind} value}} where id = :new", {**values, "value": value}
        )
    return to_global("Event", new)


async def kept(client: Client, event: str) -> tuple[int, ...]:
    (row,) = await client.backend.database.fetch(
        f"select {', '.join(COUNTS)} from events where id = :id", {"id": row_id(event)}
    )
    return tuple(row[name] for name in COUNTS)


async def recounted(client: Client, event: str) -> tuple[int, ...]:
    rows = await client.backend.database.fetch(
        "select status, guests from rsvps where event_id = :id", {"id": row_id(event)}
    )
    going = [row["guests"] for row in rows if row["status"] == "GOING"]
    others = [sum(row["status"] == status for row in rows) for status in ("MAYBE", "DECLINED")]
    return (len(going), sum(going), *others)


async def test_an_answer_is_stored_and_counted(shared: Client) -> None:
    event = await an_event(shared)
    payload = await write(shared, "rsvp", "ines", eventId=event, choice="GOING", guests=2)
    assert payload["rsvp"] == {
        "id": payload["rsvp"]["id"],
        "status": "GOING",
        "guests": 2,
        "publicAttendance": True,
        "event": {"counts": {"going": 1, "guests": 2, "maybe": 0, "declined": 0}},
    }
    assert payload["replayed"] is False
    assert await kept(shared, event) == await recounted(shared, event) == (1, 2, 0, 0)


async def test_the_last_answer_counts_under_the_first_one_s_id(shared: Client) -> None:
    event = await an_event(shared)
    seen = []
    for choice, guests, counts in [
        ("GOING", 3, (1, 3, 0, 0)),
        ("GOING", 1, (1, 1, 0, 0)),
        ("MAYBE", 2, (0, 0, 1, 0)),
        ("DECLINED", 2, (0, 0, 0, 1)),
        ("CANCELLED", 0, (0, 0, 0, 0)),
        ("GOING", 0, (1, 0, 0, 0)),
    ]:
        payload = await write(shared, "rsvp", "ines", eventId=event, choice=choice, guests=guests)
        seen.append((payload["rsvp"]["id"], payload["rsvp"]["status"]))
        assert await kept(shared, event) == await recounted(shared, event) == counts
    assert len({rsvp for rsvp, _ in seen}) == 1
    assert [status for _, status in seen] == ["GOING", "GOING", "MAYBE", "DECLINED", "CANCELLED", "GOING"]


async def test_capacity_is_never_exceeded_by_many_at_once(shared: Client) -> None:
    event = await an_event(shared, capacity=5)
    people = [f"guest{n}_{uuid.uuid4().hex[:8]}" for n in range(30)]
    for handle in people:
        await add_person(shared.backend.database, handle=handle, name=handle)
        await shared.caller(handle)
    payloads = await asyncio.gather(
        *(attempt(shared, "rsvp", handle, eventId=event, choice="GOING") for handle in people)
    )
    codes = [[(error["__typename"], error["code"]) for error in payload["errors"]] for payload in payloads]
    assert codes.count([]) == 5
    assert codes.count([("CapacityError", "CAPACITY_REACHED")]) == 25
    assert await kept(shared, event) == await recounted(shared, event) == (5, 0, 0, 0)
    data = await shared.data(
        "query ($id: ID) { event(id: $id) { seatsLeft rsvps(first: 100) { nodes { status } } } }", id=event
    )
    assert data["event"] == {"seatsLeft": 0, "rsvps": {"nodes": [{"status": "GOING"}] * 5}}


async def test_guests_take_seats_too(shared: Client) -> None:
    event = await an_event(shared, capacity=5)
    await write(shared, "rsvp", "ines", eventId=event, choice="GOING", guests=3)
    error = await refused(shared, "rsvp", "hank", eventId=event, choice="GOING", guests=1)
    assert (error["__typename"], error["code"], error["path"]) == (
        "CapacityError",
        "CAPACITY_REACHED",
        ["input", "eventId"],
    )
    await write(shared, "rsvp", "hank", eventId=event, choice="GOING")
    more = await refused(shared, "rsvp", "ines", eventId=event, choice="GOING", guests=4)
    assert more["code"] == "CAPACITY_REACHED"
    for choice in ("MAYBE", "DECLINED", "CANCELLED"):
        await write(shared, "rsvp", "bea", eventId=event, choice=choice)
    await write(shared, "rsvp", "ines", eventId=event, choice="GOING", guests=2)
    await write(shared, "rsvp", "samir", eventId=event, choice="GOING")
    assert await kept(shared, event) == await recounted(shared, event) == (3, 2, 0, 0)


async def test_an_overbooked_event_lets_people_go(shared: Client) -> None:
    event = await an_event(shared)
    for handle in ("ines", "hank", "bea"):
        await write(shared, "rsvp", handle, eventId=event, choice="GOING", guests=1)
    await shared.backend.database.write("update events set capacity = 2 where id = :id", {"id": row_id(event)})
    data = await shared.data("query ($id: ID) { event(id: $id) { seatsLeft } }", id=event)
    assert data["event"]["seatsLeft"] == 0
    await write(shared, "rsvp", "ines", eventId=event, choice="GOING", guests=0)
    await write(shared, "rsvp", "hank", eventId=event, choice="DECLINED")
    assert await kept(shared, event) == await recounted(shared, event) == (2, 1, 0, 1)


async def test_one_person_answering_many_times_at_once_counts_once(shared: Client) -> None:
    event = await an_event(shared)
    await shared.caller("ines")
    choices = ["GOING", "MAYBE", "DECLINED", "GOING"] * 3
    payloads = await asyncio.gather(
        *(
            attempt(shared, "rsvp", "ines", eventId=event, choice=choice, guests=n % 3)
            for n, choice in enumerate(choices)
        )
    )
    assert {error["code"] for payload in payloads for error in payload["errors"]} <= {"OVERLOADED"}
    assert await kept(shared, event) == await recounted(shared, event)
    assert sum(await kept(shared, event)) - (await kept(shared, event))[1] == 1


async def test_the_same_key_gives_the_first_answer_again(shared: Client) -> None:
    event = await an_event(shared)
    given = {"eventId": event, "choice": "GOING", "guests": 1, "idempotencyKey": uuid.uuid4().hex}
    await shared.caller("ines")
    payloads = await asyncio.gather(*(write(shared, "rsvp", "ines", **given) for _ in range(20)))
    assert sorted(payload["replayed"] for payload in payloads) == [False] + [True] * 19
    assert len({payload["rsvp"]["id"] for payload in payloads}) == 1
    assert await kept(shared, event) == await recounted(shared, event) == (1, 1, 0, 0)
    for change in ({"choice": "MAYBE"}, {"guests": 2}, {"publicAttendance": False}):
        error = await refused(shared, "rsvp", "ines", **{**given, **change})
        assert (error["code"], error["path"]) == ("IDEMPOTENCY_MISMATCH", ["input", "idempotencyKey"])
    other = await write(shared, "rsvp", "hank", **given)
    assert other["replayed"] is False


answers = st.lists(
    st.tuples(
        st.sampled_from(HANDLES[:4]),
        st.sampled_from(["GOING", "MAYBE", "DECLINED", "CANCELLED"]),
        st.integers(min_value=0, max_value=5),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.parametrize("capacity", [None, 6])
async def test_any_sequence_of_answers_is_counted_as_a_recount(shared: Client, capacity: int | None) -> None:
    sequences: list[list[tuple[str, str, int]]] = []

    @settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(answers)
    def collect(sequence: list[tuple[str, str, int]]) -> None:
        sequences.append(sequence)

    collect()
    for sequence in sequences:
        event = await an_event(shared, **({"capacity": capacity} if capacity else {}))
        for handle, choice, guests in sequence:
            payload = await attempt(shared, "rsvp", handle, eventId=event, choice=choice, guests=guests)
            assert {error["code"] for error in payload["errors"]} <= {"CAPACITY_REACHED"}
            counts = await kept(shared, event)
            assert counts == await recounted(shared, event)
            assert capacity is None or counts[0] + counts[1] <= capacity


@pytest.mark.parametrize("guests", [-1, 6, 100, 2**31 - 1, -(2**31)])
async def test_guests_have_a_limit(shared: Client, guests: int) -> None:
    event = await an_event(shared)
    error = await refused(shared, "rsvp", "ines", eventId=event, choice="GOING", guests=guests)
    assert (error["__typename"], error["code"], error["path"]) == ("FieldError", "INVALID", ["input", "guests"])
    assert (error["min"], error["max"]) == (0, 5)


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "CANCELLED"},
        {"status": "ENDED"},
        {"starts_at": -1},
        {"ends_at": -1},
        {"rsvp_closes_at": -1},
    ],
)
async def test_an_event_that_is_over_takes_no_answers(shared: Client, columns: dict[str, Any]) -> None:
    given = {name: now() - timedelta(hours=1) if value == -1 else value for name, value in columns.items()}
    event = await an_event(shared, **given)
    error = await refused(shared, "rsvp", "ines", eventId=event, choice="GOING")
    assert (error["code"], error["path"]) == ("CLOSED", ["input", "eventId"])


async def test_an_event_under_way_or_talked_out_still_takes_answers(shared: Client) -> None:
    hour = timedelta(hours=1)
    under_way = await an_event(shared, starts_at=now() - hour, ends_at=now() + hour)
    locked = await an_event(shared, mode="LOCKED")
    for event in (under_way, locked):
        await write(shared, "rsvp", "ines", eventId=event, choice="GOING")


async def test_an_unknown_event_is_refused(shared: Client) -> None:
    thread = (await shared.data("{ threads(first: 1) { nodes { id } } }"))["threads"]["nodes"][0]["id"]
    for event, code in [
        (to_global("Event", 2**60), "NOT_FOUND"),
        (to_global("Event", row_id(thread)), "NOT_FOUND"),
        (thread, "INVALID"),
        ("garbage", "INVALID"),
    ]:
        error = await refused(shared, "rsvp", "ines", eventId=event, choice="GOING")
        assert (error["code"], error["path"]) == (code, ["input", "eventId"])


async def test_an_answer_needs_a_login(shared: Client) -> None:
    event = await an_event(shared)
    async with untouched(shared):
        body = await send(shared, "rsvp", None, eventId=event, choice="GOING")
    assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]


async def test_a_private_answer_shows_to_its_person_and_staff_only(shared: Client) -> None:
    event = await an_event(shared)
    public = await write(shared, "rsvp", "hank", eventId=event, choice="GOING")
    private = await write(shared, "rsvp", "ines", eventId=event, choice="GOING", publicAttendance=False)
    both, one = {public["rsvp"]["id"], private["rsvp"]["id"]}, {public["rsvp"]["id"]}
    document = """query ($id: ID, $rsvp: ID!) { event(id: $id) { counts { going } rsvps { nodes { id } }
        viewerRsvp { id } } node(id: $rsvp) { id } user(handle: "ines") { rsvps(first: 100) { nodes { id } } } }"""
    for handle, shown in [(None, one), ("bea", one), ("mara", one), ("ines", both), ("otto", both), ("wanda", both)]:
        data = await shared.data(document, handle, id=event, rsvp=private["rsvp"]["id"])
        assert data["event"]["counts"]["going"] == 2
        assert {rsvp["id"] for rsvp in data["event"]["rsvps"]["nodes"]} == shown
        assert (data["node"] is not None) == (shown == both)
        listed = {rsvp["id"] for rsvp in data["user"]["rsvps"]["nodes"]}
        assert (private["rsvp"]["id"] in listed) == (shown == both)
        assert data["event"]["viewerRsvp"] == ({"id": private["rsvp"]["id"]} if handle == "ines" else None)


async def test_an_answer_keeps_its_privacy_until_told_otherwise(shared: Client) -> None:
    event = await an_event(shared)
    seen = []
    for public in (False, None, True, None):
        payload = await write(shared, "rsvp", "ines", eventId=event, choice="MAYBE", publicAttendance=public)
        seen.append(payload["rsvp"]["publicAttendance"])
    assert seen == [False, False, True, True]
