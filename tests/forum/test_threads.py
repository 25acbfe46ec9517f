"""Beginning threads: in an open category, with a title, once for each key."""

import asyncio
import uuid
from typing import Any

import pytest

from hub.graph.ids import to_global
from tests.client import Client
from tests.mutations import number, refused, row_id, send, untouched, write

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def category(client: Client, slug: str = "hub-talk") -> str:
    data = await client.data("{ categories { id slug } }")
    return next(one["id"] for one in data["categories"] if one["slug"] == slug)


async def given(client: Client, **changes: Any) -> dict[str, Any]:
    return {"categoryId": await category(client), "title": "A title", "body": "A body.", **changes}


async def test_a_thread_is_made_counted_and_found_by_all_its_doors(shared: Client) -> None:
    before = await number(shared.backend, "select thread_count as n from categories where slug = 'hub-talk'")
    more = await given(shared, title="  Größe & Æther:  what\nnow? ", tags=["One", "two ", "one"])
    payload = await write(shared, "createThread", "ines", **more)
    thread = payload["thread"]
    assert (thread["title"], thread["tags"]) == ("Größe & Æther: what now?", ["one", "two"])
    assert thread["author"] == {"handle": "ines"}
    assert thread["slug"].startswith("gro")
    data = await shared.data(
        """query ($slug: String) { thread(slug: $slug) { id commentCount { value } commenting { mode } liveCursor
            category { threadCount { value } threads(first: 1, sort: NEWEST) { nodes { id } } }
            author { threads(first: 1) { nodes { id } } } } threads(first: 1) { nodes { id } } }""",
        slug=thread["slug"],
    )
    found = data["thread"]
    assert (found["id"], found["commentCount"]["value"], found["commenting"]["mode"]) == (thread["id"], 0, "OPEN")
    assert found["category"] == {"threadCount": {"value": before + 1}, "threads": {"nodes": [{"id": thread["id"]}]}}
    assert found["author"]["threads"]["nodes"] == data["threads"]["nodes"] == [{"id": thread["id"]}]


@pytest.mark.parametrize("visibility", ["PUBLIC", "MEMBERS", "CLUB", "PRIVATE", "UNLISTED"])
async def test_a_count_tells_of_no_thread_that_is_not_for_everybody(shared: Client, visibility: str) -> None:
    club = (await shared.data('{ club(slug: "lone-star-owners") { id } }'))["club"]["id"]
    more = await given(shared, visibility=visibility, clubId=club)
    document = "query ($id: ID!) { node(id: $id) { ... on Category { threadCount { value } } } }"
    before = [await shared.data(document, handle, id=more["categoryId"]) for handle in (None, "jonas", "otto")]
    thread = (await write(shared, "createThread", "jonas", **more))["thread"]
    shown = (await shared.data("query ($id: ID) { thread(id: $id) { visibility } }", "jonas", id=thread["id"]))[
        "thread"
    ]
    assert shown == {"visibility": visibility}
    after = [await shared.data(document, handle, id=more["categoryId"]) for handle in (None, "jonas", "otto")]
    assert before[0] == before[1] == before[2]
    assert after[0] == after[1] == after[2]
    counted = after[0]["node"]["threadCount"]["value"] - before[0]["node"]["threadCount"]["value"]
    assert counted == (visibility == "PUBLIC")


async def test_threads_of_the_same_title_have_slugs_of_their_own(shared: Client) -> None:
    more = await given(shared, title="Again and again")
    slugs = [(await write(shared, "createThread", "ines", **more))["thread"]["slug"] for _ in range(5)]
    assert len(set(slugs)) == 5


@pytest.mark.parametrize("title", ["🙂🙂🙂", "日本語", "x" * 200, "../../etc/passwd", "<b>bold</b>", "--"])
async def test_any_title_makes_a_plain_slug(shared: Client, title: str) -> None:
    thread = (await write(shared, "createThread", "ines", **await given(shared, title=title)))["thread"]
    assert thread["title"] == title
    assert thread["slug"].replace("-", "").isalnum()
    assert thread["slug"].isascii()
    assert thread["slug"] == thread["slug"].lower()


@pytest.mark.parametrize("parallel", [False, True])
async def test_the_same_key_and_input_make_one_thread(shared: Client, parallel: bool) -> None:
    more = {**await given(shared), "idempotencyKey": uuid.uuid4().hex}
    await shared.caller("ines")
    calls = [write(shared, "createThread", "ines", **more) for _ in range(20 if parallel else 3)]
    payloads = await asyncio.gather(*calls) if parallel else [await call for call in calls]
    assert len({payload["thread"]["id"] for payload in payloads}) == 1
    assert sorted(payload["replayed"] for payload in payloads) == [False] + [True] * (len(payloads) - 1)
    stored = await number(shared.backend, "select thread_count as n from categories where slug = 'hub-talk'")
    counted = await number(
        shared.backend,
        "select count(*) as n from subjects where category_id = :id and visibility = 'PUBLIC'",
        id=row_id(more["categoryId"]),
    )
    assert stored == counted


async def test_the_same_key_with_other_input_is_a_mismatch(shared: Client) -> None:
    more = {**await given(shared), "idempotencyKey": uuid.uuid4().hex}
    await write(shared, "createThread", "ines", **more)
    for change in ({"title": "Other"}, {"body": "Other."}, {"tags": ["other"]}):
        error = await refused(shared, "createThread", "ines", **{**more, **change})
        assert (error["code"], error["path"]) == ("IDEMPOTENCY_MISMATCH", ["input", "idempotencyKey"])
    assert (await write(shared, "createThread", "hank", **more))["replayed"] is False


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"title": ""}, "REQUIRED", "title"),
        ({"title": " \n\t "}, "REQUIRED", "title"),
        ({"title": "x" * 201}, "TOO_LONG", "title"),
        ({"title": "x" * 100_000}, "TOO_LONG", "title"),
        ({"body": ""}, "REQUIRED", "body"),
        ({"body": " "}, "REQUIRED", "body"),
        ({"body": "x" * 50_001}, "TOO_LONG", "body"),
        ({"tags": [str(n) for n in range(11)]}, "INVALID", "tags"),
        ({"tags": ["x" * 41]}, "INVALID", "tags"),
        ({"tags": [""]}, "INVALID", "tags"),
        ({"tags": ["a\nb"]}, "INVALID", "tags"),
        ({"tags": ["x"] * 10_000}, None, None),
        ({"categoryId": to_global("Category", 2**60)}, "NOT_FOUND", "categoryId"),
        ({"categoryId": to_global("Thread", 1)}, "INVALID", "categoryId"),
        ({"categoryId": "garbage"}, "INVALID", "categoryId"),
        ({"clubId": to_global("Club", 2**60)}, "NOT_FOUND", "clubId"),
        ({"clubId": to_global("User", 1)}, "INVALID", "clubId"),
        ({"clubId": ""}, "INVALID", "clubId"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_does_not_fit_is_refused(
    shared: Client, changes: dict[str, Any], code: str | None, field: str | None
) -> None:
    more = await given(shared, **changes)
    if code is None:
        assert (await write(shared, "createThread", "ines", **more))["thread"]["tags"] == ["x"]
        return
    error = await refused(shared, "createThread", "ines", **more)
    assert (error["code"], error["path"]) == (code, ["input", field])


async def test_a_frozen_category_takes_no_threads(shared: Client) -> None:
    more = await given(shared, categoryId=await category(shared, "workshop"))
    for handle in ("ines", "mara", "otto"):
        error = await refused(shared, "createThread", handle, **more)
        assert (error["__typename"], error["code"], error["path"]) == (
            "FrozenError",
            "ARCHIVED",
            ["input", "categoryId"],
        )
        assert error["since"] == "2020-02-01T00:00:00.000Z"
        assert "closed" in error["message"]


async def test_a_thread_for_a_club_needs_its_membership(shared: Client) -> None:
    club = (await shared.data('{ club(slug: "nebraska-plains-owners") { id } }'))["club"]["id"]
    more = await given(shared, clubId=club)
    error = await refused(shared, "createThread", "yuki", **more)
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "clubId"])
    thread = (await write(shared, "createThread", "ines", **more))["thread"]
    assert thread["club"] == {"slug": "nebraska-plains-owners"}


async def test_a_thread_needs_a_login(shared: Client) -> None:
    more = await given(shared)
    async with untouched(shared):
        body = await send(shared, "createThread", None, **more)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]
