"""Writers who do not give up: one key for one comment, repeated until it is answered."""

import asyncio
import time
import uuid
from random import Random
from typing import Any

import httpx2

from tests.bench.fanout.documents import ADD
from tests.bench.fanout.serving import Process


class Writers:
    def __init__(self, servers: list[Process], tokens: list[str], subject: str) -> None:
        self._servers = servers
        self._tokens = tokens
        self._subject = subject
        self._random = Random(1)
        self.answered: dict[str, int] = {}
        self.repeated = 0
        self.replayed = 0

    async def paced(self, rate: float, seconds: float) -> None:
        limits = httpx2.Limits(max_connections=200)
        async with httpx2.AsyncClient(limits=limits, timeout=10) as client, asyncio.TaskGroup() as group:
            begun = time.monotonic()
            for place in range(round(rate * seconds)):
                await asyncio.sleep(begun + place / rate - time.monotonic())
                group.create_task(self._write(client, self._tokens[place % len(self._tokens)], place))

    async def _write(self, client: httpx2.AsyncClient, token: str, place: int) -> None:
        variables = {"s": self._subject, "b": f"Comment {place} of the busy day.", "k": uuid.uuid4().hex}
        while (added := await self._answer(client, token, variables)) is None:
            self.repeated += 1
            await asyncio.sleep(self._random.uniform(0.1, 0.5))
        self.replayed += added["replayed"]
        self.answered[added["comment"]["id"]] = added["comment"]["number"]

    async def _answer(self, client: httpx2.AsyncClient, token: str, variables: dict[str, str]) -> Any:
        """The payload, or None when it must be sent again."""
        url = f"http://{self._random.choice(self._servers).address}/graphql"
        headers = {"Authorization": f"Bearer {token}"}
        try:
            answer = await client.post(url, json={"query": ADD, "variables": variables}, headers=headers)
        except httpx2.TransportError:
            return None
        if answer.status_code != 200:
            return None
        added = (answer.json().get("data") or {}).get("addComment")
        if added is None or added["comment"] is None:
            return None
        assert added["errors"] == [], added
        return added
