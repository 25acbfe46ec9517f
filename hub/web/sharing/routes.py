from starlette.routing import BaseRoute, Route

from hub.actions.sending_on import PATH as OUT
from hub.live.backend import Backend
from hub.web.sharing.feeds import Feeds
from hub.web.sharing.kept import Kept
from hub.web.sharing.outbound import Outbound
from hub.web.sharing.pages import Pages
from hub.web.sharing.site import FEEDS, OEMBED, POSTS, SITEMAPS
from hub.web.sharing.sitemaps import Sitemaps


def sharing_routes(backend: Backend) -> list[BaseRoute]:
    kept = Kept(backend.settings.sharing_seconds)
    pages, feeds, sitemaps = Pages(backend, kept), Feeds(backend, kept), Sitemaps(backend)
    return [
        Route(f"{POSTS}{{slug}}", pages.page),
        Route(OEMBED, pages.oembed),
        Route(f"{FEEDS}.atom", feeds.atom),
        Route(f"{FEEDS}.json", feeds.json),
        Route(f"{OUT}{{action}}", Outbound(backend).go),
        Route("/robots.txt", sitemaps.robots),
        Route("/sitemap.xml", sitemaps.index),
        Route(f"{SITEMAPS}{{kind}}.xml", sitemaps.file),
    ]
