"""Two questions of whoever runs us: is the process alive, and may it be sent requests."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

Check = Callable[[], Awaitable[object]]
DEADLINE = 2.0

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def livez(_: Request) -> Response:
    return answer(200, {"status": "ok"})


@dataclass(frozen=True)
class Readiness:
    """A check is `ok` when it returns anything but False in time. Why it failed is in the log only."""

    checks: Mapping[str, Check]
    deadline: float = DEADLINE

    async def readyz(self, _: Request) -> Response:
        states = await self._states()
        ready = all(state == "ok" for state in states.values())
        return answer(200 if ready else 503, {"status": "ok" if ready else "unavailable", "checks": states})

    async def _states(self) -> dict[str, str]:
        running = {name: asyncio.create_task(outcome(name, check)) for name, check in self.checks.items()}
        try:
            if running:
                # Not `timeout`: that would wait for a check that does not let itself be cancelled.
                await asyncio.wait(running.values(), timeout=self.deadline)
            return {name: task.result() if task.done() else "late" for name, task in running.items()}
        finally:
            for task in running.values():
                task.cancel()


async def outcome(name: str, check: Check) -> str:
    try:
        return "failed" if await check() is False else "ok"
    except Exception as problem:
        log.warning("A readiness check failed.", check=name, problem=repr(problem))
        return "failed"


def answer(status: int, body: Mapping[str, object]) -> Response:
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store"}, media_type="application/json")
