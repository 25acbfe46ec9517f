"""Clubs that take members by request tell those who decide, and then the one who asked."""

import pytest

from tests.client import Client
from tests.clubs.test_joining import a_club, a_person
from tests.clubs.test_requests import an_owner, asked
from tests.mutations import row_id, write
from tests.notifications.told import inbox, texts

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASKED = "{} wants to join your club."


async def test_owners_hear_who_asks_and_members_do_not(shared: Client) -> None:
    club = await a_club(shared, join_policy="REQUEST")
    owners, member = [await an_owner(shared, club) for _ in range(2)], await a_person(shared)
    await shared.backend.database.write(
        """insert into memberships (id, club_id, user_id, status, since)
           select u.id + 2, :club, u.id, 'ACTIVE', {now} from users u where u.handle = :handle""",
        {"club": row_id(club), "handle": member},
    )
    handle, _ = await asked(shared, club)
    name = (await shared.data("query ($h: String!) { user(handle: $h) { displayName } }", h=handle))["user"]
    for owner in owners:
        found = await inbox(shared, owner)
        assert texts(found) == [ASKED.format(name["displayName"])]
        assert found["notifications"]["nodes"][0]["target"] == {"__typename": "Club", "id": club}
    assert texts(await inbox(shared, member)) == texts(await inbox(shared, handle)) == []


async def test_who_asked_and_went_before_is_told_of_to_nobody(shared: Client) -> None:
    club = await a_club(shared, join_policy="REQUEST")
    owner = await an_owner(shared, club)
    handle, _ = await asked(shared, club)
    await write(shared, "leaveClub", handle, clubId=club)
    assert texts(await inbox(shared, owner)) == []


async def test_who_is_accepted_hears_it_from_the_club_and_who_is_declined_nothing(shared: Client) -> None:
    club = await a_club(shared, join_policy="REQUEST")
    owner = await an_owner(shared, club)
    taken, declined = await asked(shared, club), await asked(shared, club)
    await write(shared, "decideMembership", owner, membershipId=taken[1], accept=True)
    await write(shared, "decideMembership", owner, membershipId=declined[1], accept=False)
    found = await inbox(shared, taken[0])
    assert texts(found) == ["You are a member of a club now."]
    assert found["notifications"]["nodes"][0]["actors"] == []
    assert texts(await inbox(shared, declined[0])) == []


async def test_who_asks_again_is_told_of_again(shared: Client) -> None:
    club = await a_club(shared, join_policy="REQUEST")
    owner = await an_owner(shared, club)
    handle, membership = await asked(shared, club)
    await inbox(shared, owner)
    await write(shared, "decideMembership", owner, membershipId=membership, accept=False)
    await write(shared, "joinClub", handle, clubId=club)
    assert [node["count"] for node in (await inbox(shared, owner))["notifications"]["nodes"]] == [2]


async def test_joining_an_open_club_is_told_to_nobody(shared: Client) -> None:
    club = await a_club(shared)
    owner, handle = await an_owner(shared, club), await a_person(shared)
    await write(shared, "joinClub", handle, clubId=club)
    assert texts(await inbox(shared, owner)) == texts(await inbox(shared, handle)) == []
