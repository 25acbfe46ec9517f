"""Atom and JSON Feed, read by a reader of feeds."""

from typing import Any

import feedparser
import httpx2
import pytest
from lxml import etree

from tests.client import Client
from tests.mutations import row_id, write
from tests.web.sharing.conftest import HERE, HOME, hidden, posted

ATOM = "{http://www.w3.org/2005/Atom}"


async def atom(site: httpx2.AsyncClient, address: str = "/feeds/posts.atom", **asked: str) -> Any:
    answer = await site.get(address, params=asked or None)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/atom+xml")
    etree.fromstring(answer.content)
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    return feed


async def test_a_reader_gets_the_newest_posts_with_all_their_words(sharing: Client, site: httpx2.AsyncClient):
    topic = (await write(sharing, "createTopic", "mara", name="Winter range"))["topic"]["id"]
    post = await posted(sharing, "Winter & <larks>", summary="In short.", tags=["snow"], topicId=topic, locale="de")
    feed = await atom(site)
    assert (feed.version, feed.feed.title, feed.feed.link) == ("atom10", "Larks & Friends", HOME)
    entry = feed.entries[0]
    assert (entry.title, entry.link) == ("Winter & <larks>", f"{HOME}/posts/{post['slug']}")
    assert (entry.summary, entry.content[0].type, entry.content[0].language) == ("In short.", "text/html", "de")
    assert "<strong>bold</strong>" in entry.content[0].value
    assert [tag.term for tag in entry.tags] == ["Winter range", "snow"]
    assert [author.name for author in entry.authors] == ["Mara Lindqvist"] or entry.authors[0].name
    assert feed.feed.updated >= entry.updated >= entry.published
    query = "{ posts(first: 20) { nodes { url title } } }"
    listed = (await sharing.data(query))["posts"]["nodes"]
    assert [(one.link, one.title) for one in feed.entries] == [(one["url"], one["title"]) for one in listed]


async def test_both_feeds_say_the_same(sharing: Client, site: httpx2.AsyncClient):
    await posted(sharing, "Winter", hero={"url": "https://pictures.example/lark.jpg", "alt": "A lark"})
    feed = await atom(site)
    answer = await site.get("/feeds/posts.json")
    assert answer.headers["content-type"] == "application/feed+json"
    told = answer.json()
    assert (told["version"], told["feed_url"]) == ("https://jsonfeed.org/version/1.1", f"{HERE}/feeds/posts.json")
    same = [
        (entry.id, entry.link, entry.title, entry.published, entry.updated, entry.summary, entry.content[0].value)
        for entry in feed.entries
    ]
    names = ("id", "url", "title", "date_published", "date_modified", "summary", "content_html")
    assert [tuple(item[name].strip() for name in names) for item in told["items"]] == same
    assert told["items"][0]["image"] == "https://pictures.example/lark.jpg"
    assert all(item["authors"] and item["language"] for item in told["items"])


async def test_feeds_hold_what_everybody_finds_and_nothing_else(sharing: Client, site: httpx2.AsyncClient):
    await hidden(sharing, "Hidden")
    await posted(sharing, "Open")
    for titles in (
        [entry.title for entry in (await atom(site)).entries],
        [item["title"] for item in (await site.get("/feeds/posts.json")).json()["items"]],
    ):
        assert titles[0] == "Open"
        assert not [title for title in titles if title.startswith("Hidden")]


async def test_a_feed_goes_on_behind_its_last_post(sharing: Client, site: httpx2.AsyncClient):
    for n in range(25):
        await posted(sharing, f"Post {n}")
    ids: list[str] = []
    address: str | None = f"{HERE}/feeds/posts.atom"
    while address is not None:
        feed = await atom(site, address)
        ids += [entry.id for entry in feed.entries]
        following = {link.rel: link.href for link in feed.feed.links}
        assert following["self"] == address
        address = following.get("next")
    address, told = f"{HERE}/feeds/posts.json", []
    while address is not None:
        page = (await site.get(address)).json()
        told += [item["id"] for item in page["items"]]
        address = page.get("next_url")
    assert told == ids
    assert len(set(ids)) == len(ids) == 25 + 12


async def test_a_club_and_a_topic_have_feeds_of_their_own(sharing: Client, site: httpx2.AsyncClient):
    topic = (await write(sharing, "createTopic", "mara", name="Winter range", slug="winter-range"))["topic"]["id"]
    club = (await sharing.data('{ club(slug: "lone-star-owners") { id } }'))["club"]["id"]
    await posted(sharing, "Of both", topicId=topic, clubIds=[club])
    await posted(sharing, "Of the topic", topicId=topic)
    assert [one.title for one in (await atom(site, topic="winter-range")).entries] == ["Of the topic", "Of both"]
    of_club = await atom(site, club="lone-star-owners")
    assert of_club.entries[0].title == "Of both"
    assert "Of the topic" not in [one.title for one in of_club.entries]
    assert [one.title for one in (await atom(site, club="lone-star-owners", topic="winter-range")).entries] == [
        "Of both"
    ]


async def test_a_hidden_club_has_no_feed(sharing: Client, site: httpx2.AsyncClient):
    club = (await sharing.data('{ club(slug: "lone-star-owners") { id } }'))["club"]["id"]
    await sharing.backend.database.write("update clubs set visibility = 'CLUB' where id = :id", {"id": row_id(club)})
    assert (await site.get("/feeds/posts.atom", params={"club": "lone-star-owners"})).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"after": "x"}, 400),
        ({"after": "\0"}, 400),
        ({"after": "WzEwXQ=="}, 400),
        ({"club": "nothing-here"}, 404),
        ({"club": "\0"}, 404),
        ({"topic": "' or 1=1"}, 404),
        ({"topic": ""}, 404),
        ({"first": "1000000"}, 200),
    ],
)
@pytest.mark.parametrize("kind", ["atom", "json"])
async def test_no_question_is_a_fault_of_ours(site: httpx2.AsyncClient, kind: str, asked: dict[str, str], status: int):
    assert (await site.get(f"/feeds/posts.{kind}", params=asked)).status_code == status


async def test_signs_that_xml_cannot_write_do_not_break_the_feed(sharing: Client, site: httpx2.AsyncClient):
    post = await posted(sharing, "Odd")
    await sharing.backend.database.write(
        "update posts set title = :title where id = :id", {"title": "Odd \x0b\x1f\ufffe one", "id": row_id(post["id"])}
    )
    assert (await atom(site)).entries[0].title == "Odd  one"


async def test_an_empty_feed_is_one_too(sharing: Client, site: httpx2.AsyncClient):
    await write(sharing, "createTopic", "mara", name="Nothing", slug="nothing")
    feed = await atom(site, topic="nothing")
    assert (feed.entries, feed.feed.updated) == ([], "1970-01-01T00:00:00Z")
    assert (await site.get("/feeds/posts.json", params={"topic": "nothing"})).json()["items"] == []


async def test_a_reader_that_has_it_fetches_nothing(sharing: Client, site: httpx2.AsyncClient):
    for kind in ("atom", "json"):
        first = await site.get(f"/feeds/posts.{kind}")
        assert first.headers["access-control-allow-origin"] == "*"
        for known in ({"if-none-match": first.headers["etag"]}, {"if-modified-since": first.headers["last-modified"]}):
            assert (await site.get(f"/feeds/posts.{kind}", headers=known)).status_code == 304
