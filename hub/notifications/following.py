"""What a person wants to hear of: chosen by hand, or by taking part."""

from datetime import datetime

from hub.live.backend import Backend
from hub.notifications.rules import ensure_ahead
from hub.notifications.targets import BY_KIND
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Viewer
from hub.store.ids import new_id
from hub.users.rules import ensure_signed_in


async def follow(
    backend: Backend, viewer: Viewer, *, kind: str, target_id: int, level: str, muted_until: datetime | None
) -> int:
    """Follow a thing that the viewer sees, or follow it otherwise; the follow's id. Once a person by nature."""
    user_id = ensure_signed_in(viewer)
    ensure_ahead(muted_until)
    if await BY_KIND[kind].row(backend.database, viewer, target_id) is None:
        raise Refusal(
            ErrorCode.NOT_FOUND, "There is no such thing to follow, or you may not see it: check the id.", "targetId"
        )
    if (kind, target_id) == ("USER", user_id):
        raise Refusal(ErrorCode.INVALID, "You cannot follow yourself: choose somebody else.", "targetId")
    rows = await backend.database.write(
        """insert into follows (id, user_id, target_kind, target_id, level, reason, since, muted_until)
           values ({as_id id}, {as_id user}, :kind, {as_id target}, :level, 'MANUAL', {now}, {as_instant until})
           on conflict (user_id, target_id, target_kind)
           do update set level = excluded.level, reason = excluded.reason, muted_until = excluded.muted_until
           returning id""",
        {
            "id": new_id(),
            "user": user_id,
            "kind": kind,
            "target": target_id,
            "level": level,
            "until": muted_until,
        },
    )
    return rows[0]["id"]


async def unfollow(backend: Backend, viewer: Viewer, *, kind: str, target_id: int) -> bool:
    """Follow a thing no longer, whether it is still seen or not; True when that was so before."""
    ended = await backend.database.write(
        """delete from follows
           where user_id = {as_id user} and target_id = {as_id target} and target_kind = :kind returning id""",
        {"user": ensure_signed_in(viewer), "target": target_id, "kind": kind},
    )
    return not ended
