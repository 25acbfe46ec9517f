"""What search engines are told: all that everybody finds, each once, over as many files as it takes."""

from urllib.robotparser import RobotFileParser

import httpx2
import pytest
from lxml import etree

from tests.client import Client
from tests.mutations import a_thread, row_id
from tests.web.sharing.conftest import HERE, HOME, hidden, open_site, posted

NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


async def listed(site: httpx2.AsyncClient, address: str, path: str = "//s:loc") -> list[str]:
    answer = await site.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    return [element.text for element in etree.fromstring(answer.content).xpath(path, namespaces=NAMES)]


async def all_listed(site: httpx2.AsyncClient) -> list[str]:
    return [url for file in await listed(site, "/sitemap.xml") for url in await listed(site, file)]


async def of_graph(client: Client) -> set[str]:
    data = await client.data(
        "{ posts(first: 100) { nodes { url } } threads(first: 100) { nodes { url } } clubs(first: 100) { nodes { slug } }"
        " events(first: 100, filter: {}) { nodes { url } } }"
    )
    urls = {node["url"] for name in ("posts", "threads", "events") for node in data[name]["nodes"]}
    return urls | {f"{HOME}/clubs/{node['slug']}" for node in data["clubs"]["nodes"]}


async def test_all_that_everybody_finds_is_there_once(sharing: Client, site: httpx2.AsyncClient):
    found = await all_listed(site)
    assert len(found) == len(set(found))
    assert set(found) == await of_graph(sharing)
    assert {url.split("/")[3] for url in found} == {"posts", "threads", "clubs", "events"}


async def test_it_goes_on_over_many_files(sharing: Client):
    async with open_site(sharing.backend) as site:
        whole = await all_listed(site)
    async with open_site(sharing.backend, sitemap_size=2) as site:
        files = await listed(site, "/sitemap.xml")
        parts = [await listed(site, file) for file in files]
    assert len(files) > 10
    assert all(0 < len(part) <= 2 for part in parts)
    assert [url for part in parts for url in part] == whole


async def test_what_not_everybody_finds_is_in_no_file(sharing: Client):
    made = await hidden(sharing, "Hidden")
    thread = await a_thread(sharing)
    (row,) = await sharing.backend.database.fetch("select slug from threads where id = :id", {"id": row_id(thread)})
    for visibility in ("UNLISTED", "PRIVATE", "MEMBERS"):
        await sharing.backend.database.write(
            "update subjects set visibility = :visibility where id = :id",
            {"visibility": visibility, "id": row_id(thread)},
        )
        async with open_site(sharing.backend) as site:
            found = await all_listed(site)
        assert not {f"{HOME}/posts/{post['slug']}" for post in made.values()} & set(found)
        assert f"{HOME}/threads/{row['slug']}" not in found


async def test_a_file_says_when_a_post_changed(sharing: Client, site: httpx2.AsyncClient):
    await posted(sharing, "Fresh")
    stamps = await listed(site, "/sitemaps/posts.xml", "//s:lastmod")
    assert len(stamps) == 13
    (post,) = (await sharing.data("{ posts(first: 1) { nodes { publishedAt } } }"))["posts"]["nodes"]
    assert max(stamps)[:19] == post["publishedAt"][:19]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/sitemaps/users.xml", 404),
        ("/sitemaps/%00.xml", 404),
        ("/sitemaps/posts.xml?after=x", 400),
        ("/sitemaps/posts.xml?after=%00", 400),
        ("/sitemaps/threads.xml?after=WzFd", 400),
    ],
)
async def test_no_name_of_a_file_is_a_fault_of_ours(site: httpx2.AsyncClient, path: str, status: int):
    assert (await site.get(path)).status_code == status


async def test_robots_are_told_where_it_is_and_what_to_leave(site: httpx2.AsyncClient):
    answer = await site.get("/robots.txt")
    rules = RobotFileParser()
    rules.parse(answer.text.splitlines())
    assert rules.site_maps() == [f"{HERE}/sitemap.xml"]
    assert rules.can_fetch("anybody", f"{HERE}/posts/welcome")
    assert not rules.can_fetch("anybody", f"{HERE}/graphql?query=x")
    assert not rules.can_fetch("anybody", f"{HERE}/unsubscribe/x")
    assert not rules.can_fetch("anybody", f"{HERE}/out/x")
