"""A person's own stream: the inbox, memberships, answers and access, in order, and for its person alone."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hub.graph.documents import BadDocument
from hub.store.audience import Standing
from hub.store.instants import now
from hub.users.commands import set_role
from tests.client import Client, Following
from tests.mutations import write
from tests.notifications.told import do_jobs, inbox, said

STREAM = """subscription ($after: LiveCursor) { viewerStream(after: $after) { __typename ... on Change { cursor }
    ... on NotificationArrived { notification { id count text } unread { notifications } }
    ... on NotificationsRead { unread { notifications } }
    ... on MembershipMoved { membership { role club { id } } }
    ... on RsvpMoved { rsvp { status } }
    ... on CaughtUp { replayed } ... on Resync { reason } } }"""
CURSOR = "{ viewer { liveCursor } }"


@asynccontextmanager
async def listening(client: Client, handle: str, after: str | None = None):
    async with client.listen(STREAM, handle, after=after) as told:

        async def change() -> dict[str, Any]:
            body = await asyncio.wait_for(anext(told), 5)
            assert "errors" not in body, body["errors"]
            return body["data"]["viewerStream"]

        yield change


async def cursor_of(client: Client, handle: str) -> str:
    return (await client.data(CURSOR, handle))["viewer"]["liveCursor"]


async def test_what_arrives_is_told_with_what_is_unread(client: Client, thread: str):
    async with listening(client, "wilma") as change:
        assert (await change())["__typename"] == "CaughtUp"
        await said(client, "otis", thread)
        await do_jobs(client.backend)
        arrived = await change()
        assert arrived["notification"]["text"] == "Otis wrote in a thread that you follow."
        assert arrived["unread"] == {"notifications": 1}
        await write(client, "markNotificationsRead", "wilma", ids=[arrived["notification"]["id"]])
        assert (await change())["unread"] == {"notifications": 0}


async def test_what_was_missed_is_told_after_the_cursor_as_it_is_now(client: Client, thread: str):
    before = await cursor_of(client, "wilma")
    for _ in range(2):
        await said(client, "otis", thread)
        await do_jobs(client.backend)
    async with listening(client, "wilma", before) as change:
        first, second, end = [await change() for _ in range(3)]
    assert first["notification"] == second["notification"]
    assert second["notification"]["count"] == 2
    assert end["replayed"] == 2
    async with listening(client, "wilma", second["cursor"]) as change:
        assert (await change())["replayed"] == 0


async def test_reading_all_is_told_once_to_every_device(client: Client, thread: str):
    await said(client, "otis", thread)
    await inbox(client, "wilma")
    async with listening(client, "wilma") as here, listening(client, "wilma") as there:
        await here(), await there()
        await write(client, "markNotificationsRead", "wilma", all=True)
        for change in (here, there):
            assert (await change())["unread"] == {"notifications": 0}


async def test_memberships_and_answers_are_told(client: Client, handles: tuple[str, ...]):
    asked = 'query ($since: DateTime!) { club(slug: "lone-star-owners") { id events(window: { from: $since }) { nodes { id } } } }'
    club = (await client.data(asked, since=now().isoformat()))["club"]
    async with listening(client, handles[0]) as change:
        await change()
        await write(client, "joinClub", handles[0], clubId=club["id"])
        moved = await change()
        assert moved["membership"] == {"role": "MEMBER", "club": {"id": club["id"]}}
        await write(client, "rsvp", handles[0], eventId=club["events"]["nodes"][0]["id"], choice="MAYBE")
        assert (await change())["rsvp"] == {"status": "MAYBE"}


async def test_a_change_of_access_is_told_without_moving_the_cursor(client: Client, handles: tuple[str, ...]):
    following = Following(await client.caller("wilma"))
    async with client.follow(STREAM, following, after=None) as told:
        end = (await asyncio.wait_for(anext(told), 5))["data"]["viewerStream"]
        await set_role(client.backend, "wilma", Standing.MODERATOR)
        following.become(await client.caller("wilma"))
        changed = (await asyncio.wait_for(anext(told), 5))["data"]["viewerStream"]
    assert changed == {"__typename": "AccessChanged", "cursor": end["cursor"]}


async def test_nobody_follows_without_signing_in_or_at_anothers_place(client: Client, handles: tuple[str, ...]):
    with pytest.raises(BadDocument) as refused:
        async with client.listen(STREAM) as told:
            await asyncio.wait_for(anext(told), 5)
    assert refused.value.errors[0]["extensions"]["code"] == "UNAUTHENTICATED"
    others = await cursor_of(client, "otis")
    with pytest.raises(BadDocument) as refused:
        async with client.listen(STREAM, "wilma", after=others) as told:
            await asyncio.wait_for(anext(told), 5)
    assert refused.value.errors[0]["extensions"]["code"] == "INVALID"


async def test_one_hears_nothing_of_what_is_told_to_another(client: Client, thread: str):
    async with listening(client, "gerda") as change:
        await change()
        await said(client, "otis", thread)
        await said(client, "otis", thread, "@gerda?")
        await do_jobs(client.backend)
        assert (await change())["notification"]["text"] == "Otis mentioned you in a comment."
