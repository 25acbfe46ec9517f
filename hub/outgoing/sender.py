"""What rooms know of requests to others: the words, and how they end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Forbidden(Exception):
    """Not to be asked, now or ever. Says nothing of what is there."""


class NotReached(Exception):
    """Surely nothing was sent; later it may be."""


@dataclass(frozen=True)
class Answer:
    """`retry_after`: seconds for which the other side wants to hear nothing."""

    status: int
    retry_after: float | None = None


class Sender(Protocol):
    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raise Forbidden or NotReached; anything else means that it may have been taken."""
        ...
