"""Limits of two processes of the running product: counted together over Redis, alone when it is gone, never a 5xx."""

import asyncio
import shutil
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from hub.demo.loading import load
from hub.demo.story import STORY
from hub.limits.budgets import SHARE
from hub.settings import Settings
from hub.store.database import Database
from tests.bench.drops.faults import broker_of_its_own
from tests.cli.servers import Server, serving

PAGE = "{ posts(first: 5) { nodes { title comments(first: 5) { nodes { body { excerpt } } } } } }"
CHEAP = "{ __typename }"
GUESS = 'mutation { login(input: {login: "mara", password: "a wrong guess"}) { errors { code } } }'
BUDGET = 300
PER_SECOND = BUDGET / 60


async def filled(settings: Settings) -> None:
    database = await Database.open(settings)
    await load(database, STORY)
    await database.close()


async def spend(server: Server, times: int, seen: Counter[int]) -> None:
    async with httpx2.AsyncClient(timeout=30) as client:
        for _ in range(times):
            answer = await client.post(f"http://{server.address}/graphql", json={"query": CHEAP})
            seen[answer.status_code] += 1


async def guess(server: Server, times: int) -> list[str]:
    answers = [await server.ask(GUESS) for _ in range(times)]
    return [answer["data"]["login"]["errors"][0]["code"] for answer in answers]


async def test_two_processes_share_a_budget_and_count_attempts_together(settings: Settings, form: str):
    await filled(settings)
    limits = {"address_cost_per_minute": BUDGET, "logins_per_account": "6/hour"}
    together = form == "scaled"
    async with serving(settings, "serve", **limits) as one, serving(settings, "serve", **limits) as two:
        tried = [code for pair in zip(await guess(one, 5), await guess(two, 5), strict=True) for code in pair]
        assert Counter(tried) == ({"INVALID": 6, "RATE_LIMITED": 4} if together else {"INVALID": 10})
        seen: Counter[int] = Counter()
        begun = asyncio.get_running_loop().time()
        await asyncio.gather(spend(one, BUDGET, seen), spend(two, BUDGET, seen))
        filled_up = (asyncio.get_running_loop().time() - begun + 10) * PER_SECOND
        assert set(seen) <= {200, 429}
        if together:
            assert seen[200] <= BUDGET + 2 * SHARE * BUDGET + filled_up
            assert seen[429] > 0


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="wants a Redis to kill")
async def test_while_redis_is_gone_each_counts_alone_and_nothing_breaks(settings: Settings, tmp_path: Path):
    await filled(settings)
    limits = {"address_cost_per_minute": BUDGET, "logins_per_account": "6/hour"}
    async with broker_of_its_own(tmp_path) as broker:
        scaled = settings.model_copy(update={"broker_url": broker.url})
        async with serving(scaled, "serve", **limits) as one, serving(scaled, "serve", **limits) as two:
            assert await guess(one, 4) == ["INVALID"] * 4
            await broker.kill()
            assert Counter(await guess(one, 4)) == {"INVALID": 2, "RATE_LIMITED": 2}
            assert Counter(await guess(two, 8)) == {"INVALID": 6, "RATE_LIMITED": 2}
            seen: Counter[int] = Counter()
            await spend(one, 2 * BUDGET, seen)
            assert set(seen) == {200, 429}
            await broker.start()
            # What one spent alone it tells within a second or two, and two hears of it.
            async with asyncio.timeout(30):
                heard: Counter[int] = Counter()
                while not heard[429]:
                    await spend(two, 1, heard)
            assert set(heard) <= {200, 429}


async def test_while_two_hundred_log_in_at_once_pages_are_served_and_each_hears_how_it_went(settings: Settings):
    await filled(settings)
    limits = {"logins_per_address": "100000/hour", "password_wait": 2}
    async with serving(settings, "serve", **limits) as server, httpx2.AsyncClient(timeout=30) as reader:
        login = 'mutation { login(input: {login: "nobody%d", password: "a wrong guess"}) { errors { code } } }'
        flood = asyncio.gather(*(server.ask(login % number) for number in range(200)))
        pages = 0
        while not flood.done():
            answer = await reader.post(f"http://{server.address}/graphql", json={"query": PAGE})
            assert (answer.status_code, "errors" in answer.json()) == (200, False)
            pages += 1
        told = Counter(answer["data"]["login"]["errors"][0]["code"] for answer in await flood)
        assert set(told) == {"INVALID", "OVERLOADED"}
        assert pages > 1
