"""Which people each kind of fact concerns; nobody, once what happened is no longer so."""

from collections.abc import Awaitable, Callable

from hub.notifications.audiences import Branch, comers, followers, guests, owners, participants, person
from hub.store.database import Database
from hub.users.happenings import Happened


async def concerned_by(database: Database, happened: Happened) -> list[Branch]:
    if happened.person_id is not None:
        return [person(happened.person_id)]
    if happened.kind in _FOUND:
        return await _FOUND[happened.kind](database, happened)
    target = happened.target_kind, happened.target_id
    return [followers(*target), *(also(target[1]) for also in _ALSO.get(happened.kind, ()))]


async def _author_of(database: Database, happened: Happened) -> list[Branch]:
    """Of what was reacted to, while the reaction stands."""
    table = "comments" if happened.target_kind == "COMMENT" else "subjects"
    rows = await database.fetch(
        f"""select t.author_id from {table} t join reactions r on r.target_id = t.id
            where t.id = :target and r.id = :ref and t.author_id is not null""",
        {"target": happened.target_id, "ref": happened.ref_id},
    )
    return [person(row["author_id"]) for row in rows]


async def _deciders_of(database: Database, happened: Happened) -> list[Branch]:
    """While the person asks to join."""
    rows = await database.fetch(
        "select club_id from memberships where club_id = :club and user_id = :person and status = 'REQUESTED'",
        {"club": happened.target_id, "person": happened.actor_id},
    )
    return [owners(row["club_id"]) for row in rows]


async def _readers_of_its_people(database: Database, happened: Happened) -> list[Branch]:
    """Those who follow an author of the post, or a club that it addresses."""
    rows = await database.fetch(
        """select 'USER' as kind, user_id as id from post_authors where post_id = :post
           union all select 'CLUB' as kind, club_id as id from post_clubs where post_id = :post""",
        {"post": happened.target_id},
    )
    return [followers(row["kind"], row["id"]) for row in rows]


async def _followers_of_continued(database: Database, happened: Happened) -> list[Branch]:
    """Those who follow the thread that the post continues."""
    rows = await database.fetch(
        "select continues_id from posts where id = :post and continues_id is not null", {"post": happened.target_id}
    )
    return [followers("THREAD", row["continues_id"]) for row in rows]


async def _followers_of_frozen(database: Database, happened: Happened) -> list[Branch]:
    """While it is frozen: of a thread also those who follow its category, unless they hear of that as a whole."""
    target = followers(happened.target_kind, happened.target_id)
    if happened.target_kind == "CATEGORY":
        sql = "select null as category_id from categories where id = :id and frozen_at <= {now}"
    else:
        sql = """select (select c.id from categories c where c.id = s.category_id
                and (c.frozen_at is null or c.frozen_at > {now})) as category_id
            from subjects s where s.id = :id and s.frozen_at <= {now}"""
    rows = await database.fetch(sql, {"id": happened.target_id})
    return [target, *(followers("CATEGORY", row["category_id"]) for row in rows if row["category_id"])] if rows else []


async def _comers_of(database: Database, happened: Happened) -> list[Branch]:
    """While it begins at that time."""
    rows = await database.fetch(
        "select id from events where id = :event and starts_at = {as_instant at} and status <> 'CANCELLED'",
        {"event": happened.target_id, "at": happened.at},
    )
    return [comers(row["id"]) for row in rows]


_ALSO: dict[str, tuple[Callable[[int], Branch], ...]] = {
    "POST_UPDATE": (participants,),
    "OFFICIAL_RESPONSE": (participants,),
    "ACTION_MILESTONE": (participants,),
    "EVENT_CHANGED": (guests,),
    "EVENT_CANCELLED": (guests,),
}
"""Who hears of it beside those who follow."""

_FOUND: dict[str, Callable[[Database, Happened], Awaitable[list[Branch]]]] = {
    "REACTION": _author_of,
    "MEMBERSHIP_REQUESTED": _deciders_of,
    "EVENT_REMINDER": _comers_of,
    "THREAD_ARCHIVED": _followers_of_frozen,
    "POST_PUBLISHED": _readers_of_its_people,
    "SUCCESSOR_OPENED": _followers_of_continued,
}
"""Whom it takes a look to find."""
