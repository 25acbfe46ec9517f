"""Pages by cursor: both ways, in every order, without loss or repeat, also while others write."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.graph.ids import to_global
from tests.client import Client
from tests.mutations import write

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Connections of the whole hub and of single nouns; PAGE stands for the page's arguments.
LISTS = {
    "threads": "threads(PAGE)",
    "threads by age": "threads(PAGE, sort: OLDEST)",
    "threads by talk": "threads(PAGE, sort: MOST_COMMENTED)",
    "frozen threads": "threads(PAGE, filter: {archived: true}, sort: NEWEST)",
    "posts": "posts(PAGE)",
    "posts of a kind": "posts(PAGE, filter: {kinds: [ANNOUNCEMENT, UPDATE]})",
    "clubs": "clubs(PAGE)",
    "events": "events(PAGE)",
    "events to come": 'events(PAGE, filter: {window: {from: "2020-01-01T00:00:00Z"}})',
    "members": 'club(slug: "first-ride-circle") { members(PAGE)',
    "posts of a club": 'club(slug: "first-ride-circle") { posts(PAGE)',
    "events of a club": 'club(slug: "lone-star-owners") { events(PAGE)',
    "clubs of a person": 'user(handle: "mara") { clubs(PAGE)',
    "comments of a person": 'user(handle: "grace") { comments(PAGE)',
    "answers of a person": 'user(handle: "mara") { rsvps(PAGE)',
    "answers to an event": 'event(slug: "lincoln-capitol-day") { rsvps(PAGE)',
    "comments": 'post(slug: "welcome") { comments(PAGE, rootOnly: false, sort: OLDEST)',
    "newest comments": 'post(slug: "welcome") { comments(PAGE, rootOnly: false, sort: NEWEST)',
    "oldest roots": 'post(slug: "welcome") { comments(PAGE, sort: OLDEST)',
    "newest roots": 'thread(slug: "winter-range-real-numbers") { comments(PAGE, sort: NEWEST)',
    "talk on an event": 'event(slug: "lincoln-capitol-day") { comments(PAGE, rootOnly: false)',
}
COMMENTS = [name for name, field in LISTS.items() if "comments(" in field and "user(" not in field]

SHOWN = "{ nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"


def document(field: str, forward: bool = True) -> str:
    size, side = ("first", "after") if forward else ("last", "before")
    page = f"{size}: $size, {side}: $at"
    closing = " }" * field.count("{ ")
    if "filter: {" in field:
        closing = ""
    return f"query ($size: Int, $at: String) {{ {field.replace('PAGE', page)} {SHOWN}{closing} }}"


async def connection(client: Client, text: str, **variables: Any) -> dict[str, Any]:
    found = await client.data(text, **variables)
    while "pageInfo" not in found:
        (found,) = found.values()
    return found


async def pages(client: Client, text: str, size: int) -> AsyncIterator[dict[str, Any]]:
    """All pages from the beginning, checked one by one."""
    at, before = None, False
    while True:
        page = await connection(client, text, size=size, at=at)
        info = page["pageInfo"]
        cursors = [edge["cursor"] for edge in page["edges"]]
        assert [edge["node"] for edge in page["edges"]] == page["nodes"]
        assert (info["startCursor"], info["endCursor"]) == ((cursors[0], cursors[-1]) if cursors else (None, None))
        assert info["hasPreviousPage"] == before
        yield page
        if not info["hasNextPage"]:
            return
        at, before = info["endCursor"], True


async def walk(client: Client, text: str, size: int) -> list[str]:
    return [node["id"] async for page in pages(client, text, size) for node in page["nodes"]]


async def walk_back(client: Client, text: str, size: int) -> list[str]:
    found: list[str] = []
    at, after = None, False
    while True:
        page = await connection(client, text, size=size, at=at)
        assert page["pageInfo"]["hasNextPage"] == after
        found = [*(node["id"] for node in page["nodes"]), *found]
        if not page["pageInfo"]["hasPreviousPage"]:
            return found
        at, after = page["pageInfo"]["startCursor"], True


@pytest.mark.parametrize("name", LISTS)
async def test_pages_of_any_size_give_the_whole_list_once(shared: Client, name: str) -> None:
    whole = await walk(shared, document(LISTS[name]), 100)
    assert len(whole) == len(set(whole)) > 2
    for size in (1, 2, len(whole) - 1, len(whole)):
        assert await walk(shared, document(LISTS[name]), size) == whole


@pytest.mark.parametrize("name", COMMENTS)
async def test_comments_are_paged_backwards_too(shared: Client, name: str) -> None:
    whole = await walk(shared, document(LISTS[name]), 100)
    for size in (1, 3, len(whole)):
        assert await walk_back(shared, document(LISTS[name], forward=False), size) == whole


@pytest.mark.parametrize("name", COMMENTS)
async def test_a_span_between_two_cursors_is_cut_on_both_sides(shared: Client, name: str) -> None:
    whole = await connection(shared, document(LISTS[name]), size=100)
    ids = [node["id"] for node in whole["nodes"]]
    first, last = whole["edges"][0]["cursor"], whole["edges"][-1]["cursor"]
    field = LISTS[name].replace("PAGE", f'first: 100, after: "{first}", before: "{last}"')
    between = await connection(shared, f"{{ {field} {SHOWN} }} }}")
    assert [node["id"] for node in between["nodes"]] == ids[1:-1]


async def test_newest_is_oldest_turned_round(shared: Client) -> None:
    oldest = await walk(shared, document(LISTS["comments"]), 5)
    newest = await walk(shared, document(LISTS["newest comments"]), 5)
    assert oldest == newest[::-1]


async def test_a_page_without_arguments_has_twenty(shared: Client) -> None:
    field = 'post(slug: "welcome") { comments(rootOnly: false PAGE)'
    for handle in ("ines", "jonas", "bea"):
        for _ in range(4):
            subject = (await shared.data('{ post(slug: "welcome") { id } }'))["post"]["id"]
            await write(shared, "addComment", handle, subjectId=subject, body="One more.")
    default = await connection(shared, f"{{ {field.replace('PAGE', '')} {SHOWN} }} }}")
    explicit = await connection(shared, f"{{ {field.replace('PAGE', ', first: null, last: null')} {SHOWN} }} }}")
    assert len(default["nodes"]) == len(explicit["nodes"]) == 20
    assert default["pageInfo"]["hasNextPage"]


async def test_a_page_after_the_end_is_empty(shared: Client) -> None:
    whole = await connection(shared, document(LISTS["events"]), size=100)
    beyond = await connection(shared, document(LISTS["events"]), size=5, at=whole["pageInfo"]["endCursor"])
    assert beyond["nodes"] == []
    assert beyond["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": None,
        "endCursor": None,
    }


@pytest.mark.parametrize("sort", ["NEWEST", "OLDEST", "ACTIVE", "MOST_COMMENTED"])
async def test_threads_are_walked_without_loss_or_repeat_while_others_write(shared: Client, sort: str) -> None:
    """What lay there and was left alone comes once; what moves in the order may be missed but never comes twice."""
    text = document(f"threads(PAGE, sort: {sort})")
    category = (await shared.data("{ categories { id slug } }"))["categories"][0]["id"]
    busy = (await write(shared, "createThread", "ines", categoryId=category, title="Busy", body="Talk."))["thread"][
        "id"
    ]
    before = await walk(shared, text, 100)
    seen: list[str] = []
    async for page in pages(shared, text, 3):
        seen += [node["id"] for node in page["nodes"]]
        await write(shared, "createThread", "hank", categoryId=category, title="Meanwhile", body="Also new.")
        await write(shared, "addComment", "bea", subjectId=busy, body="Meanwhile.")
        await write(shared, "addComment", "samir", subjectId=busy, body="And again.")
    assert len(seen) == len(set(seen))
    assert set(before) - {busy} <= set(seen)
    if sort in {"NEWEST", "OLDEST"}:
        assert busy in seen


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("sort", ["OLDEST", "NEWEST"])
async def test_comments_are_walked_without_loss_or_repeat_while_others_write(
    shared: Client, sort: str, forward: bool
) -> None:
    field = f'thread(slug: "what-i-miss-from-the-old-forum") {{ comments(PAGE, rootOnly: false, sort: {sort})'
    text = document(field, forward)
    subject = (await shared.data('{ thread(slug: "what-i-miss-from-the-old-forum") { id } }'))["thread"]["id"]
    before = await walk(shared, document(field), 100)
    seen: list[str] = []
    at = None
    while True:
        page = await connection(shared, text, size=3, at=at)
        seen += [node["id"] for node in page["nodes"]]
        written = await write(shared, "addComment", "delia", subjectId=subject, body="Meanwhile.")
        await write(shared, "deleteComment", "delia", id=written["comment"]["id"])
        info = page["pageInfo"]
        more = info["hasNextPage"] if forward else info["hasPreviousPage"]
        # Writers may outrun a reader of 3 at a time only if he goes towards the new ones.
        if not more or len(seen) > 60:
            break
        at = info["endCursor"] if forward else info["startCursor"]
    assert len(seen) == len(set(seen))
    assert set(before) <= set(seen)


async def around(client: Client, slug: str, comment_id: str, before: int, after: int) -> dict[str, Any]:
    data = await client.data(
        """query ($slug: String, $id: ID!, $before: Int!, $after: Int!) { post(slug: $slug) {
            commentsAround(commentId: $id, before: $before, after: $after) { nodes { id number }
                edges { cursor } liveCursor totalCount { value }
                pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }""",
        slug=slug,
        id=comment_id,
        before=before,
        after=after,
    )
    return data["post"]["commentsAround"]


@pytest.mark.parametrize("place", [0, 1, 6, -2, -1])
async def test_a_window_shows_what_lies_around_a_comment(shared: Client, place: int) -> None:
    text = document('post(slug: "her-first-ride") { comments(PAGE, rootOnly: false, sort: OLDEST)')
    whole = await walk(shared, text, 100)
    at = place % len(whole)
    for before, after in [(3, 2), (0, 0), (100, 100), (0, 4), (4, 0)]:
        window = await around(shared, "her-first-ride", whole[at], before, after)
        assert [node["id"] for node in window["nodes"]] == whole[max(0, at - before) : at + after + 1]
        assert window["pageInfo"]["hasPreviousPage"] == (at - before > 0)
        assert window["pageInfo"]["hasNextPage"] == (at + after + 1 < len(whole))
        assert window["totalCount"]["value"] == len(whole)
        assert window["liveCursor"]


async def test_a_windows_cursors_go_on_in_the_list(shared: Client) -> None:
    field = 'post(slug: "her-first-ride") { comments(PAGE, rootOnly: false, sort: OLDEST)'
    whole = await walk(shared, document(field), 100)
    window = await around(shared, "her-first-ride", whole[5], 2, 2)
    info = window["pageInfo"]
    later = await connection(shared, document(field), size=100, at=info["endCursor"])
    earlier = await connection(shared, document(field, forward=False), size=100, at=info["startCursor"])
    assert [node["id"] for node in later["nodes"]] == whole[8:]
    assert [node["id"] for node in earlier["nodes"]] == whole[:3]


@pytest.mark.parametrize(
    ("argument", "size"),
    [("before", -1), ("after", -1), ("before", 101), ("after", 101), ("before", 100_000)],
)
async def test_a_window_has_a_largest_size(shared: Client, argument: str, size: int) -> None:
    data = await shared.data('{ post(slug: "welcome") { comments(first: 1) { nodes { id } } } }')
    middle = data["post"]["comments"]["nodes"][0]["id"]
    body = await shared.ask(
        f'{{ post(slug: "welcome") {{ commentsAround(commentId: "{middle}", {argument}: {size}) {{ nodes {{ id }} }} }} }}'
    )
    assert [error["extensions"]["code"] for error in body["errors"]] == ["INVALID"]


async def test_a_window_around_a_comment_of_elsewhere_is_not_found(shared: Client) -> None:
    data = await shared.data('{ post(slug: "welcome") { comments(first: 1) { nodes { id } } } }')
    here = data["post"]["comments"]["nodes"][0]["id"]
    for comment_id in (here, to_global("Comment", 2**60)):
        body = await shared.ask(
            f'{{ post(slug: "her-first-ride") {{ commentsAround(commentId: "{comment_id}") {{ nodes {{ id }} }} }} }}'
        )
        assert [error["extensions"]["code"] for error in body["errors"]] == ["NOT_FOUND"]


BAD_PAGES = [
    *("first: 0", "first: -1", "first: 101", "first: 100000"),
    *(f'after: "{garbage}"' for garbage in ("", "garbage", "!!!", "W10", "bnVsbA", "WzEsMiwzLDRd", "A" * 5_000)),
    'after: "WyIyMDIwLTAxLTAxVDAwOjAwOjAwLjAwMFoiLCAiMSJd"',
]


@pytest.mark.parametrize("field", ["threads", "posts", "clubs", "events", 'user(handle: "ines") { rsvps'])
async def test_a_bad_page_is_refused_without_a_word_of_the_inside(shared: Client, field: str) -> None:
    closing = " }" * field.count("{ ")
    for page in BAD_PAGES:
        body = await shared.ask(f"{{ {field}({page}) {{ nodes {{ id }} }}{closing} }}")
        (error,) = body["errors"]
        assert error["extensions"]["code"] == "INVALID", page
        assert error["extensions"]["argument"] == page.partition(":")[0]
        assert error["message"].startswith(("`first` is 1 to 100.", "This is no cursor of this list: give one"))


@pytest.mark.parametrize(
    ("page", "argument"),
    [
        ("first: 5, last: 5", "last"),
        ("last: 0", "last"),
        ("last: -5", "last"),
        ("last: 101", "last"),
        ('before: "x"', "before"),
        ('last: 3, before: "W10"', "before"),
    ],
)
async def test_a_bad_page_of_comments_is_refused(shared: Client, page: str, argument: str) -> None:
    body = await shared.ask(f'{{ post(slug: "welcome") {{ comments({page}) {{ nodes {{ id }} }} }} }}')
    assert [error["extensions"]["code"] for error in body["errors"]] == ["INVALID"]
    assert body["errors"][0]["extensions"]["argument"] == argument


@pytest.mark.parametrize(
    ("giver", "taker"), [("clubs", "posts"), ("clubs", "threads"), ("events", "comments"), ("comments", "events")]
)
async def test_a_cursor_of_a_list_in_another_order_is_refused(shared: Client, giver: str, taker: str) -> None:
    page = await connection(shared, document(LISTS[giver]), size=1)
    body = await shared.ask(document(LISTS[taker]), size=1, at=page["edges"][0]["cursor"])
    assert [error["extensions"]["code"] for error in body["errors"]] == ["INVALID"]


@pytest.mark.parametrize(("field", "argument"), [("nodes", "ids"), ("commentCounts", "subjectIds")])
async def test_a_hundred_ids_are_taken_and_no_more(shared: Client, field: str, argument: str) -> None:
    document = f"query ($ids: [ID!]!) {{ {field}({argument}: $ids) {{ __typename }} }}"
    assert await shared.data(document, ids=[to_global("Post", 2**61 + n) for n in range(100)])
    body = await shared.ask(document, ids=[to_global("Post", 2**61 + n) for n in range(101)])
    assert [error["extensions"]["code"] for error in body["errors"]] == ["TOO_LONG"]
    assert await shared.data(document, ids=[]) == {field: []}
