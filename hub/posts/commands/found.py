"""What the commands of posts share: the post through the viewer, and what they answer."""

from dataclasses import dataclass
from typing import Any

from hub.live.backend import Backend
from hub.posts.loaders import post_by_id
from hub.refusals import ErrorCode, Refusal, ThrottleRefusal
from hub.store.audience import Viewer
from hub.store.ids import new_id
from hub.store.sql import Kind
from hub.store.tables import Row

TRIES = 5
"""Times that a command judges anew when what it judged has changed meanwhile."""
LINKS: dict[str, Kind] = {"link_id": "id", "ref_id": "id", "place": "int"}


@dataclass(frozen=True)
class Saved:
    """The id of what was written; `replayed` when an earlier call had done it."""

    id: int
    replayed: bool = False


async def found_post(backend: Backend, viewer: Viewer, post_id: int, argument: str = "id") -> Row:
    post = await post_by_id.row(backend.database, viewer, post_id)
    if post is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such post, or you may not see it: check the id.", argument)
    return post


def links(ref_ids: list[int]) -> list[dict[str, Any]]:
    """Rows of a link table, in order."""
    return [{"link_id": new_id(), "ref_id": ref_id, "place": place} for place, ref_id in enumerate(ref_ids)]


def busy() -> Refusal:
    return ThrottleRefusal(
        ErrorCode.OVERLOADED, "Too much is changing here right now: try again in a moment.", retry_after_ms=1_000
    )
