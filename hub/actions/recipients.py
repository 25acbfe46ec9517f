"""Who is to hear of how it goes on with a post: those who take part in its action, by rising ids."""

from hub.store.database import Database

_TAKING_PART = """
    select p.user_id from actions a join participations p on p.action_id = a.id
    where a.post_id = :post and p.user_id is not null and p.user_id > {as_id after} and p.status = 'COUNTED'
    order by p.user_id limit :size"""


async def participants_of_post(database: Database, post_id: int, after: int, size: int) -> list[int]:
    """At most so many people with accounts, after an id."""
    rows = await database.fetch(_TAKING_PART, {"post": post_id, "after": after, "size": size})
    return [row["user_id"] for row in rows]
