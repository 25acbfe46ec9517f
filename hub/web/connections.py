"""How many connections there may be, in all and from one address, and how long one may take to say what it wants.

A connection takes a place when it is accepted and leaves it when it ends, or becomes a socket: those have places of
their own (`hub.web.sockets.registry`).
"""

from collections import Counter
from dataclasses import dataclass

from hub import metrics
from hub.web.addresses import Addresses
from hub.web.limits import Limits

CONNECTIONS = "hub.connections"
"""Under this the lifespan's state has them."""
_FULL = 503


@dataclass(slots=True)
class Place:
    """`refused` is the status to answer with: 429 where the address has too many, 503 where the process has."""

    address: str | None
    refused: int | None = None


class Connections:
    def __init__(self, limits: Limits, addresses: Addresses) -> None:
        self.header_deadline = limits.header_deadline
        self._limits = limits
        self._addresses = addresses
        self._open = 0
        self._of_address: Counter[str] = Counter()

    def enter(self, peer: tuple[str, int] | None) -> Place:
        """A place, which the caller must `leave`, also a refused one. A trusted proxy speaks for many, and has no
        limit of its own."""
        address = self._addresses.of_peer(peer)
        place = Place(address, self._refused(address))
        self._open += 1
        metrics.HTTP_CONNECTIONS.inc()
        if address is not None:
            self._of_address[address] += 1
        if place.refused is not None:
            metrics.CONNECTIONS_REFUSED.labels("process" if place.refused == _FULL else "address").inc()
        return place

    def leave(self, place: Place) -> None:
        self._open -= 1
        metrics.HTTP_CONNECTIONS.dec()
        if place.address is not None:
            self._of_address[place.address] -= 1
            if not self._of_address[place.address]:
                del self._of_address[place.address]

    def _refused(self, address: str | None) -> int | None:
        if self._open >= self._limits.connections_total:
            return _FULL
        if address is not None and self._of_address[address] >= self._limits.connections_per_address:
            return 429
        return None
