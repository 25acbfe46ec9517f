"""Engagement posts: written by the policy team, seen by nobody else until they are published."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hub.graph.ids import to_global
from hub.live import log
from tests.client import Client
from tests.mutations import a_comment, attempt, refused, row_id, send, untouched, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = {"kind": "UPDATE", "title": "A draft", "body": "Not *yet*."}
OTHERS = [None, "ines", "jonas"]
TEAM = ["mara", "theo", "otto", "wanda"]


async def a_draft(client: Client, **changes: Any) -> str:
    return (await write(client, "savePost", "mara", **{**TEXT, **changes}))["post"]["id"]


async def club(client: Client, slug: str = "lone-star-owners") -> str:
    return (await client.data("query ($slug: String) { club(slug: $slug) { id } }", slug=slug))["club"]["id"]


async def doors(client: Client, post_id: str, handle: str | None) -> set[str]:
    """The doors that show this post to this viewer."""
    data = await client.data(
        """query ($id: ID!, $club: String) { post(id: $id) { id } node(id: $id) { id } nodes(ids: [$id]) { id }
            posts(first: 100) { nodes { id } } club(slug: $club) { posts(first: 100) { nodes { id } } }
            commentCounts(subjectIds: [$id]) { subjectId } }""",
        handle,
        id=post_id,
        club="lone-star-owners",
    )
    slug = await client.backend.database.fetch("select slug from posts where id = :id", {"id": row_id(post_id)})
    by_slug = await client.data("query ($s: String) { post(slug: $s) { id } }", handle, s=slug[0]["slug"])
    shown = {
        "post": data["post"] is not None,
        "slug": by_slug["post"] is not None,
        "node": data["node"] is not None,
        "nodes": data["nodes"] != [None],
        "posts": post_id in [post["id"] for post in data["posts"]["nodes"]],
        "club": post_id in [post["id"] for post in data["club"]["posts"]["nodes"]],
        "counts": data["commentCounts"] != [],
    }
    return {door for door, open_ in shown.items() if open_}


ALL = {"post", "slug", "node", "nodes", "posts", "club", "counts"}
BY_ADDRESS = ALL - {"posts", "club"}


async def test_a_draft_shows_to_the_team_and_staff_and_stands_in_no_list(shared: Client) -> None:
    draft = await a_draft(shared, clubIds=[await club(shared)])
    for handle in OTHERS:
        assert await doors(shared, draft, handle) == set(), handle
    for handle in TEAM:
        assert await doors(shared, draft, handle) == BY_ADDRESS, handle


async def test_a_draft_is_written_on_by_nobody_who_does_not_see_it(shared: Client) -> None:
    draft = await a_draft(shared)
    error = await refused(shared, "addComment", "ines", subjectId=draft, body="Hello?")
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "subjectId"])
    reaction = await refused(shared, "react", "ines", targetId=draft, kind="like", on=True)
    assert (reaction["code"], reaction["path"]) == ("NOT_FOUND", ["input", "targetId"])
    comment = await a_comment(shared, "theo", draft)
    for handle in OTHERS:
        data = await shared.data(
            """query ($id: ID!) { comment(id: $id) { id } node(id: $id) { id }
                user(handle: "theo") { comments(first: 100) { nodes { id } } } }""",
            handle,
            id=comment,
        )
        assert (data["comment"], data["node"]) == (None, None)
        assert comment not in [one["id"] for one in data["user"]["comments"]["nodes"]]
    inside = await refused(shared, "react", "ines", targetId=comment, kind="like", on=True)
    assert inside["code"] == "NOT_FOUND"


async def test_publishing_opens_all_doors_and_is_told(shared: Client) -> None:
    draft = await a_draft(shared, clubIds=[await club(shared)], summary="Soon.")
    payload = await write(shared, "publishPost", "theo", id=draft)
    assert (payload["post"]["status"], payload["post"]["version"], payload["replayed"]) == ("PUBLISHED", 2, False)
    for handle in [*OTHERS, *TEAM]:
        assert await doors(shared, draft, handle) == ALL, handle
    data = await shared.data("{ posts(first: 1) { nodes { id publishedAt } } }")
    assert data["posts"]["nodes"] == [{"id": draft, "publishedAt": payload["post"]["publishedAt"]}]
    assert [notice.kind for notice in await log.read(shared.backend.database, row_id(draft), 0, 10)] == [
        "post_published"
    ]


async def test_publishing_again_changes_nothing(shared: Client) -> None:
    draft = await a_draft(shared)
    first = await write(shared, "publishPost", "mara", id=draft)
    async with untouched(shared, "theo"):
        again = await write(shared, "publishPost", "theo", id=draft)
    assert (again["replayed"], again["post"]) == (True, first["post"])


async def test_publishing_many_times_at_once_tells_once(shared: Client) -> None:
    draft = await a_draft(shared)
    await asyncio.gather(shared.caller("mara"), shared.caller("theo"))
    payloads = await asyncio.gather(
        *(write(shared, "publishPost", handle, id=draft) for handle in ["mara", "theo"] * 5)
    )
    assert sorted(payload["replayed"] for payload in payloads) == [False] + [True] * 9
    assert len(await log.read(shared.backend.database, row_id(draft), 0, 10)) == 1


@pytest.mark.parametrize(
    ("visibility", "reached", "listed"),
    [
        ("PUBLIC", {None, "ines", "jonas", "bea"}, True),
        ("UNLISTED", {None, "ines", "jonas", "bea"}, False),
        ("MEMBERS", {"ines", "jonas", "bea"}, True),
        ("CLUB", {"jonas", "bea"}, True),
        ("PRIVATE", set(), True),
    ],
)
async def test_a_published_post_shows_to_those_it_is_meant_for(
    shared: Client, visibility: str, reached: set[str | None], listed: bool
) -> None:
    draft = await a_draft(shared, visibility=visibility, clubIds=[await club(shared)])
    await write(shared, "publishPost", "mara", id=draft)
    for handle in (None, "ines", "jonas", "bea"):
        expected = (ALL if listed else BY_ADDRESS) if handle in reached else set()
        assert await doors(shared, draft, handle) == expected, handle
    for handle in TEAM:
        assert await doors(shared, draft, handle) == (ALL if listed else BY_ADDRESS), handle


async def test_a_post_for_one_club_addresses_that_club_and_stays_with_it(shared: Client) -> None:
    ours, theirs = await club(shared), await club(shared, "cascadia-current")
    for clubs in ([], [ours, theirs]):
        error = await refused(shared, "savePost", "mara", **TEXT, visibility="CLUB", clubIds=clubs)
        assert (error["code"], error["path"]) == ("INVALID", ["input", "clubIds"])
    draft = await a_draft(shared, visibility="CLUB", clubIds=[ours, ours])
    moved = await refused(shared, "savePost", "mara", **TEXT, id=draft, expectedVersion=1, clubIds=[theirs])
    assert (moved["code"], moved["path"]) == ("INVALID", ["input", "clubIds"])
    await write(shared, "savePost", "mara", **TEXT, id=draft, expectedVersion=1, clubIds=[ours])


async def test_a_post_is_changed_under_its_version(shared: Client) -> None:
    ours, theirs = await club(shared), await club(shared, "cascadia-current")
    draft = await a_draft(shared, clubIds=[ours], regions=["TX"], tags=["old"])
    changed = {**TEXT, "title": " New\n title ", "clubIds": [theirs, ours], "regions": ["WA", "OR"], "tags": ["new"]}
    payload = await write(shared, "savePost", "theo", **changed, id=draft, expectedVersion=1)
    post = payload["post"]
    assert (post["id"], post["version"], post["title"]) == (draft, 2, "New title")
    assert post["clubs"] == [{"slug": "cascadia-current"}, {"slug": "lone-star-owners"}]
    assert (post["regions"], post["tags"]) == (["WA", "OR"], ["new"])
    error = await refused(shared, "savePost", "mara", **TEXT, id=draft, expectedVersion=1)
    assert (error["__typename"], error["currentVersion"]) == ("ConflictError", 2)
    missing = await refused(shared, "savePost", "mara", **TEXT, id=draft)
    assert (missing["code"], missing["path"]) == ("REQUIRED", ["input", "expectedVersion"])
    alone = await write(shared, "savePost", "mara", **TEXT, id=draft, expectedVersion=2, clubIds=[theirs])
    assert alone["post"]["clubs"] == [{"slug": "cascadia-current"}]


async def test_a_change_to_a_published_post_keeps_its_place_in_the_feed(shared: Client) -> None:
    older = await a_draft(shared)
    await write(shared, "publishPost", "mara", id=older)
    newer = await a_draft(shared)
    await write(shared, "publishPost", "mara", id=newer)
    await write(shared, "savePost", "mara", **{**TEXT, "clubIds": [await club(shared)]}, id=older, expectedVersion=2)
    data = await shared.data("{ posts(first: 2) { nodes { id } } }")
    assert [post["id"] for post in data["posts"]["nodes"]] == [newer, older]
    assert await doors(shared, older, None) == ALL


@pytest.mark.parametrize("change", [False, True])
@pytest.mark.parametrize("parallel", [False, True])
async def test_the_same_key_and_input_save_once(shared: Client, parallel: bool, change: bool) -> None:
    given = {**TEXT, "idempotencyKey": uuid.uuid4().hex}
    if change:
        given |= {"id": await a_draft(shared), "expectedVersion": 1}
    await shared.caller("mara")
    calls = [write(shared, "savePost", "mara", **given) for _ in range(20 if parallel else 3)]
    payloads = await asyncio.gather(*calls) if parallel else [await call for call in calls]
    assert sorted(payload["replayed"] for payload in payloads) == [False] + [True] * (len(payloads) - 1)
    assert {(payload["post"]["id"], payload["post"]["version"]) for payload in payloads} == {
        (payloads[0]["post"]["id"], 2 if change else 1)
    }


async def test_the_same_key_with_other_input_is_a_mismatch(shared: Client) -> None:
    given = {**TEXT, "idempotencyKey": uuid.uuid4().hex}
    draft = await write(shared, "savePost", "mara", **given)
    changes: list[dict[str, Any]] = [
        {"title": "Other"},
        {"body": "Other."},
        {"kind": "STORY"},
        {"summary": "Other."},
        {"tags": ["other"]},
        {"regions": ["TX"]},
        {"locale": "de"},
        {"visibility": "MEMBERS"},
        {"clubIds": [await club(shared)]},
        {"id": draft["post"]["id"], "expectedVersion": 1},
    ]
    for change in changes:
        error = await refused(shared, "savePost", "mara", **{**given, **change})
        assert (error["code"], error["path"]) == ("IDEMPOTENCY_MISMATCH", ["input", "idempotencyKey"]), change
    assert (await write(shared, "savePost", "theo", **given))["replayed"] is False


@pytest.mark.parametrize("handle", ["ines", "jonas", "otto"])
async def test_only_the_team_and_admins_write_posts(shared: Client, handle: str) -> None:
    draft = await a_draft(shared)
    for name, given in [
        ("savePost", TEXT),
        ("savePost", {**TEXT, "id": draft, "expectedVersion": 1}),
        ("publishPost", {"id": draft}),
    ]:
        error = await refused(shared, name, handle, **given)
        assert (error["__typename"], error["code"]) == ("AccessError", "FORBIDDEN")
    payload = await write(shared, "savePost", "wanda", **TEXT)
    assert payload["post"]["status"] == "DRAFT"


@pytest.mark.parametrize("name", ["savePost", "publishPost"])
async def test_a_post_needs_a_login(shared: Client, name: str) -> None:
    given = TEXT if name == "savePost" else {"id": await a_draft(shared)}
    async with untouched(shared):
        body = await send(shared, name, None, **given)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"title": ""}, "REQUIRED", "title"),
        ({"title": "x" * 201}, "TOO_LONG", "title"),
        ({"body": "  "}, "REQUIRED", "body"),
        ({"body": "x" * 50_001}, "TOO_LONG", "body"),
        ({"summary": "x" * 1_001}, "TOO_LONG", "summary"),
        ({"tags": [str(n) for n in range(11)]}, "TOO_LONG", "tags"),
        ({"tags": ["x" * 61]}, "INVALID", "tags"),
        ({"regions": [str(n) for n in range(61)]}, "TOO_LONG", "regions"),
        ({"regions": [""]}, "INVALID", "regions"),
        ({"locale": "x"}, "TOO_SHORT", "locale"),
        ({"locale": "x" * 36}, "TOO_LONG", "locale"),
        ({"clubIds": [to_global("Club", 2**60)]}, "NOT_FOUND", "clubIds"),
        ({"clubIds": [to_global("Club", 2**60 + n) for n in range(21)]}, "TOO_LONG", "clubIds"),
        ({"clubIds": [to_global("User", 1)]}, "INVALID", "clubIds"),
        ({"id": to_global("Post", 2**60), "expectedVersion": 1}, "NOT_FOUND", "id"),
        ({"id": to_global("Thread", 1), "expectedVersion": 1}, "INVALID", "id"),
        ({"id": "garbage", "expectedVersion": 1}, "INVALID", "id"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_does_not_fit_is_refused(shared: Client, changes: dict[str, Any], code: str, field: str) -> None:
    error = await refused(shared, "savePost", "mara", **{**TEXT, **changes})
    assert (error["code"], error["path"]) == (code, ["input", field])


async def test_a_post_that_is_not_there_is_not_published(shared: Client) -> None:
    for post_id, code in [(to_global("Post", 2**60), "NOT_FOUND"), (to_global("Club", 1), "INVALID"), ("", "INVALID")]:
        error = await refused(shared, "publishPost", "mara", id=post_id)
        assert (error["code"], error["path"]) == (code, ["input", "id"])


@asynccontextmanager
async def moving(client: Client, update: str, post_id: str) -> AsyncIterator[list[str]]:
    """The row moves once, after it was read and before it is written; the statement that read it."""
    database = client.backend.database
    await client.caller("mara")
    fetch, moved = database.fetch, []

    async def once(sql: str, parameters: Any = None) -> Any:
        rows = await fetch(sql, parameters)
        if "intended_visibility" in sql and not moved:
            moved.append(sql)
            await fetch(update, {"id": row_id(post_id)})
        return rows

    database.fetch = database.fetch_small = once
    try:
        yield moved
    finally:
        del database.fetch, database.fetch_small


async def test_a_post_whose_row_moved_is_published_all_the_same(shared: Client) -> None:
    draft = await a_draft(shared)
    async with moving(shared, "update subjects set state = state + 1 where id = :id", draft) as moved:
        payload = await attempt(shared, "publishPost", "mara", id=draft)
    assert len(moved) == 1
    assert (payload["errors"], payload["post"]["status"], payload["replayed"]) == ([], "PUBLISHED", False)


async def test_who_loses_to_another_change_meanwhile_hears_which_version_there_is(shared: Client) -> None:
    draft = await a_draft(shared)
    async with moving(shared, "update posts set version = version + 1 where id = :id", draft) as moved:
        payload = await attempt(shared, "savePost", "mara", **TEXT, id=draft, expectedVersion=1)
    assert len(moved) == 1
    assert [(error["code"], error["currentVersion"]) for error in payload["errors"]] == [("CONFLICT", 2)]
