"""Writers over HTTP, each with a token of its own; they keep to their pace however slow the answers are."""

import asyncio
import time
import uuid
from collections import Counter
from types import TracebackType
from typing import Any, Self

import httpx2

from tests.bench.fanout.documents import ADD

TEXT = "We were at the reopened chargers with **{n}** cars today, and there is room for more of us on Saturday. "


class Writers:
    def __init__(self, address: str, tokens: list[str], length: int) -> None:
        self._tokens = tokens
        self._length = length
        self._count = 0
        self.refused: Counter[str] = Counter()
        limits = httpx2.Limits(max_connections=100, max_keepalive_connections=100)
        self._client = httpx2.AsyncClient(base_url=f"http://{address}", limits=limits, timeout=60)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def write(self, subject: str) -> tuple[int, float, float]:
        """The comment's number, when it was sent, and when its answer was here. A refused one is sent again."""
        self._count += 1
        text = (TEXT.format(n=self._count) * (self._length // len(TEXT) + 1))[: self._length].strip()
        variables = {"s": subject, "b": text, "k": uuid.uuid4().hex}
        headers = {"Authorization": f"Bearer {self._tokens[self._count % len(self._tokens)]}"}
        sent = time.monotonic()
        while True:
            answer = await self._client.post("/graphql", json={"query": ADD, "variables": variables}, headers=headers)
            body: Any = answer.json()
            added = (body.get("data") or {}).get("addComment")
            if added is not None and not added["errors"]:
                return added["comment"]["number"], sent, time.monotonic()
            self.refused[_codes(added or body)] += 1
            await asyncio.sleep(0.5)

    async def paced(
        self, subjects: list[str], rate: float, seconds: float
    ) -> dict[str, dict[int, tuple[float, float]]]:
        """Of each subject: number → (sent, answered). The subjects take turns."""
        begun = time.monotonic()
        tasks: list[tuple[str, asyncio.Task[tuple[int, float, float]]]] = []
        async with asyncio.TaskGroup() as group:
            for place in range(max(1, round(rate * seconds))):
                await asyncio.sleep(begun + place / rate - time.monotonic())
                subject = subjects[place % len(subjects)]
                tasks.append((subject, group.create_task(self.write(subject))))
        answers: dict[str, dict[int, tuple[float, float]]] = {subject: {} for subject in subjects}
        for subject, task in tasks:
            number, sent, answered = task.result()
            answers[subject][number] = (sent, answered)
        return answers


def _codes(refused: Any) -> str:
    return ", ".join(str(error.get("code") or error.get("extensions", {}).get("code")) for error in refused["errors"])
