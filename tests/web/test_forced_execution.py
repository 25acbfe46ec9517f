"""`X-Hub-Plan: off`: staff may have a query executed, to compare; nobody else may choose the dearer way."""

import httpx2
import pytest
from starlette.applications import Starlette

from hub.graph.callers import Callers
from hub.graph.operations import Engine
from hub.live.backend import Backend
from hub.users.commands import issue_token
from hub.web.limits import Limits
from hub.web.routes import build

PAGE = "{ posts(first: 3) { nodes { title comments(first: 2) { nodes { author { handle } } } } } }"


@pytest.mark.parametrize(("handle", "planned"), [("otto", 0), ("ines", 1), (None, 1)])
async def test_staff_may_have_a_query_executed(story: Backend, handle: str | None, planned: int):
    settings = story.settings.model_copy(update={"plans": True, "plan_sights": 1})
    backend = Backend(settings, story.database, story.broker)
    callers = Callers(backend)
    engine = Engine(backend, callers)
    web = build(engine, callers, backend.relay, Limits(), {}, lambda caller: caller.viewer.user_id)
    headers = {"X-Hub-Plan": "off"}
    if handle is not None:
        headers["Authorization"] = f"Bearer {(await issue_token(story.database, handle, 1)).text}"
    transport = httpx2.ASGITransport(Starlette(routes=web.routes))
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as client:
        answer = await client.post("/graphql", json={"query": PAGE}, headers=headers)
    assert len(answer.json()["data"]["posts"]["nodes"]) == 3
    assert engine.planner.counters.answered.total() == planned
