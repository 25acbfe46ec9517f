"""People who read and write while something is wrong, and who write again until they hear that it is done."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx2

from tests.cli.servers import Server
from tests.conftest import HARD

WELCOME = '{ post(slug: "welcome") { id liveCursor } }'
PAGE = "{ posts(first: 5) { nodes { title comments(first: 5) { nodes { number } } } } }"
ADD = """mutation ($s: ID!, $b: Markdown!, $k: ID!) { addComment(input: {subjectId: $s, body: $b, idempotencyKey: $k}) {
    comment { id } errors { code } } }"""
_EACH = 4
_PATIENCE = 60


@dataclass(frozen=True)
class Heard:
    status: int
    seconds: float
    body: Any
    retry_after: str | None

    @property
    def codes(self) -> set[str]:
        """Of what was refused as a whole, and of what a mutation refused."""
        payloads = [payload for payload in (self.body.get("data") or {}).values() if "errors" in payload]
        refused = [error["code"] for payload in payloads for error in payload["errors"]]
        return {*refused, *(error["extensions"]["code"] for error in self.body.get("errors", ()))}

    @property
    def well(self) -> bool:
        return self.status == 200 and not self.codes


@dataclass
class Crowd:
    server: Server
    token: str
    subject: str
    comments: list[str] = field(default_factory=list)

    async def ask(self, query: str, token: str | None = None, **variables: Any) -> Heard:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        begun = time.monotonic()
        async with httpx2.AsyncClient(timeout=_PATIENCE) as client:
            asked = {"query": query, "variables": variables}
            answer = await client.post(f"http://{self.server.address}/graphql", json=asked, headers=headers)
        return Heard(answer.status_code, time.monotonic() - begun, answer.json(), answer.headers.get("retry-after"))

    async def come(self) -> list[Heard]:
        """Some who are nobody read, some who are known read, and some write."""
        new = [f"fault {len(self.comments) + place}" for place in range(_EACH)]
        self.comments += new
        reading = [self.ask(PAGE, token) for token in (None, self.token) for _ in range(_EACH)]
        return await asyncio.gather(*reading, *(self.write(text) for text in new))

    async def write(self, text: str) -> Heard:
        return await self.ask(ADD, self.token, s=self.subject, b=text, k=text)

    async def write_all_again(self) -> None:
        """Until each is answered, with the same keys, as clients are told to."""
        for text in self.comments:
            await until(partial(self.is_written, text))

    async def is_written(self, text: str) -> bool:
        return (await self.write(text)).well

    async def ready(self) -> bool:
        async with httpx2.AsyncClient(timeout=_PATIENCE) as client:
            return (await client.get(f"http://{self.server.address}/readyz")).status_code == 200

    async def is_served(self) -> bool:
        return await self.ready() and (await self.ask(PAGE, self.token)).well

    async def until_served(self) -> None:
        await until(self.is_served)


async def until(well: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_PATIENCE):
        while True:
            if await well():
                return
            await asyncio.sleep(0.1)


def ensure_told(heard: list[Heard], *, within: float) -> None:
    """Each is answered in time: with data, or with a code and when to come again."""
    for one in heard:
        assert not HARD or one.seconds < within, one
        assert one.status in {200, 503}, one
        assert one.codes <= {"OVERLOADED"}, one
        if one.status == 503:
            assert one.codes, one
            assert one.retry_after is not None, one
            assert int(one.retry_after) >= 1
