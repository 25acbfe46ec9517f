"""A page for each post, for programs that preview links and for people without JavaScript, and its oEmbed answer."""

from base64 import b64encode
from hashlib import sha256
from typing import Any

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hub.live.backend import Backend
from hub.refusals import ErrorCode, FieldRefusal
from hub.web.sharing.answers import Shared, absent, answer, refusing
from hub.web.sharing.kept import Kept
from hub.web.sharing.reading import Shown, post_of
from hub.web.sharing.site import Site

_WIDTH = 600
_STYLE = (
    ":root{color-scheme:light dark}body{max-width:42rem;margin:2rem auto;padding:0 1rem;font:1.05rem/1.6 system-ui,"
    "sans-serif}img{max-width:100%;height:auto}header p{opacity:.7}pre{overflow-x:auto}"
)
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; img-src https: http:; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


class Pages:
    def __init__(self, backend: Backend, kept: Kept) -> None:
        self._backend = backend
        self._kept = kept
        self._site = Site.of(backend.settings)
        self._templates = Environment(
            loader=PackageLoader("hub.web.sharing"), undefined=StrictUndefined, autoescape=True, trim_blocks=True
        )

    @refusing
    async def page(self, request: Request) -> Response:
        slug = request.path_params["slug"]
        return self._answer(request, await self._kept.get(("page", slug), lambda: self._page(slug)))

    @refusing
    async def oembed(self, request: Request) -> Response:
        """https://oembed.com, of a post's address; no wider than `maxwidth`, as high as its words are."""
        asked = request.query_params
        if asked.get("format", "json") != "json":
            return PlainTextResponse("Only JSON is answered.\n", 501 if asked["format"] == "xml" else 400)
        width = min(_WIDTH, _pixels(asked.get("maxwidth", str(_WIDTH))))
        slug = self._site.slug_in(asked.get("url", ""))
        if slug is None:
            raise absent()
        return self._answer(request, await self._kept.get(("oembed", slug, width), lambda: self._embedded(slug, width)))

    def _answer(self, request: Request, shared: Shared) -> Response:
        return answer(request, shared, self._backend.settings.sharing_seconds)

    async def _page(self, slug: str) -> Shared:
        shown = await post_of(self._backend.database, slug)
        html = self._templates.get_template("post.html.jinja").render(style=_STYLE, **self._words(shown))
        return Shared(html.encode(), "text/html", shown.changed_at, {"Content-Security-Policy": _POLICY})

    async def _embedded(self, slug: str, width: int) -> Shared:
        shown = await post_of(self._backend.database, slug)
        seconds = self._backend.settings.sharing_seconds
        told = {
            "version": "1.0",
            "type": "rich",
            "title": shown.post["title"],
            "author_name": ", ".join(shown.authors),
            "provider_name": self._site.name,
            "provider_url": self._site.home,
            "cache_age": seconds,
            "html": self._templates.get_template("embed.html.jinja").render(**self._words(shown)),
            "width": width,
            "height": None,
        }
        return Shared(orjson.dumps(told), "application/json", shown.changed_at)

    def _words(self, shown: Shown) -> dict[str, Any]:
        post, slug = shown.post, shown.post["slug"]
        return {
            "shown": shown,
            "post": post,
            "site": self._site,
            "url": self._site.post(slug),
            "oembed": self._site.oembed(slug),
            "locale": post["locale"].replace("-", "_"),
        }


def _pixels(text: str) -> int:
    number = int(text[:9]) if text.isascii() and text.isdigit() else 0
    if number == 0:
        raise FieldRefusal(ErrorCode.INVALID, "Give `maxwidth` as a number of pixels.", "maxwidth")
    return number
