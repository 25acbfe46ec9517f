"""Joining clubs: by whom it is open to, once a person, counted as it is."""

import asyncio
import uuid
from typing import Any

import pytest

from hub.graph.ids import to_global
from hub.store.instants import now
from hub.users.commands import add_person
from tests.client import Client
from tests.mutations import a_thread, number, refused, row_id, send, untouched, write

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def a_club(client: Client, **columns: Any) -> str:
    club_id = uuid.uuid4().int % 2**60 + 1
    given = {"join_policy": "OPEN", "visibility": "PUBLIC", **columns}
    await client.backend.database.write(
        """insert into clubs (id, slug, name, join_policy, visibility, created_at)
           values ({as_id id}, :slug, 'A fresh club', :join_policy, :visibility, {as_instant at})""",
        {"id": club_id, "slug": uuid.uuid4().hex, "at": now(), **given},
    )
    return to_global("Club", club_id)


async def a_person(client: Client) -> str:
    handle = f"person{uuid.uuid4().hex[:12]}"
    await add_person(client.backend.database, handle=handle, name=handle)
    await client.caller(handle)
    return handle


async def counts(client: Client, club: str) -> tuple[int, int]:
    """The kept count of members, and the recounted one."""
    return (
        await number(client.backend, "select member_count as n from clubs where id = :id", id=row_id(club)),
        await number(
            client.backend,
            "select count(*) as n from memberships where club_id = :id and status = 'ACTIVE'",
            id=row_id(club),
        ),
    )


async def test_joining_makes_a_member_once(shared: Client) -> None:
    club, handle = await a_club(shared), await a_person(shared)
    payloads = [await write(shared, "joinClub", handle, clubId=club) for _ in range(3)]
    first = payloads[0]["membership"]
    assert (first["role"], first["user"]["handle"]) == ("MEMBER", handle)
    assert first["club"]["memberCount"]["value"] == 1
    assert [payload["replayed"] for payload in payloads] == [False, True, True]
    assert {payload["membership"]["id"] for payload in payloads} == {first["id"]}
    assert await counts(shared, club) == (1, 1)


async def test_many_joining_at_once_are_counted_once_each(shared: Client) -> None:
    club = await a_club(shared)
    people = [await a_person(shared) for _ in range(10)]
    payloads = await asyncio.gather(*(write(shared, "joinClub", handle, clubId=club) for handle in people * 3))
    assert sorted(payload["replayed"] for payload in payloads) == [False] * 10 + [True] * 20
    assert await counts(shared, club) == (10, 10)


async def test_a_member_may_do_at_once_what_members_may(shared: Client) -> None:
    club, handle = await a_club(shared, visibility="MEMBERS"), await a_person(shared)
    categories = (await shared.data("{ categories { id } }"))["categories"]
    given = {"categoryId": categories[0]["id"], "clubId": club, "title": "For us", "body": "Hello."}
    error = await refused(shared, "createThread", handle, **given)
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "clubId"])
    await write(shared, "joinClub", handle, clubId=club)
    thread = await a_thread(shared, handle, clubId=club)
    data = await shared.data("query ($id: ID) { club(id: $id) { threads { nodes { id } } } }", handle, id=club)
    assert data["club"]["threads"]["nodes"] == [{"id": thread}]


async def test_a_club_by_invitation_takes_nobody(shared: Client) -> None:
    club, handle = await a_club(shared, join_policy="INVITE"), await a_person(shared)
    error = await refused(shared, "joinClub", handle, clubId=club)
    assert (error["code"], error["path"]) == ("FORBIDDEN", ["input", "clubId"])
    assert error["message"] == "This club takes members by invitation only: ask its owners for one."


@pytest.mark.parametrize("visibility", ["CLUB", "PRIVATE"])
async def test_a_hidden_club_is_not_found(shared: Client, visibility: str) -> None:
    club, handle = await a_club(shared, visibility=visibility), await a_person(shared)
    error = await refused(shared, "joinClub", handle, clubId=club)
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "clubId"])


async def test_an_unknown_club_is_refused(shared: Client) -> None:
    handle = await a_person(shared)
    for club, code in [(to_global("Club", 2**60), "NOT_FOUND"), (to_global("Event", 1), "INVALID"), ("x", "INVALID")]:
        error = await refused(shared, "joinClub", handle, clubId=club)
        assert (error["code"], error["path"]) == (code, ["input", "clubId"])


async def test_joining_needs_a_login(shared: Client) -> None:
    club = await a_club(shared)
    async with untouched(shared):
        body = await send(shared, "joinClub", None, clubId=club)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]


async def test_who_was_removed_does_not_come_back_by_joining(shared: Client) -> None:
    club, handle = await a_club(shared), await a_person(shared)
    await write(shared, "joinClub", handle, clubId=club)
    await _end(shared, club, "REMOVED")
    error = await refused(shared, "joinClub", handle, clubId=club)
    assert (error["code"], error["path"]) == ("FORBIDDEN", ["input", "clubId"])


async def test_who_left_comes_back_as_a_plain_member(shared: Client) -> None:
    club, handle = await a_club(shared), await a_person(shared)
    first = await write(shared, "joinClub", handle, clubId=club)
    await shared.backend.database.write(
        "update memberships set role = 'OWNER' where club_id = :id", {"id": row_id(club)}
    )
    await _end(shared, club, "LEFT")
    again = await write(shared, "joinClub", handle, clubId=club)
    assert (again["replayed"], again["membership"]["id"]) == (False, first["membership"]["id"])
    assert again["membership"]["role"] == "MEMBER"
    assert await counts(shared, club) == (1, 1)


async def _end(client: Client, club: str, status: str) -> None:
    await client.backend.database.write(
        "update memberships set status = :status where club_id = :id", {"id": row_id(club), "status": status}
    )
    await client.backend.database.write("update clubs set member_count = 0 where id = :id", {"id": row_id(club)})


async def test_leaving_ends_a_membership_once_and_one_may_come_back(shared: Client) -> None:
    club, handle = await a_club(shared), await a_person(shared)
    await write(shared, "joinClub", handle, clubId=club)
    payloads = [await write(shared, "leaveClub", handle, clubId=club) for _ in range(2)]
    assert [(payload["membership"], payload["replayed"]) for payload in payloads] == [(None, False), (None, True)]
    assert await counts(shared, club) == (0, 0)
    assert (await write(shared, "joinClub", handle, clubId=club))["replayed"] is False
    assert await counts(shared, club) == (1, 1)


async def test_a_club_that_one_cannot_see_cannot_be_left(shared: Client) -> None:
    club, handle = await a_club(shared, visibility="PRIVATE"), await a_person(shared)
    assert (await refused(shared, "leaveClub", handle, clubId=club))["code"] == "NOT_FOUND"
