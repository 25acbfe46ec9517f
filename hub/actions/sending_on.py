"""Sending people on to where an action goes on: by the action's id, to the address that is stored, and counted."""

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from hub.actions.loaders import action_by_id
from hub.live.backend import Backend
from hub.posts.loaders import post_by_id
from hub.refusals import ThrottleRefusal
from hub.store.audience import NOBODY
from hub.store.reader import Reader

PATH = "/out/"
_TOGETHER, _QUEUE = 1_000, 10_000
_ROBOTS = re.compile(
    r"bot|crawl|spider|slurp|preview|facebookexternalhit|curl|wget|python|monitor|headless", re.IGNORECASE
)


async def address_of(backend: Backend, action_id: int) -> str | None:
    """None where there is no such action for everybody, or it goes on nowhere."""
    reader = Reader(backend.database, NOBODY)
    action = await reader.one(action_by_id, action_id)
    if action is None or await reader.one(post_by_id, action["post_id"]) is None:
        return None
    return action["external_url"]


async def count(backend: Backend, action_id: int) -> None:
    """Those who are sent on at the same time are written together; who would wait too long is not counted."""
    lanes = backend.lanes("clicks", partial(_write, backend), batch=_TOGETHER, queue=_QUEUE)
    with suppress(ThrottleRefusal):
        await lanes.put(action_id, None)


def is_person(method: str, headers: Mapping[str, str]) -> bool:
    """No robot that says so, and nobody who only fetches ahead."""
    ahead = f"{headers.get('sec-purpose', '')} {headers.get('purpose', '')}"
    agent = headers.get("user-agent", "")
    return method == "GET" and "prefetch" not in ahead and bool(agent) and _ROBOTS.search(agent) is None


async def _write(backend: Backend, action_id: int, clicks: list[None]) -> list[None]:
    await backend.database.write(
        "update action_tallies set clicks = clicks + {as_int number} where id = {as_id id}",
        {"number": len(clicks), "id": action_id},
    )
    return clicks
