import asyncio

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from structlog.testing import capture_logs

from hub.web.health import Readiness, livez


async def fine() -> None:
    pass


async def bad() -> None:
    raise RuntimeError("postgres://user:secret@db")


async def no() -> bool:
    return False


async def stubborn() -> None:
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if stop.is_set():
                raise


stop = asyncio.Event()


async def ask(path: str, **checks) -> httpx2.Response:
    app = Starlette(routes=[Route("/livez", livez), Route("/readyz", Readiness(checks, deadline=0.02).readyz)])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://hub") as client:
        return await client.get(path)


async def test_a_process_whose_loop_runs_is_alive():
    assert (await ask("/livez", database=bad)).json() == {"status": "ok"}


@pytest.mark.parametrize("checks", [{}, {"database": fine, "broker": fine}])
async def test_it_is_ready_when_every_check_passes(checks):
    answer = await ask("/readyz", **checks)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": dict.fromkeys(checks, "ok")}


async def test_a_failed_check_is_named_without_its_reason():
    with capture_logs() as logs:
        answer = await ask("/readyz", database=bad, broker=fine, sockets=no)
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "checks": {"database": "failed", "broker": "ok", "sockets": "failed"},
    }
    assert [entry["check"] for entry in logs] == ["database"]


async def test_a_check_that_hangs_holds_nobody_up():
    try:
        answer = await ask("/readyz", database=stubborn, broker=fine)
        assert answer.status_code == 503
        assert answer.json()["checks"] == {"database": "late", "broker": "ok"}
    finally:
        stop.set()
