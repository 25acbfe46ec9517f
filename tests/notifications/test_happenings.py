"""What else people are told of: reactions, decisions of staff, events; and that following ends and begins by itself."""

from typing import Any

import pytest

from hub.notifications.audiences import followers, guests, next_people, owners, person
from hub.store.audience import Standing
from hub.store.ids import new_id
from hub.store.instants import from_driver, to_text
from hub.users.commands import add_person, set_role
from tests.client import Client
from tests.events.test_planning import PLAN, planned
from tests.mutations import row_id, write
from tests.notifications.told import do_jobs, inbox, said, texts


async def test_a_reaction_is_told_to_the_author_and_to_nobody_else(client: Client, thread: str):
    comment = await said(client, "otis", thread)
    await write(client, "react", "gerda", targetId=comment, kind="like", on=True)
    await write(client, "react", "otis", targetId=comment, kind="like", on=True)
    await write(client, "react", "gerda", targetId=thread, kind="heart", on=True)
    assert texts(await inbox(client, "otis")) == ["Gerda reacted to your comment."]
    assert "Gerda reacted to your thread." in texts(await inbox(client, "wilma"))
    assert texts(await inbox(client, "gerda")) == []


async def test_a_reaction_that_was_taken_back_before_is_told_to_nobody(client: Client, thread: str):
    await write(client, "react", "gerda", targetId=thread, kind="like", on=True)
    await write(client, "react", "gerda", targetId=thread, kind="like", on=False)
    assert texts(await inbox(client, "wilma")) == []


async def test_staff_who_remove_a_comment_tell_its_author_without_a_name(client: Client, thread: str):
    comment = await said(client, "otis", thread)
    await do_jobs(client.backend)
    await set_role(client.backend, "gerda", Standing.MODERATOR)
    await write(client, "deleteComment", "gerda", id=comment)
    found = await inbox(client, "otis")
    assert texts(found) == ["A comment of yours was removed."]
    assert found["notifications"]["nodes"][0]["actors"] == []
    own = await said(client, "otis", thread)
    await write(client, "deleteComment", "otis", id=own)
    assert len(texts(await inbox(client, "otis"))) == 1


async def test_a_mute_is_told_to_its_person_with_the_sanction(client: Client, handles: tuple[str, ...]):
    await set_role(client.backend, "gerda", Standing.MODERATOR)
    otis = (await client.data('{ user(handle: "otis") { id } }'))["user"]["id"]
    await write(client, "sanctionUser", "gerda", userId=otis, sanction={"kind": "MUTE"}, reason="Shouting.")
    found = await inbox(client, "otis")
    assert texts(found) == ["Staff decided about your account: read why."]
    assert found["notifications"]["nodes"][0]["target"]["__typename"] == "Sanction"


@pytest.mark.parametrize("size", [1, 2, 3, 100])
async def test_each_whom_it_concerns_comes_once_and_in_order_whatever_the_batch(client: Client, thread: str, size: int):
    backend, thread_id, club_id = client.backend, row_id(thread), new_id()
    database = backend.database
    await database.write(
        """insert into clubs (id, slug, name, created_at) values ({as_id id}, 'c', 'C', {now})""", {"id": club_id}
    )
    people = [await add_person(database, handle=f"fan-{n}", name="Fan") for n in range(9)]
    for n, one in enumerate(people):
        if n % 2:
            await database.write(
                """insert into follows (id, user_id, target_kind, target_id, level, reason, since)
                   values ({as_id id}, {as_id user}, 'THREAD', {as_id thread}, 'DIGEST', 'MANUAL', {now})""",
                {"id": new_id(), "user": one, "thread": thread_id},
            )
        if n % 3:
            await database.write(
                """insert into memberships (id, club_id, user_id, role, status, since)
                   values ({as_id id}, {as_id club}, {as_id user}, 'OWNER', 'ACTIVE', {now})""",
                {"id": new_id(), "club": club_id, "user": one},
            )
    branches = [followers("THREAD", thread_id), owners(club_id), guests(thread_id), person(people[0])]
    found: list[tuple[int, bool]] = []
    after = 0
    while page := await next_people(database, branches, after, size):
        found += page.items()
        after = max(page)
    concerned = [(one, n % 2 == 1 and n % 3 == 0) for n, one in enumerate(people) if n % 2 or n % 3 or n == 0]
    assert found == sorted(concerned)


async def an_event(client: Client, **changes: Any) -> str:
    return await planned(client, **{"waitlistEnabled": True, **changes})


async def test_who_answered_or_follows_hears_of_a_change_and_of_the_end(client: Client, handles: tuple[str, ...]):
    event = await an_event(client)
    await write(client, "rsvp", "wilma", eventId=event, choice="MAYBE")
    await write(client, "follow", "otis", targetId=event, level="ALL")
    await write(client, "rsvp", "gerda", eventId=event, choice="DECLINED")
    plan = {**PLAN, "id": event, "expectedVersion": 1, "title": "Evening ride"}
    await write(client, "saveEvent", "jonas", **plan, notify=False)
    assert texts(await inbox(client, "wilma")) == []
    await write(client, "saveEvent", "jonas", **{**plan, "expectedVersion": 2, "title": "Night ride"})
    await write(client, "cancelEvent", "jonas", id=event)
    told = ["An event that you answered or follow was cancelled.", "An event that you answered or follow was changed."]
    for handle in ("wilma", "otis"):
        assert texts(await inbox(client, handle)) == told
    assert texts(await inbox(client, "gerda")) == []


async def test_who_waited_hears_of_the_seat(client: Client, handles: tuple[str, ...]):
    event = await an_event(client, capacity=1)
    await write(client, "rsvp", "wilma", eventId=event, choice="GOING")
    await write(client, "rsvp", "otis", eventId=event, choice="GOING")
    await write(client, "rsvp", "wilma", eventId=event, choice="DECLINED")
    assert texts(await inbox(client, "otis")) == ["There is a seat for you at an event that you waited for."]


_REMINDED = "An event that you answered begins within a day."


async def due(client: Client) -> None:
    await client.backend.database.write("update jobs set run_at = {now}")


async def test_who_comes_is_reminded_once_and_who_waits_or_does_not_come_is_not(
    client: Client, handles: tuple[str, ...]
):
    event = await an_event(client, capacity=1)
    await write(client, "rsvp", "wilma", eventId=event, choice="GOING")
    await write(client, "rsvp", "otis", eventId=event, choice="GOING")
    await write(client, "rsvp", "gerda", eventId=event, choice="DECLINED")
    assert texts(await inbox(client, "wilma")) == []
    await due(client)
    assert texts(await inbox(client, "wilma")) == texts(await inbox(client, "wilma")) == [_REMINDED]
    assert texts(await inbox(client, "otis")) == texts(await inbox(client, "gerda")) == []


async def test_a_reminder_moves_with_the_event_and_goes_with_it(client: Client, handles: tuple[str, ...]):
    event = await an_event(client)
    await write(client, "rsvp", "wilma", eventId=event, choice="MAYBE")
    plan = {**PLAN, "id": event, "expectedVersion": 1, "startsAt": "2031-06-01T15:00:00Z", "endsAt": None}
    await write(client, "saveEvent", "jonas", **plan, notify=False)
    await write(client, "saveEvent", "jonas", **{**plan, "expectedVersion": 2, "title": "Late ride"}, notify=False)
    rows = await client.backend.database.fetch("select run_at from jobs where kind = 'people.happened' order by run_at")
    assert [to_text(from_driver(row["run_at"])) for row in rows] == [
        "2031-04-30T15:00:00.000Z",
        "2031-05-31T15:00:00.000Z",
    ]
    await due(client)
    found = await inbox(client, "wilma")
    assert [(node["kind"], node["count"]) for node in found["notifications"]["nodes"]] == [("EVENT_REMINDER", 1)]


async def test_a_cancelled_event_reminds_nobody(client: Client, handles: tuple[str, ...]):
    event = await an_event(client)
    await write(client, "rsvp", "wilma", eventId=event, choice="MAYBE")
    await write(client, "cancelEvent", "jonas", id=event, notify=False)
    await due(client)
    assert texts(await inbox(client, "wilma")) == []
