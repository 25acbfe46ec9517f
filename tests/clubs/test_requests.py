"""Clubs that take members by request: asked once, seen by few, decided once, and nothing before that."""

import asyncio

import pytest

from hub.store.audience import Standing
from hub.users.commands import set_role
from tests.client import Client
from tests.clubs.test_joining import a_club, a_person, counts
from tests.mutations import attempt, number, refused, row_id, untouched, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

_SEEN = """query ($id: ID!, $club: ID) { node(id: $id) { id } club(id: $club) {
    members { nodes { id } } pendingMembers { nodes { id user { handle } } } viewerMembership { id status } } }"""


async def an_owner(client: Client, club: str) -> str:
    handle = await a_person(client)
    await client.backend.database.write(
        """insert into memberships (id, club_id, user_id, role, status, since)
           select u.id + 1, :club, u.id, 'OWNER', 'ACTIVE', {now} from users u where u.handle = :handle""",
        {"club": row_id(club), "handle": handle},
    )
    await client.backend.database.write(
        "update clubs set member_count = member_count + 1, owner_count = 1 where id = :club", {"club": row_id(club)}
    )
    return handle


async def asked(client: Client, club: str) -> tuple[str, str]:
    """Who asks to join, and the membership that is asked for."""
    handle = await a_person(client)
    payload = await write(client, "joinClub", handle, clubId=club)
    assert (payload["membership"]["status"], payload["replayed"]) == ("REQUESTED", False)
    return handle, payload["membership"]["id"]


async def test_who_asks_is_no_member_and_is_seen_by_those_who_decide(shared: Client) -> None:
    club = await a_club(shared, join_policy="REQUEST", visibility="MEMBERS")
    owner, other = await an_owner(shared, club), await a_person(shared)
    handle, membership = await asked(shared, club)
    assert await counts(shared, club) == (1, 1)
    seen = {one: await shared.data(_SEEN, one, id=membership, club=club) for one in (handle, owner, other)}
    assert [seen[one]["node"] for one in (handle, owner, other)] == [{"id": membership}, {"id": membership}, None]
    pending = {one: [node["id"] for node in seen[one]["club"]["pendingMembers"]["nodes"]] for one in seen}
    assert pending == {handle: [membership], owner: [membership], other: []}
    assert seen[handle]["club"]["viewerMembership"] == {"id": membership, "status": "REQUESTED"}
    theirs = "query ($who: String!) { user(handle: $who) { clubs { nodes { id } } } }"
    assert (await shared.data(theirs, handle, who=handle))["user"]["clubs"]["nodes"] == []
    assert membership not in [node["id"] for one in seen for node in seen[one]["club"]["members"]["nodes"]]
    categories = (await shared.data("{ categories { id } }"))["categories"]
    thread = {"categoryId": categories[0]["id"], "clubId": club, "title": "For us", "body": "Hello."}
    assert (await refused(shared, "createThread", handle, **thread))["code"] == "NOT_FOUND"


@pytest.mark.parametrize("status", ["LEFT", "REMOVED", "EXPIRED"])
async def test_a_membership_that_has_ended_is_seen_by_nobody(shared: Client, status: str) -> None:
    club = await a_club(shared, join_policy="REQUEST")
    owner, admin, other = await an_owner(shared, club), await a_person(shared), await a_person(shared)
    await set_role(shared.backend, admin, Standing.ADMIN)
    handle, membership = await asked(shared, club)
    await shared.backend.database.write(
        "update memberships set status = :status where id = :id", {"status": status, "id": row_id(membership)}
    )
    for one in (None, other, handle, owner, admin):
        assert await shared.data("query ($id: ID!) { node(id: $id) { id } }", one, id=membership) == {"node": None}


async def test_asking_again_changes_nothing(shared: Client) -> None:
    club = await a_club(shared, join_policy="REQUEST")
    handle, membership = await asked(shared, club)
    again = await write(shared, "joinClub", handle, clubId=club)
    assert (again["replayed"], again["membership"]["id"]) == (True, membership)


async def test_who_is_accepted_is_a_member_counted_once_however_many_decide(shared: Client) -> None:
    club = await a_club(shared, join_policy="REQUEST")
    owner = await an_owner(shared, club)
    handle, membership = await asked(shared, club)
    payloads = await asyncio.gather(
        *(attempt(shared, "decideMembership", owner, membershipId=membership, accept=True) for _ in range(5))
    )
    assert sorted(len(payload["errors"]) for payload in payloads) == [0, 1, 1, 1, 1]
    assert {error["code"] for payload in payloads for error in payload["errors"]} == {"NOT_FOUND"}
    assert await counts(shared, club) == (2, 2)
    categories = (await shared.data("{ categories { id } }"))["categories"]
    thread = {"categoryId": categories[0]["id"], "clubId": club, "title": "For us", "body": "Hello."}
    assert (await write(shared, "createThread", handle, **thread))["thread"]["club"]
    told = "select count(*) as n from audit_log where action = 'club.member_accepted' and club_id = :club"
    assert await number(shared.backend, told, club=row_id(club)) == 1


async def test_who_is_declined_may_ask_again(shared: Client) -> None:
    club = await a_club(shared, join_policy="REQUEST")
    owner = await an_owner(shared, club)
    handle, membership = await asked(shared, club)
    long = await refused(shared, "decideMembership", owner, membershipId=membership, accept=False, note="x" * 501)
    assert (long["code"], long["path"]) == ("TOO_LONG", ["input", "note"])
    declined = await write(shared, "decideMembership", owner, membershipId=membership, accept=False, note="Full.")
    assert declined["membership"] is None
    assert await counts(shared, club) == (1, 1)
    again = await write(shared, "joinClub", handle, clubId=club)
    assert (again["membership"]["status"], again["replayed"]) == ("REQUESTED", False)


async def test_a_request_is_taken_back_by_leaving(shared: Client) -> None:
    club = await a_club(shared, join_policy="REQUEST")
    owner = await an_owner(shared, club)
    handle, membership = await asked(shared, club)
    assert (await write(shared, "leaveClub", handle, clubId=club))["replayed"] is False
    async with untouched(shared, handle):
        assert (await write(shared, "leaveClub", handle, clubId=club))["replayed"] is True
    gone = await refused(shared, "decideMembership", owner, membershipId=membership, accept=True)
    assert (gone["code"], gone["path"]) == ("NOT_FOUND", ["input", "membershipId"])
    assert await counts(shared, club) == (1, 1)


async def test_who_asks_cannot_be_given_a_role_or_decide_for_oneself(shared: Client) -> None:
    club = await a_club(shared, join_policy="REQUEST")
    owner = await an_owner(shared, club)
    handle, membership = await asked(shared, club)
    assert (await refused(shared, "setClubRole", owner, membershipId=membership, role="OWNER"))["code"] == "NOT_FOUND"
    assert (await refused(shared, "decideMembership", handle, membershipId=membership, accept=True))["code"] == (
        "FORBIDDEN"
    )
