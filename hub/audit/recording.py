from typing import Any, Literal

from hub.store.audience import Viewer
from hub.store.chain import Step
from hub.store.ids import new_id
from hub.store.sql import Kind

Target = Literal["User", "PartnerApp", "Club", "Category", "Thread", "Post", "Topic", "Event", "Comment"]

SHELL = Viewer(request_id="shell")
"""Who acts by the `hub` command: nobody that the hub knows by name."""

ENTRIES: dict[str, Kind] = {
    "entry_id": "id",
    "actor_id": "id",
    "app_id": "id",
    "action": "text",
    "target_kind": "text",
    "target_id": "id",
    "club_id": "id",
    "before": "json",
    "after": "json",
    "reason": "text",
    "request_id": "text",
}
RECORD = Step(
    "audited",
    """insert into audit_log (id, at, actor_id, app_id, action, target_kind, target_id, club_id, before, after, reason,
           request_id)
       select entry_id, {now}, actor_id, app_id, action, target_kind, target_id, club_id, before, after, reason,
           request_id from entries where exists (select 1 from taken)
       returning id""",
)
"""The step that stores the records `entries`; the step that they tell of must be called `taken`."""


def entry(
    actor: Viewer,
    action: str,
    target: tuple[Target, int],
    *,
    club_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> list[dict[str, Any]]:
    """One record for `RECORD`. `before` and `after` name what changed, and hold no secret and no mail address."""
    kind, target_id = target
    return [
        {
            "entry_id": new_id(),
            "actor_id": actor.user_id,
            "app_id": actor.app_id,
            "action": action,
            "target_kind": kind,
            "target_id": target_id,
            "club_id": club_id,
            "before": before,
            "after": after,
            "reason": reason,
            "request_id": actor.request_id,
        }
    ]
