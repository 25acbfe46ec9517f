"""Roles in a club: given and taken by its owners, counted, and never without an owner."""

import asyncio
from typing import Any

import pytest

from hub.graph.ids import to_global
from hub.live import log
from hub.users.notices import ACCESS_CHANGED
from tests.client import Client
from tests.clubs.test_joining import a_club, a_person, counts
from tests.conftest import viewer_of
from tests.mutations import attempt, number, refused, row_id, send, untouched, write

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def a_member(client: Client, club: str, role: str = "MEMBER") -> tuple[str, str]:
    """A fresh person with this role in the club: handle and membership."""
    handle = await a_person(client)
    membership = (await write(client, "joinClub", handle, clubId=club))["membership"]["id"]
    if role != "MEMBER":
        database = client.backend.database
        await database.write(
            "update memberships set role = :role where id = :id", {"role": role, "id": row_id(membership)}
        )
        await database.write(
            "update clubs set owner_count = owner_count + :more where id = :id",
            {"more": int(role == "OWNER"), "id": row_id(club)},
        )
    return handle, membership


async def owners(client: Client, club: str) -> tuple[int, int]:
    """The kept count of owners, and the recounted one."""
    return (
        await number(client.backend, "select owner_count as n from clubs where id = :id", id=row_id(club)),
        await number(
            client.backend,
            "select count(*) as n from memberships where club_id = :id and status = 'ACTIVE' and role = 'OWNER'",
            id=row_id(club),
        ),
    )


async def test_an_owner_gives_roles_and_titles(shared: Client) -> None:
    club = await a_club(shared)
    owner, _ = await a_member(shared, club, "OWNER")
    handle, membership = await a_member(shared, club)
    given = await write(shared, "setClubRole", owner, membershipId=membership, role="ORGANIZER", title="Road captain")
    assert given["membership"] == {"id": membership, "role": "ORGANIZER", "title": "Road captain"}
    again = await write(shared, "setClubRole", owner, membershipId=membership, role="ORGANIZER")
    assert (again["replayed"], again["membership"]["title"]) == (True, "Road captain")
    bare = await write(shared, "setClubRole", owner, membershipId=membership, role="MEMBER", title=None)
    assert bare["membership"] == {"id": membership, "role": "MEMBER", "title": None}
    await write(shared, "setClubRole", owner, membershipId=membership, role="OWNER")
    assert await owners(shared, club) == (2, 2)
    assert (await viewer_of(shared.backend, handle)).holds(row_id(club), "OWNER")


async def test_a_change_is_told_to_the_person_it_concerns(shared: Client) -> None:
    club = await a_club(shared)
    owner, _ = await a_member(shared, club, "OWNER")
    handle, membership = await a_member(shared, club)
    person = (await viewer_of(shared.backend, handle)).user_id
    before = len(await log.read(shared.backend.database, person or 0, 0, 10))
    await write(shared, "setClubRole", owner, membershipId=membership, role="MODERATOR")
    await write(shared, "removeMember", owner, membershipId=membership)
    notices = (await log.read(shared.backend.database, person or 0, 0, 10))[before:]
    assert [(notice.kind, notice.ref_id) for notice in notices] == [(ACCESS_CHANGED, person)] * 2


async def test_who_is_removed_is_no_member_and_cannot_come_back(shared: Client) -> None:
    club = await a_club(shared)
    owner, _ = await a_member(shared, club, "OWNER")
    handle, membership = await a_member(shared, club, "OWNER")
    assert (await write(shared, "removeMember", owner, membershipId=membership))["membership"] is None
    assert (await counts(shared, club), await owners(shared, club)) == ((1, 1), (1, 1))
    viewer = await viewer_of(shared.backend, handle)
    assert row_id(club) not in viewer.clubs
    assert not viewer.holds(row_id(club), "OWNER")
    error = await refused(shared, "joinClub", handle, clubId=club)
    assert (error["code"], error["path"]) == ("FORBIDDEN", ["input", "clubId"])
    assert (await refused(shared, "removeMember", owner, membershipId=membership))["code"] == "NOT_FOUND"


@pytest.mark.parametrize("role", ["MEMBER", "ORGANIZER", "MODERATOR"])
async def test_others_than_owners_and_admins_manage_nobody(shared: Client, role: str) -> None:
    club = await a_club(shared)
    handle, own = await a_member(shared, club, role)
    _, other = await a_member(shared, club)
    elsewhere, _ = await a_member(shared, await a_club(shared), "OWNER")
    for who, membership in [(handle, own), (handle, other), (elsewhere, other), ("otto", other), ("mara", other)]:
        error = await refused(shared, "setClubRole", who, membershipId=membership, role="OWNER")
        assert (error["code"], error["path"]) == ("FORBIDDEN", ["input", "membershipId"])
        error = await refused(shared, "removeMember", who, membershipId=membership)
        assert (error["code"], error["path"]) == ("FORBIDDEN", ["input", "membershipId"])
    await write(shared, "setClubRole", "wanda", membershipId=other, role="OWNER")
    await write(shared, "removeMember", "wanda", membershipId=own)


async def test_a_club_keeps_an_owner(shared: Client) -> None:
    club = await a_club(shared)
    owner, own = await a_member(shared, club, "OWNER")
    attempts: list[tuple[str, dict[str, Any], str]] = [
        ("setClubRole", {"membershipId": own, "role": "MEMBER"}, "role"),
        ("removeMember", {"membershipId": own}, "membershipId"),
        ("leaveClub", {"clubId": club}, "clubId"),
    ]
    for name, given, argument in attempts:
        error = await refused(shared, name, owner, **given)
        assert (error["code"], error["path"]) == ("FORBIDDEN", ["input", argument])
    _, second = await a_member(shared, club)
    await write(shared, "setClubRole", owner, membershipId=second, role="OWNER")
    await write(shared, "leaveClub", owner, clubId=club)
    assert await owners(shared, club) == (1, 1)


async def test_of_owners_who_go_at_the_same_time_one_stays(shared: Client) -> None:
    club = await a_club(shared)
    people = [await a_member(shared, club, "OWNER") for _ in range(4)]
    calls = [attempt(shared, "leaveClub", handle, clubId=club) for handle, _ in people[:2]]
    calls += [attempt(shared, "setClubRole", "wanda", membershipId=m, role="MEMBER") for _, m in people[2:3]]
    calls += [attempt(shared, "removeMember", "wanda", membershipId=m) for _, m in people[3:]]
    payloads = await asyncio.gather(*calls)
    assert sorted(len(payload["errors"]) for payload in payloads) == [0, 0, 0, 1]
    assert await owners(shared, club) == (1, 1)
    kept, recounted = await counts(shared, club)
    assert kept == recounted


async def test_an_unknown_or_hidden_membership_is_refused(shared: Client) -> None:
    hidden = await a_club(shared, visibility="CLUB")
    database = shared.backend.database
    await database.write("update clubs set visibility = 'PUBLIC' where id = :id", {"id": row_id(hidden)})
    _, membership = await a_member(shared, hidden)
    await database.write("update clubs set visibility = 'CLUB' where id = :id", {"id": row_id(hidden)})
    for given in (membership, to_global("Membership", 2**60)):
        for name, more in (("setClubRole", {"role": "MEMBER"}), ("removeMember", {})):
            error = await refused(shared, name, "ines", membershipId=given, **more)
            assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "membershipId"])


async def test_managing_needs_a_login(shared: Client) -> None:
    club = await a_club(shared)
    _, membership = await a_member(shared, club)
    async with untouched(shared):
        for name, more in (("setClubRole", {"role": "MEMBER"}), ("removeMember", {})):
            body = await send(shared, name, None, membershipId=membership, **more)
            assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]
