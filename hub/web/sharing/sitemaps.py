"""What search engines may know: `robots.txt`, and a sitemap whose files go on behind a cursor."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hub.clubs.loaders import clubs_by_name
from hub.events.loaders import events_by_start
from hub.forum.loaders import threads_by_sort
from hub.live.backend import Backend
from hub.posts.loaders import posts_by_id
from hub.store.audience import NOBODY
from hub.store.loaders import Loader, Page, Rows
from hub.web.sharing.answers import Shared, absent, answer, refusing
from hub.web.sharing.kept import Kept
from hub.web.sharing.markup import add, moment, root, written
from hub.web.sharing.site import SITEMAPS, Site

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MEDIA = "application/xml"
_FILES = 1_000
"""Of one kind, at most."""
_ROBOTS = """User-agent: *
Disallow: /graphql
Disallow: /ide
Disallow: /schema
Disallow: /unsubscribe/
Disallow: /out/
Allow: /

Sitemap: {}/sitemap.xml
"""


@dataclass(frozen=True)
class Kind:
    """What everybody may find of one noun, in the order of `loader`; `changed` names the columns that tell when."""

    loader: Loader
    changed: tuple[str, ...] = ()


KINDS = {
    "posts": Kind(posts_by_id, ("edited_at", "published_at")),
    "threads": Kind(threads_by_sort["OLDEST"], ("last_activity_at",)),
    "clubs": Kind(clubs_by_name),
    "events": Kind(events_by_start),
}


class Sitemaps:
    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._seconds = backend.settings.sitemap_minutes * 60
        self._kept = Kept(self._seconds)
        self._site = Site.of(backend.settings)

    async def robots(self, _request: Request) -> Response:
        return PlainTextResponse(_ROBOTS.format(self._site.here), headers={"Cache-Control": "public, max-age=3600"})

    @refusing
    async def index(self, request: Request) -> Response:
        return answer(request, await self._kept.get("index", self._index), self._seconds)

    @refusing
    async def file(self, request: Request) -> Response:
        name, after = request.path_params["kind"], request.query_params.get("after")
        if name not in KINDS:
            raise absent()
        shared = await self._kept.get((name, after), lambda: self._file(name, after))
        return answer(request, shared, self._seconds)

    async def _index(self) -> Shared:
        index = root("sitemapindex", _NAMESPACE)
        for name, kind in KINDS.items():
            after: str | None = None
            for _ in range(_FILES):
                add(add(index, "sitemap"), "loc", self._address(name, after))
                found = await self._found(kind, after, ("id",))
                if not found.has_next:
                    break
                after = kind.loader.cursor(found.rows[-1])
        return Shared(written(index), _MEDIA)

    async def _file(self, name: str, after: str | None) -> Shared:
        kind = KINDS[name]
        found = await self._found(kind, after, ("id", "slug", *kind.changed))
        urls = root("urlset", _NAMESPACE)
        for row in found.rows:
            url = add(urls, "url")
            add(url, "loc", f"{self._site.home}/{name}/{quote(row['slug'])}")
            changed = next((row[column] for column in kind.changed if row[column] is not None), None)
            if changed is not None:
                add(url, "lastmod", moment(changed))
        return Shared(written(urls), _MEDIA)

    async def _found(self, kind: Kind, after: str | None, columns: tuple[str, ...]) -> Rows:
        position = kind.loader.position(after, "after") if after is not None else None
        page = Page(self._backend.settings.sitemap_size, after=position)
        return (await kind.loader.load_many(self._backend.database, NOBODY, [], page, columns=columns))[None]

    def _address(self, name: str, after: str | None) -> str:
        given = f"?{urlencode({'after': after})}" if after is not None else ""
        return f"{self._site.here}{SITEMAPS}{name}.xml{given}"
