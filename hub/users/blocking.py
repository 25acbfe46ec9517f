"""Blocks: whose comments a person wants folded, and who shall not reach them by mentions and replies."""

from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Viewer
from hub.store.database import Database
from hub.store.ids import new_id
from hub.users.loaders import user_by_id
from hub.users.rules import ensure_may_block, ensure_signed_in


async def block(backend: Backend, viewer: Viewer, *, person_id: int) -> bool:
    """Want to read nothing of this person; True when that was so before."""
    user_id = ensure_signed_in(viewer)
    person = await user_by_id.row(backend.database, viewer, person_id)
    if person is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such person: check the id.", "userId")
    ensure_may_block(viewer, person)
    made = await backend.database.write(
        """insert into blocks (id, user_id, blocked_id, at) values ({as_id id}, {as_id user}, {as_id person}, {now})
           on conflict (user_id, blocked_id) do nothing returning id""",
        {"id": new_id(), "user": user_id, "person": person_id},
    )
    return not made


async def unblock(backend: Backend, viewer: Viewer, *, person_id: int) -> bool:
    """Read this person again; True when that was so before."""
    user_id = ensure_signed_in(viewer)
    ended = await backend.database.write(
        "delete from blocks where user_id = {as_id user} and blocked_id = {as_id person} returning id",
        {"user": user_id, "person": person_id},
    )
    return not ended


async def reachable(database: Database, actor_id: int, person_ids: list[int]) -> list[int]:
    """Those of these people whom what the actor does may notify: none who blocked the actor."""
    blocked = await who_blocked(database, [actor_id], person_ids)
    return [person for person in person_ids if (person, actor_id) not in blocked]


async def who_blocked(database: Database, actor_ids: list[int], person_ids: list[int]) -> set[tuple[int, int]]:
    """The pairs of a person and an actor whom that person blocked, of these people and actors."""
    rows = await database.fetch(
        "select user_id, blocked_id from blocks where blocked_id {in actors} and user_id {in people}",
        {"actors": actor_ids, "people": person_ids},
    )
    return {(row["user_id"], row["blocked_id"]) for row in rows}
