"""The five nouns over the demo community: any nesting, unions, filters, counts."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.graph.ids import to_global
from hub.store.instants import now, to_text
from hub.version import VERSION
from tests.client import Client
from tests.mutations import row_id

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_every_noun_reaches_every_other(shared: Client) -> None:
    data = await shared.data("""{ user(handle: "jonas") { clubs(first: 2) { nodes { club { slug
        events(first: 3) { nodes { slug club { slug } rsvps(first: 3) { nodes { event { slug } user { handle
            comments(first: 2) { nodes { author { handle } subject {
                ... on Post { slug comments(first: 1) { nodes { author { handle } } } }
                ... on Thread { slug category { threads(first: 1) { nodes { author { handle } } } } }
                ... on Event { slug hosts { clubs(first: 1) { nodes { user { handle } } } } } } } } } } } } } } } } } }""")
    memberships = data["user"]["clubs"]["nodes"]
    assert [membership["club"]["slug"] for membership in memberships] == ["lone-star-owners", "spree-isar-owners"]
    seen: set[str] = set()
    for membership in memberships:
        for event in membership["club"]["events"]["nodes"]:
            assert event["club"]["slug"] == membership["club"]["slug"]
            for rsvp in event["rsvps"]["nodes"]:
                assert rsvp["event"]["slug"] == event["slug"]
                for comment in rsvp["user"]["comments"]["nodes"]:
                    assert comment["author"]["handle"] == rsvp["user"]["handle"]
                    seen.update(comment["subject"])
    assert {"slug", "comments", "category", "hosts"} <= set(seen)


async def test_a_comment_knows_its_place_in_the_tree(shared: Client) -> None:
    data = await shared.data("""{ event(slug: "lincoln-capitol-day") { comments { nodes { id depth replyCount parent { id }
        root { id } ancestors { id } replies { totalCount { value } nodes { id depth parent { id } root { id }
            replies { nodes { id depth parent { id } root { id } ancestors { id depth } subject { ... on Event { slug } }
        } } } } } } } }""")
    top = data["event"]["comments"]["nodes"][0]
    middle = top["replies"]["nodes"][0]
    leaf = middle["replies"]["nodes"][0]
    assert (top["depth"], top["parent"], top["root"], top["ancestors"]) == (0, None, None, [])
    assert top["replyCount"] == top["replies"]["totalCount"]["value"] == len(top["replies"]["nodes"])
    assert (middle["depth"], middle["parent"], middle["root"]) == (1, {"id": top["id"]}, {"id": top["id"]})
    assert (leaf["depth"], leaf["parent"], leaf["root"]) == (2, {"id": middle["id"]}, {"id": top["id"]})
    assert leaf["ancestors"] == [{"id": top["id"], "depth": 0}, {"id": middle["id"], "depth": 1}]
    assert leaf["subject"] == {"slug": "lincoln-capitol-day"}


async def test_a_frozen_thread_says_where_talk_goes_on(shared: Client) -> None:
    data = await shared.data("""{ threads(first: 100, filter: {archived: true}) { nodes { slug
        commenting { mode closesAt editWindowSeconds maxDepth minLength maxLength }
        archive { archivedAt reason banner successor { __typename ... on Post { slug } ... on Club { slug }
            ... on Thread { slug } ... on Event { slug } } } } } }""")
    threads = {thread["slug"]: thread for thread in data["threads"]["nodes"]}
    assert len(threads) == 10
    kinds = Counter(thread["archive"]["successor"]["__typename"] for thread in threads.values())
    assert set(kinds) == {"Post", "Club"}
    old = threads["buying-in-nebraska"]
    assert old["archive"]["successor"] == {"__typename": "Post", "slug": "nebraska-take-action"}
    assert old["archive"]["archivedAt"] == "2020-02-01T00:00:00.000Z"
    assert old["commenting"] == {
        "mode": "ARCHIVED",
        "closesAt": None,
        "editWindowSeconds": 3_600,
        "maxDepth": 32,
        "minLength": 1,
        "maxLength": 20_000,
    }


async def test_an_open_thread_has_no_archive(shared: Client) -> None:
    data = await shared.data(
        "{ threads(filter: {archived: false}) { nodes { archive { reason } commenting { mode } } } }"
    )
    assert data["threads"]["nodes"] == [{"archive": None, "commenting": {"mode": "OPEN"}}] * 3


@pytest.mark.parametrize(("handle", "reacted"), [("grace", True), ("yuki", False), (None, False)])
async def test_a_tally_says_whether_the_viewer_is_one_of_them(
    shared: Client, handle: str | None, reacted: bool
) -> None:
    data = await shared.data(
        """{ event(slug: "lincoln-capitol-day") { comments { nodes {
            reactions { kind count viewerReacted } } } } }""",
        handle,
    )
    assert data["event"]["comments"]["nodes"][0]["reactions"] == [
        {"kind": "like", "count": 1, "viewerReacted": reacted}
    ]


async def test_threads_are_filtered_by_all_that_is_given(shared: Client) -> None:
    ids = await shared.data("""{ user(handle: "grace") { id } categories { id slug }
        threads(first: 100) { nodes { slug lastActivityAt author { handle } category { slug } } } }""")
    threads = ids["threads"]["nodes"]
    parking = next(category["id"] for category in ids["categories"] if category["slug"] == "parking-lot")
    document = "query ($filter: ThreadFilter) { threads(first: 100, filter: $filter) { nodes { slug } } }"

    async def found(**given: Any) -> set[str]:
        data = await shared.data(document, filter=given)
        return {thread["slug"] for thread in data["threads"]["nodes"]}

    in_parking = {thread["slug"] for thread in threads if thread["category"]["slug"] == "parking-lot"}
    by_grace = {thread["slug"] for thread in threads if thread["author"]["handle"] == "grace"}
    assert await found(categoryId=parking) == in_parking
    assert await found(authorId=ids["user"]["id"]) == by_grace == {"buying-in-nebraska"}
    assert await found(categoryId=parking, archived=False) == set()
    assert len(await found()) == len(threads) == 13
    newest = threads[2]["lastActivityAt"]
    assert await found(updatedSince=newest) == {thread["slug"] for thread in threads[:3]}
    later = to_text(datetime.fromisoformat(newest) + timedelta(milliseconds=1))
    assert await found(updatedSince=later) == {thread["slug"] for thread in threads[:2]}


@pytest.mark.parametrize(
    ("sort", "field", "falling"),
    [
        ("ACTIVE", "lastActivityAt", True),
        ("NEWEST", "createdAt", True),
        ("OLDEST", "createdAt", False),
        ("MOST_COMMENTED", "commentCount", True),
    ],
)
async def test_threads_and_those_of_a_category_are_sorted(shared: Client, sort: str, field: str, falling: bool) -> None:
    shown = "nodes { lastActivityAt createdAt commentCount { value } }"
    data = await shared.data(f"""{{ threads(first: 100, sort: {sort}) {{ {shown} }}
        categories {{ threads(first: 100, sort: {sort}) {{ {shown} }} threadCount {{ value }} }} }}""")
    for connection in [data["threads"], *(category["threads"] for category in data["categories"])]:
        values = [node[field] for node in connection["nodes"]]
        ordered = [value["value"] if isinstance(value, dict) else value for value in values]
        assert ordered == sorted(ordered, reverse=falling)
        assert len(ordered) > 1
    counts = [(len(c["threads"]["nodes"]), c["threadCount"]["value"]) for c in data["categories"]]
    assert all(listed == counted for listed, counted in counts)


async def test_a_category_lists_its_open_or_its_frozen_threads(shared: Client) -> None:
    data = await shared.data("""{ categories { slug frozen: threads(archived: true) { nodes { slug } }
        open: threads(archived: false) { nodes { slug } } all: threads { nodes { slug } } } }""")
    for category in data["categories"]:
        assert len(category["frozen"]["nodes"]) + len(category["open"]["nodes"]) == len(category["all"]["nodes"])
        assert bool(category["open"]["nodes"]) == (category["slug"] == "hub-talk")


async def test_categories_come_in_order_with_their_freeze(shared: Client) -> None:
    data = await shared.data("{ categories { slug position parent { slug } archive { archivedAt } } }")
    shown = [(category["slug"], bool(category["archive"])) for category in data["categories"]]
    assert shown == [
        ("hub-talk", False),
        ("range-and-charging", True),
        ("on-the-road", True),
        ("workshop", True),
        ("parking-lot", True),
    ]
    assert [category["position"] for category in data["categories"]] == [0, 1, 2, 3, 4]


async def test_posts_are_filtered_by_kind_club_and_time(shared: Client) -> None:
    ids = await shared.data('{ club(slug: "nebraska-plains-owners") { id posts { nodes { slug } } } }')
    document = "query ($filter: PostFilter) { posts(first: 100, filter: $filter) { nodes { slug publishedAt kind } } }"

    async def found(**given: Any) -> list[str]:
        return [post["slug"] for post in (await shared.data(document, filter=given))["posts"]["nodes"]]

    of_club = await found(clubId=ids["club"]["id"])
    assert of_club == ["club-events-ahead", "nebraska-take-action", "write-to-your-senator", "welcome"]
    assert of_club == [post["slug"] for post in ids["club"]["posts"]["nodes"]]
    told = ["where-should-we-charge-next", "her-first-ride", "tell-your-first-ride"]
    assert await found(kinds=["STORY", "QUESTION"]) == told
    assert await found(kinds=[]) == []
    assert await found(kinds=["ANNOUNCEMENT"], publishedSince="2021-01-01T00:00:00Z") == ["club-events-ahead"]
    assert await found(kinds=["STORY"], clubId=ids["club"]["id"]) == []


async def test_events_are_filtered_by_window_and_club(shared: Client) -> None:
    ids = await shared.data("""{ club(slug: "lone-star-owners") { id events(first: 100) { nodes { slug } } }
        events(first: 100) { nodes { slug startsAt } } }""")
    every = ids["events"]["nodes"]
    document = "query ($filter: EventFilter) { events(first: 100, filter: $filter) { nodes { slug } } }"

    async def found(**given: Any) -> list[str]:
        return [event["slug"] for event in (await shared.data(document, filter=given))["events"]["nodes"]]

    third, sixth = every[2]["startsAt"], every[5]["startsAt"]
    assert await found(window={"from": third}) == [event["slug"] for event in every[2:]]
    assert await found(window={"to": third}) == [event["slug"] for event in every[:2]]
    assert await found(window={"from": third, "to": sixth}) == [event["slug"] for event in every[2:5]]
    of_club = await found(clubId=ids["club"]["id"])
    assert of_club == [event["slug"] for event in ids["club"]["events"]["nodes"]]
    assert len(of_club) == 3
    coming = await found(clubId=ids["club"]["id"], window={"from": to_text(now())})
    assert set(coming) < set(of_club)


async def test_times_are_taken_in_any_offset(shared: Client) -> None:
    document = "query ($from: DateTime!) { events(filter: {window: {from: $from}}) { nodes { slug } } }"
    utc = await shared.data(document, **{"from": "2026-12-01T00:00:00Z"})
    offset = await shared.data(document, **{"from": "2026-11-30T18:00:00-06:00"})
    assert utc == offset


async def test_clubs_come_by_name_and_region(shared: Client) -> None:
    data = await shared.data('{ clubs { nodes { name region } } texas: clubs(region: "Texas") { nodes { slug } } }')
    names = [club["name"] for club in data["clubs"]["nodes"]]
    assert names == sorted(names)
    assert len(names) == 5
    assert data["texas"]["nodes"] == [{"slug": "lone-star-owners"}]


async def test_members_are_counted_and_filtered_by_role(shared: Client) -> None:
    data = await shared.data("""{ club(slug: "lone-star-owners") { memberCount { value precision }
        members(first: 100) { totalCount { value } nodes { role status club { slug } user { handle } } }
        owners: members(role: OWNER) { totalCount { value } nodes { user { handle } } } } }""")
    club = data["club"]
    assert club["memberCount"] == {"value": 7, "precision": "EXACT"}
    assert club["members"]["totalCount"]["value"] == len(club["members"]["nodes"]) == 7
    assert {member["status"] for member in club["members"]["nodes"]} == {"ACTIVE"}
    assert club["owners"]["nodes"] == [{"user": {"handle": "delia"}}]


async def test_a_total_is_the_length_of_the_list_or_null(shared: Client) -> None:
    data = await shared.data("""{ post(slug: "welcome") { commentCount { value }
        all: comments(first: 100, rootOnly: false) { totalCount { value } nodes { id replyCount
            replies(first: 100) { totalCount { value } nodes { id } } } }
        roots: comments(first: 100) { totalCount { value } nodes { id } } }
        club(slug: "lone-star-owners") { owners: members(role: OWNER) { totalCount { value } } }
        posts { totalCount { value } } }""")
    post = data["post"]
    assert post["all"]["totalCount"] == post["commentCount"] == {"value": len(post["all"]["nodes"])}
    for comment in post["all"]["nodes"]:
        assert comment["replies"]["totalCount"] == {"value": comment["replyCount"]}
        assert comment["replyCount"] == len(comment["replies"]["nodes"])
    assert len(post["roots"]["nodes"]) < len(post["all"]["nodes"])
    assert post["roots"]["totalCount"] is None
    assert data["club"]["owners"]["totalCount"] is None
    assert data["posts"]["totalCount"] is None


async def test_answers_to_an_event_are_filtered_by_status(shared: Client) -> None:
    data = await shared.data("""{ event(slug: "lincoln-capitol-day") { counts { going guests maybe declined }
        capacity seatsLeft going: rsvps(status: GOING) { nodes { status guests } }
        maybe: rsvps(status: MAYBE) { nodes { status } } declined: rsvps(status: DECLINED) { nodes { status } } } }""")
    event = data["event"]
    assert event["counts"]["going"] == len(event["going"]["nodes"]) == 5
    assert event["counts"]["guests"] == sum(rsvp["guests"] for rsvp in event["going"]["nodes"])
    assert event["counts"]["maybe"] == len(event["maybe"]["nodes"]) == 2
    assert event["declined"]["nodes"] == []
    assert event["seatsLeft"] == event["capacity"] - event["counts"]["going"] - event["counts"]["guests"]


async def test_comment_counts_of_many_subjects_take_one_statement(shared: Client) -> None:
    data = await shared.data("""{ threads { nodes { id commentCount { value } lastActivityAt } }
        posts { nodes { id commentCount { value } } } events { nodes { id commentCount { value } } } }""")
    counts = {node["id"]: node["commentCount"] for nouns in data.values() for node in nouns["nodes"]}
    async with shared.backend.database.watching() as log:
        answer = await shared.data(
            "query ($ids: [ID!]!) { commentCounts(subjectIds: $ids) { subjectId count { value } lastActivityAt } }",
            ids=list(counts),
        )
    assert len(log.statements) == 1
    assert {one["subjectId"]: one["count"] for one in answer["commentCounts"]} == counts
    active = {node["id"]: node["lastActivityAt"] for node in data["threads"]["nodes"]}
    shown = {one["subjectId"]: one["lastActivityAt"] for one in answer["commentCounts"]}
    assert active.items() <= shown.items()


async def test_a_count_is_found_under_its_own_noun_only(shared: Client) -> None:
    data = await shared.data('{ post(slug: "welcome") { id } }')
    post = data["post"]["id"]
    ids = [to_global("Thread", row_id(post)), post, to_global("Event", row_id(post))]
    answer = await shared.data("query ($ids: [ID!]!) { commentCounts(subjectIds: $ids) { subjectId } }", ids=ids)
    assert answer["commentCounts"] == [{"subjectId": post}]


async def test_the_status_touches_no_database(shared: Client) -> None:
    await shared.caller(None)
    async with shared.backend.database.watching() as log:
        data = await shared.data("{ status { mode reads writes live suggestedPollMs version } }")
    assert log.statements == []
    assert data["status"] == {
        "mode": "NORMAL",
        "reads": True,
        "writes": True,
        "live": True,
        "suggestedPollMs": 250,
        "version": VERSION,
    }


async def test_the_viewer_is_who_asks(shared: Client) -> None:
    document = "{ viewer { user { handle role status } email locale timeZone } }"
    assert await shared.data(document) == {"viewer": None}
    assert await shared.data(document, "mara") == {
        "viewer": {
            "user": {"handle": "mara", "role": "POLICY_TEAM", "status": "ACTIVE"},
            "email": None,
            "locale": "en",
            "timeZone": "UTC",
        }
    }


async def test_the_viewers_own_membership_and_answer_show(shared: Client) -> None:
    document = """{ club(slug: "nebraska-plains-owners") { viewerMembership { role user { handle } } }
        event(slug: "lincoln-capitol-day") { viewerRsvp { status user { handle } } } }"""
    assert await shared.data(document) == {"club": {"viewerMembership": None}, "event": {"viewerRsvp": None}}
    data = await shared.data(document, "hank")
    assert data["club"]["viewerMembership"] == {"role": "OWNER", "user": {"handle": "hank"}}
    assert data["event"]["viewerRsvp"] == {"status": "GOING", "user": {"handle": "hank"}}
    assert await shared.data(document, "yuki") == {"club": {"viewerMembership": None}, "event": {"viewerRsvp": None}}


async def test_a_body_has_three_forms(shared: Client) -> None:
    data = await shared.data("""{ post(slug: "welcome") { body { source html short: excerpt(chars: 20)
        excerpt one: excerpt(chars: 0) long: excerpt(chars: 100000) } } }""")
    body = data["post"]["body"]
    assert body["html"].startswith("<")
    assert 0 < len(body["one"]) <= len(body["short"]) <= 21 < len(body["excerpt"]) <= 201 < len(body["long"]) <= 501
    assert "<" not in body["long"]


async def test_times_are_utc_with_milliseconds(shared: Client) -> None:
    data = await shared.data('{ post(slug: "welcome") { publishedAt commentCount { asOf } } }')
    assert data["post"]["publishedAt"] == "2020-01-15T16:00:00.000Z"
    as_of = datetime.fromisoformat(data["post"]["commentCount"]["asOf"])
    assert timedelta(0) <= datetime.now(UTC) - as_of < timedelta(seconds=5)
