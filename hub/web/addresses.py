"""Whose request it is, as far as addresses can tell. One IPv6 customer has a whole /64, so that counts as one."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

MOST_PROXIES = 32


class Addresses:
    def __init__(self, trusted_proxies: Sequence[str] = ()) -> None:
        self._trusted = tuple(ip_network(proxy, strict=False) for proxy in trusted_proxies)

    def of(self, scope: Scope) -> str:
        """The client's address (IPv6: its /64). What a proxy forwarded counts only if the proxy is trusted."""
        client: tuple[str, int] | None = scope.get("client")
        if client is None:
            return "unknown"
        peer = parsed(client[0])
        if peer is None:
            return client[0]
        return grouped(self._behind_proxies(peer, scope) if self._trusts(peer) else peer)

    def of_peer(self, peer: tuple[str, int] | None) -> str | None:
        """Who is at the other end of a connection; None for a trusted proxy, which is there for many."""
        address = parsed(peer[0]) if peer is not None else None
        if address is None:
            return peer[0] if peer is not None else "unknown"
        return None if self._trusts(address) else grouped(address)

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._trusted)

    def _behind_proxies(self, peer: IPv4Address | IPv6Address, scope: Scope) -> IPv4Address | IPv6Address:
        # From the right: each proxy adds the address it saw; what stands left of a stranger was made up by him.
        forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
        for entry in reversed(forwarded.rsplit(",", MOST_PROXIES)):
            address = parsed(without_port(entry.strip()))
            if address is None:
                return peer
            peer = address
            if not self._trusts(peer):
                return peer
        return peer


@lru_cache(maxsize=4096)
def parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address
    return address


@lru_cache(maxsize=4096)
def grouped(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address), 64), strict=False))


def without_port(entry: str) -> str:
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    host, colon, _ = entry.partition(":")
    return host if colon and entry.count(":") == 1 else entry
