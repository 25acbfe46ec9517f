"""Gathered or at once: over the same history a person is told the same, nothing twice and nothing lost."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.client import Client
from tests.mutations import write
from tests.notifications.mailing import confirmed, later, posted, wants
from tests.notifications.told import do_jobs, said

PEOPLE = {"wilma": "INSTANT", "otis": "HOURLY", "gerda": "DAILY"}
KINDS = ("REPLY", "MENTION", "REACTION")
HISTORY = some.lists(some.sampled_from(["say", "mention", "reply", "work", "wait", "take back"]), max_size=12)


async def told_to(client: Client, handle: str) -> list[tuple[str, int]]:
    rows = await client.backend.database.fetch(
        """select kind, ref_id from deliveries where state = 'SENT'
           and user_id = (select id from users where handle = :handle) order by kind, ref_id""",
        {"handle": handle},
    )
    return [(row["kind"], row["ref_id"]) for row in rows]


async def happens(client: Client, thread: str, what: str, known: list[str]) -> None:
    match what:
        case "say":
            known.append(await said(client, "ines", thread))
        case "mention":
            known.append(await said(client, "ines", thread, "Hear, @wilma, @otis and @gerda!"))
        case "reply" if known:
            known.append(await said(client, "jonas", thread, parent=known[-1]))
        case "take back" if known:  # before anybody was told of it
            await write(client, "deleteComment", "ines", id=await said(client, "ines", thread))
        case "work":
            await do_jobs(client.backend)
        case "wait":
            await later(client.backend)
        case _:
            pass


@pytest.fixture
async def place(client: Client, handles: tuple[str, ...]) -> str:
    """A thread of somebody else's, which the three follow."""
    found = await client.data("{ categories { id archive { archivedAt } } }")
    category = next(one["id"] for one in found["categories"] if one["archive"] is None)
    made = await write(client, "createThread", "mara", categoryId=category, title="Tyres", body="Which?")
    await confirmed(client.backend, *PEOPLE)
    for handle, frequency in PEOPLE.items():
        await write(client, "follow", handle, targetId=made["thread"]["id"], level="ALL")
        await wants(client, handle, frequency, *KINDS)
    return made["thread"]["id"]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORY)
async def test_at_once_by_the_hour_and_by_the_day_tell_the_same(client: Client, place: str, history: list[str]) -> None:
    async with posted(client.backend, mail_per_day=10_000) as post:
        known: list[str] = []
        for what in history:
            await happens(client, place, what, known)
        await later(client.backend)
        told = {handle: await told_to(client, handle) for handle in PEOPLE}
        assert told["wilma"] == told["otis"] == told["gerda"]
        assert len(set(told["wilma"])) == len(told["wilma"])
        assert told["wilma"] or not {"say", "mention"} & {*history}
        assert len(post.to("gerda")) <= len(post.to("wilma"))
        (left,) = await client.backend.database.fetch(
            "select count(*) as waiting from deliveries where state in ('WAITING', 'SENDING')"
        )
        assert left == {"waiting": 0}
