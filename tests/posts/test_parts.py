"""What hangs on a post: updates and who is told of them, answers, languages, revisions, its place in the feed."""

import uuid
from typing import Any

import pytest

from hub.posts.loaders import posts_by_id
from hub.posts.rules import ensure_locale
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import NOBODY, Standing, Viewer
from hub.store.loaders import Page
from hub.store.reader import Reader
from hub.text.diffing import diff_of
from tests.client import Client
from tests.mutations import refused, row_id, write
from tests.notifications.told import inbox
from tests.posts.test_stages import ahead, at, come

TEXT = {"kind": "UPDATE", "title": "Again", "body": "One\n\nTwo"}


async def club(client: Client, slug: str) -> str:
    return (await client.data("query ($slug: String) { club(slug: $slug) { id } }", slug=slug))["club"]["id"]


async def person(client: Client, handle: str) -> str:
    return (await client.data("query ($h: String!) { user(handle: $h) { id } }", h=handle))["user"]["id"]


async def kinds(client: Client, handle: str) -> list[tuple[str, int]]:
    viewer = await inbox(client, handle)
    return [(node["kind"], node["count"]) for node in viewer["notifications"]["nodes"]]


async def test_who_follows_an_author_and_a_club_is_told_once_of_a_new_post(client: Client):
    address = await club(client, "lone-star-owners")
    for target in (await person(client, "mara"), address):
        await write(client, "follow", "ines", targetId=target, level="ALL")
    await at(client, "SCHEDULED", clubIds=[address])
    assert await kinds(client, "ines") == []
    await at(client, "PUBLISHED", clubIds=[address])
    assert await kinds(client, "ines") == [("POST_PUBLISHED", 1)]
    assert await kinds(client, "theo") == []


async def test_nobody_is_told_of_a_post_that_they_do_not_see(client: Client):
    address = await club(client, "lone-star-owners")
    await write(client, "follow", "ines", targetId=await person(client, "mara"), level="ALL")
    await at(client, "PUBLISHED", clubIds=[address], visibility="CLUB")
    assert await kinds(client, "ines") == []


@pytest.mark.parametrize("notify", [True, False])
async def test_an_update_is_told_to_those_whom_it_concerns_if_wished(client: Client, notify: bool):
    post = await at(client, "PUBLISHED")
    await write(client, "follow", "ines", targetId=post, level="ALL")
    key = uuid.uuid4().hex
    given = {"postId": post, "body": "It *works*.", "notifyParticipants": notify, "idempotencyKey": key}
    first = await write(client, "addPostUpdate", "mara", **given)
    again = await write(client, "addPostUpdate", "mara", **given)
    assert (first["replayed"], again["replayed"], len(again["post"]["updates"])) == (False, True, 1)
    assert first["post"]["updates"][0]["notifiedParticipants"] is notify
    assert await kinds(client, "ines") == ([("POST_UPDATE", 1)] if notify else [])


async def test_an_official_answer_stands_below_the_post_with_its_outcome(client: Client):
    post = await at(client, "PUBLISHED")
    given = {"postId": post, "from": "The county", "body": "We will.", "outcome": "Granted"}
    shown = (await write(client, "addOfficialResponse", "mara", **given))["post"]["responses"]
    assert [(one["from"], one["outcome"], one["body"]["source"]) for one in shown] == [
        ("The county", "Granted", "We will.")
    ]


@pytest.mark.parametrize("name", ["addPostUpdate", "addOfficialResponse"])
async def test_a_draft_is_not_appended_to(client: Client, name: str):
    more = {"from": "The county"} if name == "addOfficialResponse" else {}
    error = await refused(client, name, "mara", postId=await at(client, "DRAFT"), body="x", **more)
    assert (error["code"], error["path"]) == ("INVALID", ["input", "postId"])


@pytest.mark.parametrize(
    ("wished", "shown"),
    [("de", "de"), ("de-AT", "de"), ("pt", "pt-BR"), ("PT-br", "pt-BR"), ("fr", "en"), (None, "es")],
)
async def test_a_text_comes_in_the_language_that_fits_best(client: Client, wished: str | None, shown: str):
    post = await at(client, "PUBLISHED")
    for locale in ("de", "pt-br", "es"):
        await write(client, "translatePost", "mara", postId=post, locale=locale, title=locale, body="x")
    await client.backend.database.write(
        "update accounts set locale = 'es' where id = (select id from users where handle = 'ines')"
    )
    asked = "query ($id: ID!, $l: Locale) { post(id: $id) { text(locale: $l) { locale title } } }"
    assert (await client.data(asked, "ines", id=post, l=wished))["post"]["text"]["locale"] == shown


async def test_a_translation_given_anew_takes_the_place_of_the_old_one(client: Client):
    post = await at(client, "PUBLISHED")
    for title in ("Alt", "Neu"):
        payload = await write(client, "translatePost", "mara", postId=post, locale="de", title=title, body="x")
    assert [one["title"] for one in payload["post"]["translations"]] == ["Neu"]
    own = await refused(client, "translatePost", "mara", postId=post, locale="en", title="x", body="x")
    assert (own["code"], own["path"]) == ("INVALID", ["input", "locale"])


REVISIONS = "query ($id: ID!) { post(id: $id) { version revisions { nodes { title diff reason editor { handle } } } } }"


async def test_what_a_draft_said_before_it_was_published_only_the_team_reads(client: Client):
    post = await at(client, "DRAFT")
    await write(client, "savePost", "theo", **{**TEXT, "title": "Secret"}, id=post, expectedVersion=1)
    await write(client, "savePost", "mara", **TEXT, id=post, expectedVersion=2)
    await write(client, "publishPost", "mara", id=post)
    changed = {**TEXT, "body": "One\n\nThree", "reason": "A typo"}
    await write(client, "savePost", "mara", **changed, id=post, expectedVersion=4)
    shown = (await client.data(REVISIONS, None, id=post))["post"]["revisions"]["nodes"]
    assert [(one["title"], one["reason"]) for one in shown] == [("Again", "A typo"), ("Again", None)]
    assert "-Two\n+Three" in shown[0]["diff"]
    assert shown[1]["diff"] is None
    assert "Secret" not in str(shown)
    assert len((await client.data(REVISIONS, "mara", id=post))["post"]["revisions"]["nodes"]) == 4


def test_a_diff_of_very_different_texts_is_quick_and_complete():
    before, after = ("\n".join(f"{word} {n}" for n in range(20_000)) for word in ("old", "new"))
    diff = diff_of(before, after).splitlines()
    assert (diff[0], len(diff)) == ("@@ -1,20000 +1,20000 @@", 40_001)
    assert diff_of(before, before) == ""


@pytest.mark.parametrize(
    "url", ["http://a.example/x.jpg", "https://", "javascript:alert(1)", "https://u:p@a.example/x"]
)
async def test_the_address_of_a_picture_is_looked_at(client: Client, url: str):
    error = await refused(client, "savePost", "mara", **TEXT, hero={"url": url, "alt": "A car"})
    assert (error["code"], error["path"]) == ("INVALID", ["input", "hero", "url"])


FEED = "query ($after: String, $region: String) { homeFeed(first: 3, after: $after, region: $region) {\
    nodes { id } pageInfo { endCursor hasNextPage } } }"


async def feed(client: Client, handle: str | None = None, region: str | None = None) -> list[str]:
    found: list[str] = []
    after: str | None = None
    while True:
        page = (await client.data(FEED, handle, after=after, region=region))["homeFeed"]
        found += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def test_the_home_feed_has_pinned_posts_first_and_each_once(client: Client):
    old = await at(client, "PUBLISHED")
    new = await at(client, "PUBLISHED")
    assert (await write(client, "pinPost", "mara", id=old, on=True))["post"]["pinned"] is True
    shown = await feed(client)
    assert shown.index(old) < shown.index(new)
    assert len(shown) == len(set(shown))
    await write(client, "movePost", "mara", id=old, to="CLOSED")
    assert old not in await feed(client)


async def test_the_home_feed_shows_what_addresses_the_viewers_clubs_and_region(client: Client):
    ours = await at(client, "PUBLISHED", clubIds=[await club(client, "lone-star-owners")], regions=["TX"])
    theirs = await at(client, "PUBLISHED", clubIds=[await club(client, "cascadia-current")])
    shown = await feed(client, "bea")
    assert (ours in shown, theirs in shown) == (True, False)
    assert {ours, theirs} <= set(await feed(client, None))
    assert ours not in await feed(client, "bea", region="NE")
    assert ours in await feed(client, "bea", region="TX")


async def test_an_announcement_leaves_the_home_feed_at_its_end(client: Client):
    post = await at(client, "PUBLISHED", closesAt=ahead(days=2))
    assert post in await feed(client)
    await come(client.backend, "closes_at", post)
    assert post not in await feed(client)


async def test_what_is_archived_is_not_translated_and_only_what_is_published_is_pinned(client: Client):
    for stage, code in (("DRAFT", "INVALID"), ("ARCHIVED", "ARCHIVED")):
        assert (await refused(client, "pinPost", "mara", id=await at(client, stage), on=True))["code"] == code
    asked = {"postId": await at(client, "ARCHIVED"), "locale": "de", "title": "x", "body": "x"}
    assert (await refused(client, "translatePost", "mara", **asked))["code"] == "ARCHIVED"


@pytest.mark.parametrize("tag", ["german german", "de_AT", "de-", "12"])
def test_what_is_no_language_tag_is_refused(tag: str):
    with pytest.raises(Refusal) as caught:
        ensure_locale(tag)
    assert caught.value.code is ErrorCode.INVALID


async def test_a_topic_lists_what_is_published_about_it(client: Client):
    topic = (await write(client, "createTopic", "mara", name="Charging at home"))["topic"]["id"]
    posts = {stage: await at(client, stage, topicId=topic) for stage in ("DRAFT", "PUBLISHED", "CLOSED")}
    asked = "query ($id: ID!) { node(id: $id) { ... on Topic { posts { nodes { id } } } } }"
    for handle in (None, "mara"):
        found = (await client.data(asked, handle, id=topic))["node"]["posts"]["nodes"]
        assert [one["id"] for one in found] == [posts["CLOSED"], posts["PUBLISHED"]]


async def test_posts_are_found_by_topic_region_and_tags(client: Client):
    topic = (await write(client, "createTopic", "mara", name="Charging at home"))["topic"]["id"]
    given: dict[str, Any] = {"topicId": topic, "regions": ["WA"], "tags": ["a", "b"]}
    post = await at(client, "PUBLISHED", **given)
    asked = "query ($f: PostFilter) { posts(first: 100, filter: $f) { nodes { id } } }"
    for wanted, there in (
        ({"topicId": topic}, True),
        ({"region": "WA"}, True),
        ({"region": "W"}, False),
        ({"tags": ["a", "b"]}, True),
        ({"tags": ["a", "c"]}, False),
    ):
        found = (await client.data(asked, None, f=wanted))["posts"]["nodes"]
        assert ({"id": post} in found) is there, wanted


async def test_a_walk_over_all_posts_meets_what_is_published_only(client: Client):
    ids = {stage: row_id(await at(client, stage)) for stage in ("DRAFT", "PUBLISHED")}
    for viewer in (NOBODY, Viewer(user_id=1, standing=Standing.POLICY_TEAM)):
        found = await Reader(client.backend.database, viewer).many(posts_by_id, None, Page(1_000))
        met = {post["id"] for post in found.rows}
        assert met & set(ids.values()) == {ids["PUBLISHED"]}
