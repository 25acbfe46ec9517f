"""An action of the demo's Nebraska post, and people who take part in it."""

import uuid
from typing import Any

from hub.actions.commands.asking import Asked
from hub.actions.commands.drafting import Part
from hub.actions.commands.participating import TookPart, participate
from hub.actions.commands.saving import save_action
from hub.live.backend import Backend
from hub.store.audience import Viewer
from tests.conftest import viewer_of

SIGN = {
    "kind": "SIGN",
    "verification": "ACCOUNT",
    "consent_text": "We keep your name until the petition is handed over.",
}


async def an_action(backend: Backend, **asked: Any) -> int:
    return await save_action(
        backend,
        await viewer_of(backend, "mara"),
        post_id=await a_post(backend),
        asked=Asked(**{**SIGN, **asked}),
    )


async def a_post(backend: Backend) -> int:
    rows = await backend.database.fetch("select id from posts where status = 'PUBLISHED' order by id limit 1")
    return rows[0]["id"]


async def sign(backend: Backend, viewer: Viewer, action_id: int, *, key: str | None = None, **said: Any) -> TookPart:
    part = Part(**{"consent": True, **said})
    return await participate(backend, viewer, action_id=action_id, part=part, key=key or uuid.uuid4().hex)


async def tally_of(backend: Backend, action_id: int) -> tuple[int, dict[str, int]]:
    (total,) = await backend.database.fetch(
        "select value from action_tallies where id = {as_id action}", {"action": action_id}
    )
    regions = await backend.database.fetch(
        "select region, value from action_region_tallies where action_id = {as_id action}", {"action": action_id}
    )
    return total["value"], {row["region"]: row["value"] for row in regions if row["value"]}


async def parts_of(backend: Backend, action_id: int) -> list[dict[str, Any]]:
    return await backend.database.fetch(
        "select * from participations where action_id = {as_id action} order by id", {"action": action_id}
    )
