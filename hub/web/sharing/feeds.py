"""Published posts as Atom (RFC 4287, paged by RFC 5005) and JSON Feed 1.1, the newest 20 on a page."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from hub.live.backend import Backend
from hub.web.sharing.answers import Shared, answer, refusing
from hub.web.sharing.kept import Kept
from hub.web.sharing.markup import add, moment, root, written
from hub.web.sharing.reading import Asked, Shown, posts_asked
from hub.web.sharing.site import Site

_NEVER = "1970-01-01T00:00:00Z"
_Found = tuple[list[Shown], str | None]


class Feeds:
    def __init__(self, backend: Backend, kept: Kept) -> None:
        self._backend = backend
        self._kept = kept
        self._site = Site.of(backend.settings)

    @refusing
    async def atom(self, request: Request) -> Response:
        return await self._feed(request, "atom")

    @refusing
    async def json(self, request: Request) -> Response:
        return await self._feed(request, "json")

    async def _feed(self, request: Request, kind: str) -> Response:
        given = request.query_params
        asked = Asked(given.get("club"), given.get("topic"), given.get("after"))

        async def make() -> Shared:
            found = await posts_asked(self._backend.database, asked)
            changed_at = max((shown.changed_at for shown in found[0]), default=None)
            body, media = self._atom(asked, found) if kind == "atom" else self._json(asked, found)
            return Shared(body, media, changed_at)

        shared = await self._kept.get((kind, asked), make)
        return answer(request, shared, self._backend.settings.sharing_seconds)

    def _atom(self, asked: Asked, found: _Found) -> tuple[bytes, str]:
        posts, after = found
        feed = root("feed", "http://www.w3.org/2005/Atom")
        add(feed, "id", self._site.feed("atom", club=asked.club, topic=asked.topic))
        add(feed, "title", self._site.name)
        add(feed, "updated", moment(max(shown.changed_at for shown in posts)) if posts else _NEVER)
        add(add(feed, "author"), "name", self._site.name)
        add(feed, "link", rel="alternate", type="text/html", href=self._site.home)
        add(feed, "link", rel="self", type="application/atom+xml", href=self._address("atom", asked, asked.after))
        if after is not None:
            add(feed, "link", rel="next", type="application/atom+xml", href=self._address("atom", asked, after))
        for shown in posts:
            post, url = shown.post, self._site.post(shown.post["slug"])
            entry = add(feed, "entry")
            add(entry, "id", url)
            add(entry, "title", post["title"])
            add(entry, "published", moment(shown.published_at))
            add(entry, "updated", moment(shown.changed_at))
            for name in shown.authors:
                add(add(entry, "author"), "name", name)
            add(entry, "link", rel="alternate", type="text/html", href=url)
            for tag in _tags(shown):
                add(entry, "category", term=tag)
            add(entry, "summary", shown.description)
            add(entry, "content", post["body_html"], type="html", **{"xml:lang": post["locale"]})
        return written(feed), "application/atom+xml"

    def _json(self, asked: Asked, found: _Found) -> tuple[bytes, str]:
        posts, after = found
        feed: dict[str, Any] = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self._site.name,
            "home_page_url": self._site.home,
            "feed_url": self._address("json", asked, asked.after),
            "items": [self._item(shown) for shown in posts],
        }
        if after is not None:
            feed["next_url"] = self._address("json", asked, after)
        return orjson.dumps(feed), "application/feed+json"

    def _item(self, shown: Shown) -> dict[str, Any]:
        post, url = shown.post, self._site.post(shown.post["slug"])
        item = {
            "id": url,
            "url": url,
            "title": post["title"],
            "summary": shown.description,
            "content_html": post["body_html"],
            "date_published": moment(shown.published_at),
            "date_modified": moment(shown.changed_at),
            "authors": [{"name": name} for name in shown.authors],
            "tags": _tags(shown),
            "language": post["locale"],
        }
        return {**item, "image": post["hero_url"]} if post["hero_url"] else item

    def _address(self, kind: str, asked: Asked, after: str | None) -> str:
        return self._site.feed(kind, club=asked.club, topic=asked.topic, after=after)


def _tags(shown: Shown) -> list[str]:
    return [*([shown.topic] if shown.topic else []), *shown.post["tags"]]
