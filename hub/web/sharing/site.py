"""Where people read, and where this API is reached: the addresses that are handed out."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from hub.settings import Settings

POSTS, OEMBED, FEEDS, SITEMAPS = "/posts/", "/oembed", "/feeds/posts", "/sitemaps/"
_SLUG = 120


@dataclass(frozen=True)
class Site:
    """`home` begins the addresses of things, as their `url` does; `here` those that this server answers."""

    name: str
    home: str
    here: str

    @classmethod
    def of(cls, settings: Settings) -> "Site":
        home = settings.site_url.rstrip("/")
        return cls(settings.site_name, home, settings.public_url.rstrip("/") or home)

    def post(self, slug: str) -> str:
        return f"{self.home}{POSTS}{quote(slug)}"

    def oembed(self, slug: str) -> str:
        return f"{self.here}{OEMBED}?{urlencode({'url': self.post(slug), 'format': 'json'})}"

    def feed(self, kind: str, **asked: str | None) -> str:
        given = urlencode({name: value for name, value in asked.items() if value})
        return f"{self.here}{FEEDS}.{kind}{'?' if given else ''}{given}"

    def slug_in(self, url: str) -> str | None:
        """Of the post that this address leads to; None for every other address."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        if origin not in {self.home.lower(), self.here.lower()} or not parts.path.startswith(POSTS):
            return None
        return parts.path.removeprefix(POSTS)


def is_slug(text: str) -> bool:
    """What could be one: nothing else is looked up."""
    return 0 < len(text) <= _SLUG and text.isascii() and text.replace("-", "").replace("_", "").isalnum()
