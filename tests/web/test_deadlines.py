"""A database that went silent: who asks is answered within `HUB_OPERATION_TIMEOUT`, the token's look-up included."""

import asyncio
from typing import Any

import pytest

from hub.live.backend import Backend
from hub.users.commands import issue_token
from tests.web.real import over, web_of
from tests.web.serving import PATIENCE

THREADS = {"query": "{ threads { nodes { id } } }"}


def hush(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its database takes every statement and answers none."""

    async def never(*_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()

    for door in ("fetch", "fetch_small", "text"):
        monkeypatch.setattr(backend.database, door, never)


def code(answer: Any) -> str:
    return answer.json()["errors"][0]["extensions"]["code"]


async def test_a_token_that_cannot_be_looked_up_in_time_is_told_so(story: Backend, monkeypatch: pytest.MonkeyPatch):
    backend = Backend(story.settings.model_copy(update={"operation_timeout": 0.05}), story.database, story.broker)
    token = (await issue_token(story.database, "ines", 1)).text
    hush(backend, monkeypatch)
    _, web = web_of(backend)
    async with over(web) as client, asyncio.timeout(PATIENCE):
        answer = await client.post("/graphql", json=THREADS, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, code(answer), answer.headers["retry-after"]) == (503, "OVERLOADED", "1")


async def test_the_operation_has_what_the_look_up_left_of_the_time(story: Backend, monkeypatch: pytest.MonkeyPatch):
    backend = Backend(story.settings.model_copy(update={"operation_timeout": 1_000}), story.database, story.broker)
    hush(backend, monkeypatch)
    engine, web = web_of(backend)
    monkeypatch.setattr(engine, "deadline", lambda: asyncio.get_running_loop().time() + 0.05)
    async with over(web) as client, asyncio.timeout(PATIENCE):
        answer = await client.post("/graphql", json=THREADS)
    assert (answer.status_code, code(answer), answer.headers["retry-after"]) == (503, "OVERLOADED", "1")


async def test_a_deadline_is_the_timeout_from_now(story: Backend):
    engine, _ = web_of(story)
    now = asyncio.get_running_loop().time()
    assert engine.deadline() >= now + story.settings.operation_timeout
