"""The sender over HTTPS: connects to the address that was judged, under the host's own name and certificate."""

import asyncio
import ssl
from collections.abc import Collection, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cached_property

import httpx2

from hub.outgoing.places import Host, Lookup, addresses_of, host_of
from hub.outgoing.sender import Answer, NotReached
from hub.store.instants import now
from hub.version import VERSION

_PART_FOR_CONNECTING = 0.25


class Https:
    """`deadline`: seconds for the look-up, and for each attempt, at most 3. `trusted`: hosts of our own network."""

    def __init__(
        self,
        *,
        deadline: float,
        trusted: Collection[str] = (),
        trust: ssl.SSLContext | None = None,
        lookup: Lookup | None = None,
    ) -> None:
        self._deadline = deadline
        self._trusted = frozenset(trusted)
        self._given_trust = trust
        self._lookup = lookup

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        host = host_of(url, self._trusted)
        try:
            async with asyncio.timeout(self._deadline):
                addresses = await addresses_of(host, self._lookup)
        except TimeoutError:
            raise NotReached("the look-up took too long") from None
        for address in addresses:
            try:
                async with asyncio.timeout(self._deadline):
                    return await self._sent(host, address, headers, body)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        raise NotReached("no connection")

    async def _sent(self, host: Host, address: str, headers: Mapping[str, str], body: bytes) -> Answer:
        # A client for each: connections are pooled by address, and two hosts may share one.
        literal = f"[{address}]" if ":" in address else address
        limits = httpx2.Timeout(self._deadline, connect=self._deadline * _PART_FOR_CONNECTING)
        async with (
            httpx2.AsyncClient(verify=self._trust, trust_env=False, timeout=limits) as client,
            client.stream(
                "POST",
                f"https://{literal}:{host.port}{host.target}",
                headers={"user-agent": f"engagement-hub/{VERSION}", **headers, "host": host.authority},
                content=body,
                extensions={"sni_hostname": host.name},
            ) as response,
        ):
            return Answer(response.status_code, _seconds(response.headers.get("retry-after")))

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return self._given_trust or ssl.create_default_context()


def _seconds(retry_after: str | None) -> float | None:
    """A number of seconds, or until a date."""
    if not retry_after:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0.0, (at - now()).total_seconds())
