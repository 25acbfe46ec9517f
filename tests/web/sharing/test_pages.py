"""The page behind a shared link, and its oEmbed answer, read as programs read them."""

from typing import Any

import httpx2
import pytest
from lxml import html

from hub.users.commands import issue_token
from tests.client import Client
from tests.mutations import write
from tests.web.sharing.conftest import HERE, HOME, hidden, hide, open_site, posted

HOSTILE = """</title><script>alert(1)</script>" onload="x" '{{ 7 * 7 }}' <b>&amp; ✓"""


def head(page: httpx2.Response) -> dict[str, list[str]]:
    """What its `<meta>` say, by name."""
    found: dict[str, list[str]] = {}
    for meta in html.fromstring(page.content).iter("meta"):
        if (name := meta.get("property") or meta.get("name")) is not None:
            found.setdefault(name, []).append(meta.get("content"))
    return found


def links(page: httpx2.Response, rel: str) -> dict[str | None, str]:
    return {
        link.get("type"): link.get("href")
        for link in html.fromstring(page.content).iter("link")
        if link.get("rel") == rel
    }


async def test_a_preview_says_what_the_post_says(sharing: Client, site: httpx2.AsyncClient):
    topic = (await write(sharing, "createTopic", "mara", name="Winter range"))["topic"]["id"]
    picture = {"url": "https://pictures.example/lark.jpg", "alt": "A lark"}
    given = {"summary": "In short.", "tags": ["snow", "range"], "topicId": topic, "hero": picture, "locale": "pt-BR"}
    post = await posted(sharing, "Winter & larks", **given)
    page = await site.get(f"/posts/{post['slug']}")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    told = head(page)
    url = f"{HOME}/posts/{post['slug']}"
    assert {name: told[f"og:{name}"] for name in ("type", "site_name", "title", "description", "url", "locale")} == {
        "type": ["article"],
        "site_name": ["Larks & Friends"],
        "title": ["Winter & larks"],
        "description": ["In short."],
        "url": [url],
        "locale": ["pt_BR"],
    }
    assert (told["og:image"], told["og:image:alt"]) == (["https://pictures.example/lark.jpg"], ["A lark"])
    assert (told["article:tag"], told["article:section"]) == (["snow", "range"], ["Winter range"])
    asked = "query ($slug: String!) { post(slug: $slug) { publishedAt authors { displayName } body { html } } }"
    shown = (await sharing.data(asked, slug=post["slug"]))["post"]
    assert told["article:published_time"][0][:19] == shown["publishedAt"][:19]
    assert told["article:modified_time"][0] >= told["article:published_time"][0]
    assert told["author"] == [shown["authors"][0]["displayName"]]
    assert links(page, "canonical") == {None: url}
    assert links(page, "alternate")["application/atom+xml"] == f"{HERE}/feeds/posts.atom"
    assert shown["body"]["html"].strip() in page.text
    assert (html.fromstring(page.content).get("lang"), "robots" in told) == ("pt-BR", False)


async def test_discovery_leads_to_what_embeds_it(sharing: Client, site: httpx2.AsyncClient):
    post = await posted(sharing, "Winter larks")
    found = links(await site.get(f"/posts/{post['slug']}"), "alternate")["application/json+oembed"]
    told = (await site.get(found)).json()
    assert (told["version"], told["type"], told["title"]) == ("1.0", "rich", "Winter larks")
    assert (told["provider_name"], told["provider_url"], told["width"]) == ("Larks & Friends", HOME, 600)
    quote = html.fragment_fromstring(told["html"])
    assert (quote.tag, quote.get("cite")) == ("blockquote", f"{HOME}/posts/{post['slug']}")
    assert [(a.get("href"), a.text) for a in quote.iter("a")] == [(f"{HOME}/posts/{post['slug']}", "Winter larks")]


async def test_words_of_people_stay_words(sharing: Client, site: httpx2.AsyncClient):
    post = await posted(sharing, HOSTILE, summary=HOSTILE, tags=['"><script>'])
    page = await site.get(f"/posts/{post['slug']}")
    assert head(page)["og:title"] == head(page)["og:description"] == [HOSTILE]
    assert head(page)["article:tag"] == ['"><script>']
    tree = html.fromstring(page.content)
    assert list(tree.iter("script")) == []
    assert [name for element in tree.iter() for name in element.attrib if name.startswith("on")] == []
    told = (await site.get("/oembed", params={"url": f"{HOME}/posts/{post['slug']}"})).json()
    quote = html.fragment_fromstring(told["html"])
    assert (list(quote.iter("script")), quote[0][0].text) == ([], HOSTILE)


async def test_the_page_may_load_pictures_and_nothing_else(sharing: Client, site: httpx2.AsyncClient):
    page = await site.get("/posts/welcome")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert policy["img-src"] == "https: http:"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert set(policy) == {"default-src", "img-src", "style-src", "base-uri", "form-action", "frame-ancestors"}
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_what_not_everybody_may_see_has_no_page_for_anybody(sharing: Client, site: httpx2.AsyncClient):
    token = (await issue_token(sharing.backend.database, "mara", 1)).text
    for name, post in (await hidden(sharing, "Hidden")).items():
        for headers in ({}, {"authorization": f"Bearer {token}"}):
            page = await site.get(f"/posts/{post['slug']}", headers=headers)
            told = await site.get("/oembed", params={"url": f"{HOME}/posts/{post['slug']}"}, headers=headers)
            seen = 200 if name == "UNLISTED" else 404
            assert (page.status_code, told.status_code) == (seen, seen), name
            asked = await sharing.data("query ($s: String!) { post(slug: $s) { id } }", s=post["slug"])
            assert (asked["post"] is not None) == (seen == 200)


async def test_search_engines_are_told_to_leave_what_is_unlisted(sharing: Client, site: httpx2.AsyncClient):
    post = await posted(sharing, "Quiet", visibility="UNLISTED")
    assert head(await site.get(f"/posts/{post['slug']}"))["robots"] == ["noindex"]


@pytest.mark.parametrize("path", ["%00", "%FF", "a" * 5_000, "nothing-here", "a%2fb", "%D0%B9", "'--", "{{7}}"])
async def test_no_name_of_a_post_is_a_fault_of_ours(site: httpx2.AsyncClient, path: str):
    assert (await site.get(f"/posts/{path}")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 404),
        ({"url": ""}, 404),
        ({"url": f"{HOME}/posts/nothing-here"}, 404),
        ({"url": f"{HOME}/threads/welcome"}, 404),
        ({"url": "https://elsewhere.example/posts/welcome"}, 404),
        ({"url": "https://club.example.evil.example/posts/welcome"}, 404),
        ({"url": "http://club.example/posts/welcome"}, 404),
        ({"url": "https://[broken/posts/welcome"}, 404),
        ({"url": f"{HOME}/posts/welcome\0"}, 404),
        ({"url": f"{HOME}/posts/welcome", "maxwidth": "0"}, 400),
        ({"url": f"{HOME}/posts/welcome", "maxwidth": "-5"}, 400),
        ({"url": f"{HOME}/posts/welcome", "maxwidth": "²"}, 400),
        ({"url": f"{HOME}/posts/welcome", "maxwidth": "wide"}, 400),
        ({"url": f"{HOME}/posts/welcome", "format": "yaml"}, 400),
        ({"url": f"{HOME}/posts/welcome", "format": "xml"}, 501),  # as oembed.com asks
    ],
)
async def test_what_cannot_be_embedded_is_refused(site: httpx2.AsyncClient, asked: dict[str, str], status: int):
    assert (await site.get("/oembed", params=asked)).status_code == status


@pytest.mark.parametrize(("most", "width"), [("320", 320), ("600", 600), ("9" * 50, 600)])
async def test_nothing_is_wider_than_was_asked(site: httpx2.AsyncClient, most: str, width: int):
    for url in (f"{HOME}/posts/welcome?utm=x#top", f"{HERE}/posts/welcome"):
        told = await site.get("/oembed", params={"url": url, "maxwidth": most})
        assert told.json()["width"] == width


async def test_a_page_is_made_once_while_it_is_kept(sharing: Client, site: httpx2.AsyncClient, monkeypatch: Any):
    database, asked = sharing.backend.database, []
    fetch, small = database.fetch, database.fetch_small

    async def counted(sql: str, *rest: Any, **more: Any) -> Any:
        asked.append(sql)
        return await fetch(sql, *rest, **more)

    async def counted_small(sql: str, *rest: Any, **more: Any) -> Any:
        asked.append(sql)
        return await small(sql, *rest, **more)

    monkeypatch.setattr(database, "fetch", counted)
    monkeypatch.setattr(database, "fetch_small", counted_small)
    first = await site.get("/posts/welcome")
    made = len(asked)
    assert [(await site.get("/posts/welcome")).text for _ in range(5)] == [first.text] * 5
    assert (len(asked), first.headers["cache-control"]) == (made, "public, max-age=60")
    assert made <= 4


async def test_what_is_hidden_goes_when_it_is_kept_no_longer(sharing: Client):
    post = await posted(sharing, "Short")
    clock = [0.0]
    async with open_site(sharing.backend, sharing_seconds=60) as site:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("hub.web.sharing.kept.monotonic", lambda: clock[0])
            assert (await site.get(f"/posts/{post['slug']}")).status_code == 200
            await hide(sharing, post)
            clock[0] = 59.0
            assert (await site.get(f"/posts/{post['slug']}")).status_code == 200
            clock[0] = 61.0
            assert (await site.get(f"/posts/{post['slug']}")).status_code == 404


async def test_who_has_it_already_is_told_so(sharing: Client, site: httpx2.AsyncClient):
    page = await site.get("/posts/welcome")
    tag, at = page.headers["etag"], page.headers["last-modified"]
    for known in ({"if-none-match": tag}, {"if-none-match": f'"other", W/{tag}'}, {"if-modified-since": at}):
        again = await site.get("/posts/welcome", headers=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), known
    for other in (
        {"if-none-match": '"other"'},
        {"if-none-match": '"other"', "if-modified-since": at},  # a tag counts more
        {"if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"if-modified-since": "soon"},
    ):
        assert (await site.get("/posts/welcome", headers=other)).status_code == 200, other


async def test_a_busy_database_is_said_to_be_one(sharing: Client, site: httpx2.AsyncClient, monkeypatch: Any):
    from hub.store.connections import Overloaded

    async def busy(*_: Any, **__: Any) -> Any:
        raise Overloaded

    monkeypatch.setattr(sharing.backend.database, "fetch", busy)
    monkeypatch.setattr(sharing.backend.database, "fetch_small", busy)
    answer = await site.get("/posts/welcome")
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    monkeypatch.undo()
    assert (await site.get("/posts/welcome")).status_code == 200  # what failed is not kept
