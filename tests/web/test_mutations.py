import asyncio

import pytest
from structlog.testing import capture_logs

from hub.web.mutations import Mutations


async def test_the_result_comes_back():
    async def write() -> str:
        return "written"

    assert await Mutations().see_through(write()) == "written"


async def test_a_failure_comes_back_and_is_not_logged_twice():
    async def write() -> None:
        raise RuntimeError("no")

    with capture_logs() as logs, pytest.raises(RuntimeError):
        await Mutations().see_through(write())
    assert logs == []


async def abandoned(mutations: Mutations, *, fail: bool, release: asyncio.Event, done: list[str]) -> None:
    started = asyncio.Event()

    async def write() -> None:
        started.set()
        await release.wait()
        if fail:
            raise RuntimeError("no")
        done.append("written")

    caller = asyncio.create_task(mutations.see_through(write()))
    await started.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller


async def test_a_mutation_outlives_its_caller_and_shutdown_waits_for_it():
    mutations, release, done = Mutations(), asyncio.Event(), []
    await abandoned(mutations, fail=False, release=release, done=done)
    release.set()
    await mutations.drain(5)
    assert done == ["written"]


async def test_the_failure_of_an_abandoned_mutation_is_logged():
    mutations, release = Mutations(), asyncio.Event()
    await abandoned(mutations, fail=True, release=release, done=[])
    release.set()
    with capture_logs() as logs:
        await mutations.drain(5)
    assert [entry["event"] for entry in logs] == ["An abandoned mutation failed."]


async def test_shutdown_waits_no_longer_than_its_grace():
    mutations, done = Mutations(), []
    await abandoned(mutations, fail=False, release=asyncio.Event(), done=done)
    async with asyncio.timeout(5):
        await mutations.drain(0.01)
    assert done == []
