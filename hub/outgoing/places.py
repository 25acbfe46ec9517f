"""Where an address leads: judged before anything is sent there."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from hub.outgoing.sender import Forbidden, NotReached

_HTTPS = 443
_ADDRESSES = 3
_NAT64 = IPv6Network("64:ff9b::/96")

# Threads of its own: a name server that never answers must not hold those by which our database is looked up.
_ASKING = ThreadPoolExecutor(4, "look-up")

Lookup = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True)
class Host:
    """`name` and `port` as the certificate and the `Host` header say them; `trusted` may lie in our own network."""

    name: str
    port: int
    target: str
    trusted: bool

    @property
    def authority(self) -> str:
        return self.name if self.port == _HTTPS else f"{self.name}:{self.port}"

    @property
    def origin(self) -> str:
        return f"https://{self.authority}"


def host_of(url: str, trusted: Collection[str]) -> Host:
    """Of an https address of a named host; raise Forbidden for all else. Nothing is looked up."""
    try:
        parts = urlsplit(url)
        name, port = (parts.hostname or "").rstrip("."), parts.port or _HTTPS
    except ValueError:
        raise Forbidden from None
    if parts.scheme != "https" or "@" in parts.netloc or not name or not url.isascii() or not url.isprintable():
        raise Forbidden
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = Host(name, port, target, trusted=False)
    if host.authority in trusted:
        return Host(name, port, target, trusted=True)
    if port != _HTTPS or "." not in name or _is_number(name):
        raise Forbidden
    return host


async def addresses_of(host: Host, lookup: Lookup | None = None) -> list[str]:
    """The IP addresses to connect to, the best one first, at most 3; raise NotReached where there are none.

    One address that is not public makes the host Forbidden, so that it cannot be picked by chance later.
    """
    try:
        found = list(dict.fromkeys(await (lookup or look_up)(host.name, host.port)))
    except OSError:
        raise NotReached("the host is unknown") from None
    if not found:
        raise NotReached("the host is unknown")
    if not host.trusted and not all(map(is_public, found)):
        raise Forbidden
    return found[:_ADDRESSES]


async def look_up(name: str, port: int) -> list[str]:
    ask = partial(socket.getaddrinfo, name, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    found = await asyncio.get_running_loop().run_in_executor(_ASKING, ask)
    return [str(address[4][0]) for address in found]


def is_public(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    inner = _inside(address) if isinstance(address, IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    if address.is_multicast or address.is_reserved or (isinstance(address, IPv6Address) and address.is_site_local):
        return False
    return address.is_global


def _inside(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that such an address leads to."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_number(name: str) -> bool:
    """Also what some resolvers read as one: `127.1`, `0x7f.1`."""
    return name.rpartition(".")[2].lower().removeprefix("0x").isdigit() or ":" in name
