"""Following by taking part: it begins and ends with what makes it, as far as the person wants, and never over a choice."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from hub.actions.commands.withdrawing import withdraw
from hub.actions.tallying import tally
from hub.graph.ids import to_global
from tests.actions.acting import a_post, an_action, sign
from tests.client import Client
from tests.clubs.test_joining import a_club
from tests.conftest import viewer_of
from tests.events.test_planning import planned
from tests.mutations import a_thread, refused, write
from tests.notifications.mailing import confirmed, posted, wants
from tests.notifications.told import do_jobs, inbox, texts
from tests.posts.test_stages import a_draft, at

_FOLLOWS = "{ viewer { follows { nodes { reason level target { ... on Node { id } } } } } }"
WHO = "ines"


async def follows(client: Client, target: str, handle: str = WHO) -> list[tuple[str, str]]:
    """How the person follows the target, with what waited done."""
    await do_jobs(client.backend)
    nodes = (await client.data(_FOLLOWS, handle))["viewer"]["follows"]["nodes"]
    return [(node["reason"], node["level"]) for node in nodes if node["target"] == {"id": target}]


@dataclass(frozen=True)
class Tie:
    """What a person begins and ends, after which they follow `target` or not."""

    reason: str
    target: str
    begin: Callable[[], Awaitable[object]]
    end: Callable[[], Awaitable[object]]


async def membership(client: Client) -> Tie:
    club = await a_club(client)
    return Tie(
        "MEMBERSHIP",
        club,
        lambda: write(client, "joinClub", WHO, clubId=club),
        lambda: write(client, "leaveClub", WHO, clubId=club),
    )


async def answer(client: Client) -> Tie:
    event = await planned(client)
    return Tie(
        "RSVP",
        event,
        lambda: write(client, "rsvp", WHO, eventId=event, choice="MAYBE"),
        lambda: write(client, "rsvp", WHO, eventId=event, choice="DECLINED"),
    )


async def participation(client: Client) -> Tie:
    backend = client.backend
    action, person = await an_action(backend), await viewer_of(backend, WHO)

    async def end() -> None:
        (row,) = await backend.database.fetch("select id from participations where action_id = :id", {"id": action})
        await withdraw(backend, person, participation_id=row["id"])

    target = to_global("Post", await a_post(backend))
    return Tie("PARTICIPATED", target, lambda: sign(backend, person, action), end)


TIES = pytest.mark.parametrize("made", [membership, answer, participation])


@TIES
async def test_it_begins_and_ends_with_its_reason_and_begins_again(client: Client, made: Callable[..., Awaitable[Tie]]):
    tie = await made(client)
    assert await follows(client, tie.target) == []
    for _ in range(2):
        await tie.begin()
        assert await follows(client, tie.target) == [(tie.reason, "ALL")]
        await tie.end()
        assert await follows(client, tie.target) == []


@TIES
async def test_what_began_and_ended_before_anybody_looked_leaves_nothing(
    client: Client, made: Callable[..., Awaitable[Tie]]
):
    tie = await made(client)
    await tie.begin()
    await tie.end()
    assert await follows(client, tie.target) == []


@TIES
async def test_a_follow_by_hand_is_neither_changed_nor_ended(client: Client, made: Callable[..., Awaitable[Tie]]):
    tie = await made(client)
    await write(client, "follow", WHO, targetId=tie.target, level="MENTIONS")
    for step in (tie.begin, tie.end):
        await step()
        assert await follows(client, tie.target) == [("MANUAL", "MENTIONS")]


@TIES
async def test_who_does_not_want_to_follow_so_does_not(client: Client, made: Callable[..., Awaitable[Tie]]):
    tie = await made(client)
    others = sorted({"AUTHORED", "COMMENTED", "PARTICIPATED", "RSVP", "MEMBERSHIP"} - {tie.reason})
    await wants(client, WHO, "OFF", followsBy=others)
    await tie.begin()
    assert await follows(client, tie.target) == []


async def test_another_answer_of_who_follows_no_longer_does_not_make_them_follow_again(client: Client):
    event = await planned(client)
    await write(client, "rsvp", WHO, eventId=event, choice="MAYBE")
    await do_jobs(client.backend)
    await write(client, "unfollow", WHO, targetId=event)
    await write(client, "rsvp", WHO, eventId=event, choice="GOING")
    assert await follows(client, event) == []


async def test_who_is_removed_from_a_club_follows_it_no_longer(client: Client):
    club = await a_club(client)
    joined = await write(client, "joinClub", WHO, clubId=club)
    assert await follows(client, club) == [("MEMBERSHIP", "ALL")]
    await client.backend.database.write("update users set role = 'ADMIN' where handle = 'mara'")
    await write(client, "removeMember", "mara", membershipId=joined["membership"]["id"])
    assert await follows(client, club) == []


async def test_what_a_person_begins_they_follow(client: Client):
    thread = await a_thread(client, WHO)
    assert await follows(client, thread) == [("AUTHORED", "ALL")]
    event = await planned(client)
    assert await follows(client, event, "jonas") == [("AUTHORED", "ALL")]


async def test_authors_follow_a_post_from_when_it_is_public(client: Client):
    ids = [(await client.data("query ($h: String!) { user(handle: $h) { id } }", h=h))["user"]["id"] for h in (WHO,)]
    post = await a_draft(client, authorIds=ids)
    assert await follows(client, post, "mara") == await follows(client, post) == []
    await write(client, "publishPost", "mara", id=post)
    assert await follows(client, post, "mara") == await follows(client, post) == [("AUTHORED", "ALL")]


async def test_a_milestone_is_told_once_to_those_who_take_part_and_those_who_follow(client: Client):
    backend = client.backend
    action = await an_action(backend, milestones=[(2, "Two"), (3, "Three")])
    post = to_global("Post", await a_post(backend))
    await write(client, "follow", "theo", targetId=post, level="ALL")
    for handle in (WHO, "otto", "jonas"):
        await sign(backend, await viewer_of(backend, handle), action)
        await tally(backend.database, 100)
        await tally(backend.database, 100)
    for handle in (WHO, "theo"):
        found = await inbox(client, handle)
        assert texts(found) == ["What a post that concerns you asks for has reached 2 milestones."]
        assert found["notifications"]["nodes"][0]["target"]["id"] == post


async def test_an_official_response_is_told_to_those_who_take_part(client: Client):
    backend = client.backend
    action, post = await an_action(backend), to_global("Post", await a_post(backend))
    await sign(backend, await viewer_of(backend, WHO), action)
    given = {"postId": post, "from": "The ministry", "body": "We agree."}
    await write(client, "addOfficialResponse", "mara", **given)
    assert texts(await inbox(client, WHO)) == ["A post that concerns you has an official response."]
    assert await refused(client, "addOfficialResponse", WHO, **given)
    assert texts(await inbox(client, "theo")) == []


async def test_who_follows_a_thread_hears_of_the_post_that_continues_it_once_it_is_public(client: Client):
    thread = await a_thread(client, "otto")
    await write(client, "follow", WHO, targetId=thread, level="DIGEST")
    post = await a_draft(client, continuesThreadId=thread)
    assert texts(await inbox(client, WHO)) == []
    await write(client, "publishPost", "mara", id=post)
    found = await inbox(client, WHO)
    assert texts(found) == ["A thread that you follow goes on in a new post."]
    assert found["notifications"]["nodes"][0]["target"]["id"] == post


async def test_what_is_followed_as_a_digest_is_gathered_for_posts_too(client: Client):
    backend = client.backend
    async with posted(backend) as post:
        await confirmed(backend, WHO, "theo")
        for handle, level in ((WHO, "DIGEST"), ("theo", "ALL")):
            await wants(client, handle, "INSTANT", "POST_PUBLISHED")
            mara = (await client.data('{ user(handle: "mara") { id } }'))["user"]["id"]
            await write(client, "follow", handle, targetId=mara, level=level)
        await at(client, "PUBLISHED")
        for handle in (WHO, "theo"):
            assert texts(await inbox(client, handle)) == ["Mara Lindqvist published a post."]
        assert (len(post.to("theo")), len(post.to(WHO))) == (1, 0)
        waiting = await backend.database.fetch("select user_id from deliveries where state = 'WAITING'")
        assert [row["user_id"] for row in waiting] == [(await viewer_of(backend, WHO)).user_id]
