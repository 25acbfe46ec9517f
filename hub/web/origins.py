"""Which web pages may talk to us. Programs that are no browser send no `Origin` and are not held up."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

PREFLIGHT_SECONDS = 3600


def may_connect(headers: Headers, allowed: Sequence[str]) -> bool:
    """For sockets, where no browser asks first: pages of our own host and of the allowed origins."""
    origin = headers.get("origin")
    if origin is None or origin in allowed or "*" in allowed:
        return True
    host = headers.get("host", "").lower()
    return host != "" and host_of(origin) == host


def host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def cors(allowed: Sequence[str]) -> list[Middleware]:
    """Empty without allowed origins: a preflight then gets 405, which browsers take as a no."""
    if not allowed:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=allowed,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID", "X-Request-Id"],
            expose_headers=["X-Request-Id", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"],
            max_age=PREFLIGHT_SECONDS,
        )
    ]
