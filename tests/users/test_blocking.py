"""Blocks: for the one who made them comments are folded; for all others nothing changes, and no count does."""

from typing import Any

import pytest

from hub.graph.audience import Audience
from hub.graph.documents import Documents
from hub.graph.ids import to_global
from hub.graph.schema import build, core
from hub.store.audience import Fact, Standing
from hub.users.blocking import reachable
from tests.client import Client
from tests.clubs.test_joining import a_person
from tests.conftest import viewer_of
from tests.mutations import a_comment, a_thread, refused, row_id, send, untouched, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = """query ($id: ID) { thread(id: $id) { commentCount { value } comments { totalCount { value }
    nodes { id folded body { source } author { handle viewerBlocked } } } } }"""
BLOCKED = "query ($n: Int, $at: String) { viewer { blockedUsers(first: $n, after: $at) { nodes { handle } pageInfo { endCursor } } } }"


async def person_id(client: Client, handle: str) -> str:
    return (await client.data("query ($name: String!) { user(handle: $name) { id } }", name=handle))["user"]["id"]


async def test_the_comments_of_the_blocked_are_folded_for_who_blocked_them(shared: Client) -> None:
    thread, blocker, blocked = await a_thread(shared), await a_person(shared), await a_person(shared)
    comment, other = await a_comment(shared, blocked, thread), await a_comment(shared, "bea", thread)

    async def page(handle: str | None) -> dict[str, Any]:
        found: dict[str, Any] = (await shared.data(PAGE, handle, id=thread))["thread"]
        return found

    before = await page(blocker)
    payload = await write(shared, "blockUser", blocker, userId=await person_id(shared, blocked))
    assert payload["user"]["viewerBlocked"] is True
    for _ in range(3):  # executed, then planned
        after = await page(blocker)
        assert {c["id"]: c["folded"] for c in after["comments"]["nodes"]} == {comment: "BLOCKED", other: None}
        assert [c["author"]["viewerBlocked"] for c in after["comments"]["nodes"]] == [True, False]
        for handle in (None, "ines", blocked, "otto"):
            assert await page(handle) == before
    for shown in after["comments"]["nodes"]:
        shown["folded"], shown["author"]["viewerBlocked"] = None, False
    assert after == before
    await write(shared, "unblockUser", blocker, userId=await person_id(shared, blocked))
    assert await page(blocker) == before


async def test_blocking_twice_is_blocking_once(shared: Client) -> None:
    blocker, blocked = await a_person(shared), await person_id(shared, await a_person(shared))
    for name in ("blockUser", "unblockUser"):
        assert [(await write(shared, name, blocker, userId=blocked))["replayed"] for _ in range(2)] == [False, True]


async def test_a_person_lists_whom_they_blocked_the_latest_first(shared: Client) -> None:
    blocker, people = await a_person(shared), [await a_person(shared) for _ in range(3)]
    for handle in people:
        await write(shared, "blockUser", blocker, userId=await person_id(shared, handle))
    first = (await shared.data(BLOCKED, blocker, n=2))["viewer"]["blockedUsers"]
    rest = (await shared.data(BLOCKED, blocker, n=2, at=first["pageInfo"]["endCursor"]))["viewer"]["blockedUsers"]
    assert [one["handle"] for one in first["nodes"] + rest["nodes"]] == people[::-1]
    assert (await shared.data(BLOCKED, people[0]))["viewer"]["blockedUsers"]["nodes"] == []


async def test_nobody_blocks_themselves_or_whom_there_is_not(shared: Client) -> None:
    handle = await a_person(shared)
    error = await refused(shared, "blockUser", handle, userId=await person_id(shared, handle))
    assert (error["code"], error["path"]) == ("INVALID", ["input", "userId"])
    error = await refused(shared, "blockUser", handle, userId=to_global("User", 2**60))
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "userId"])
    async with untouched(shared):
        for name in ("blockUser", "unblockUser"):
            body = await send(shared, name, None, userId=to_global("User", 1))
            assert [one["extensions"]["code"] for one in body["errors"]] == ["UNAUTHENTICATED"]


async def test_who_is_blocked_does_not_reach_who_blocked_them(shared: Client) -> None:
    people = [await a_person(shared) for _ in range(3)]
    ids = [row_id(await person_id(shared, handle)) for handle in people]
    actor = (await viewer_of(shared.backend, people[0])).user_id
    assert actor is not None
    assert await reachable(shared.backend.database, actor, ids[1:]) == ids[1:]
    await write(shared, "blockUser", people[1], userId=to_global("User", actor))
    assert await reachable(shared.backend.database, actor, ids[1:]) == ids[2:]


@pytest.mark.parametrize(
    ("selection", "own"),
    [
        ("id body { source }", False),
        ("id folded", True),
        ("author { handle }", False),
        ("author { viewerBlocked }", True),
        ("viewerCan(abilities: [EDIT]) { allowed }", True),
    ],
)
async def test_only_who_selects_what_is_their_own_is_an_audience_of_one(
    shared: Client, selection: str, own: bool
) -> None:
    schema = core(build())
    operation = Documents(schema, shared.backend.settings).prepare(
        f'subscription {{ commentAdded(subjectId: "x") {{ comment {{ {selection} }} }} }}', None
    )
    (root,) = operation.definition.selection_set.selections
    facts = Audience(schema).facts({}, root, Standing.MEMBER, frozenset())
    assert (Fact.SELF in facts) == own
