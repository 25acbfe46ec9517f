"""Following by taking part: what a person began, answers for or belongs to, as far as the person wants that."""

from collections.abc import Collection

from hub.store.database import Database
from hub.store.ids import new_id
from hub.store.sql import Kind, records, to_json

_WHO: dict[str, Kind] = {"id": "id", "person": "id"}


async def follow_by(database: Database, reason: str, target: tuple[str, int], people: Collection[int]) -> None:
    """These follow the target from now on, all of it, for this reason; who followed it or chose otherwise as before."""
    kind, target_id = target
    who = [{"id": new_id(), "person": person} for person in sorted(people)]
    await database.write(
        f"""insert into follows (id, user_id, target_kind, target_id, level, reason, since)
            select id, person, :kind, {{as_id target}}, 'ALL', :reason, {{now}}
            from {records("who", _WHO, database.dialect)}
            where not exists (select 1 from notification_settings s
                where s.id = person and s.follows_by is not null and s.follows_by not like :wanted)
            on conflict (user_id, target_id, target_kind) do nothing""",
        {"kind": kind, "target": target_id, "reason": reason, "wanted": f"%{reason}%", "who": to_json(who)},
    )


async def unfollow_by(database: Database, reason: str, target: tuple[str, int], person: int) -> None:
    """The reason is gone, and with it a follow that had no other one."""
    kind, target_id = target
    await database.write(
        """delete from follows where user_id = {as_id user} and target_id = {as_id target} and target_kind = :kind
           and reason = :reason""",
        {"user": person, "target": target_id, "kind": kind, "reason": reason},
    )
