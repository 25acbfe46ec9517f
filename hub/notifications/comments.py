"""Comments that were written: who is told, in batches, and who follows from now on."""

from collections.abc import Callable, Mapping
from typing import Any

from hub.comments.notices import Written
from hub.jobs.handlers import MORE, Again, Job
from hub.notifications.automatic import follow_by
from hub.notifications.causes import Cause
from hub.notifications.concerned import Concerned, subject_of
from hub.notifications.inbox import put
from hub.notifications.outside.preferences import Channels
from hub.store.database import Database, Record, Transaction
from hub.store.tables import Row
from hub.text.mentions import mentioned

_FOLLOWERS = """
    select user_id, level from follows
    where target_id = :subject and target_kind = :kind and level in ('DIGEST', 'ALL') and user_id > {as_id after}
    order by user_id limit :size"""

Direct = dict[int, dict[int, Cause]]
"""By comment, and by the person whom it is meant for, whatever they follow."""


class Telling:
    """The handler; `batch` people are told in one transaction, which also says how far it came. `wake` is called
    with the streams that tell it, after the commit."""

    def __init__(self, batch: int, channels: Channels, wake: Callable[..., None]) -> None:
        self._batch = batch
        self._channels = channels
        self._wake = wake

    async def __call__(self, written: Written, job: Job) -> Again | None:
        subject = await subject_of(job.database, written.subject_id)
        comments = await _comments(job.database, written.comment_ids)
        if subject is None or not comments:
            return None
        direct = await _direct(job.database, subject, comments)
        if job.progress is None:
            await follow_by(job.database, "COMMENTED", (subject["kind"], subject["id"]), _authors(comments))
        followers = await self._followers(job, subject)
        told = await _told(job.database, subject, comments, direct, followers, first=job.progress is None)
        if told or followers:
            await self._tell(job, told, {"after": max(followers, default=0)})
        return MORE if len(followers) == self._batch else None

    async def _followers(self, job: Job, subject: Row) -> dict[int, str]:
        """The next ones, each with the level."""
        after = job.progress["after"] if job.progress else 0
        where = {"subject": subject["id"], "kind": subject["kind"], "after": after, "size": self._batch}
        return {row["user_id"]: row["level"] for row in await job.database.fetch(_FOLLOWERS, where)}

    async def _tell(self, job: Job, told: list[tuple[int, Cause]], progress: Mapping[str, Any]) -> None:
        async def work(transaction: Transaction) -> Mapping[str, Any]:
            woken.extend(await put(transaction, self._channels, told))
            return progress

        woken: list[int] = []
        await job.transact(work)
        self._wake(*woken)


async def _told(
    database: Database, subject: Row, comments: list[Record], direct: Direct, followers: dict[int, str], *, first: bool
) -> list[tuple[int, Cause]]:
    """Those whom it is meant for are told with the first followers; a follower is not told of it twice."""
    meant = [(person, cause) for each in direct.values() for person, cause in each.items()] if first else []
    heard = [
        (person, _reply_to(subject, comment, gathered=level == "DIGEST"))
        for person, level in followers.items()
        for comment in comments
        if person not in direct[comment["id"]]
    ]
    told = [(person, cause) for person, cause in [*meant, *heard] if person != cause.actor_id]
    if not told:
        return []
    concerned = await Concerned.of(database, subject, {person for person, _ in told}, _authors(comments))
    return [(person, cause) for person, cause in told if concerned.may_hear(person, cause.actor_id)]


def _reply_to(subject: Row, comment: Record, *, gathered: bool) -> Cause:
    return Cause("REPLY", subject["kind"], subject["id"], comment["author_id"], comment["id"], gathered=gathered)


async def _comments(database: Database, ids: list[int]) -> list[Record]:
    """Those that are still shown, in order, each with the author of what it replies to."""
    return await database.fetch(
        """select c.id, c.author_id, c.body_source, c.parent_id, p.author_id as answered_id
           from comments c left join comments p on p.id = c.parent_id
           where c.id {in ids} and c.status = 'PUBLISHED' and c.author_id is not null order by c.number""",
        {"ids": ids},
    )


async def _direct(database: Database, subject: Row, comments: list[Record]) -> Direct:
    """A reply is for the author of what it replies to; who is also mentioned in it is told of the reply alone."""
    handles = {comment["id"]: mentioned(comment["body_source"]) for comment in comments}
    wanted = list({handle for names in handles.values() for handle in names})
    sql = "select id, handle_key from users where handle_key {in_text handles}"
    rows = await database.fetch(sql, {"handles": wanted}) if wanted else []
    people = {row["handle_key"]: row["id"] for row in rows}
    found: Direct = {}
    for comment in comments:
        by, meant = comment["author_id"], dict[int, Cause]()
        answered = comment["answered_id"] if comment["parent_id"] is not None else subject["author_id"]
        if answered is not None:
            above = comment["parent_id"]
            target = ("COMMENT", above) if above is not None else (subject["kind"], subject["id"])
            meant[answered] = Cause("REPLY", *target, by, comment["id"])
        for handle in handles[comment["id"]]:
            if handle in people:
                meant.setdefault(people[handle], Cause("MENTION", "COMMENT", comment["id"], by, comment["id"]))
        found[comment["id"]] = meant
    return found


def _authors(comments: list[Record]) -> set[int]:
    return {comment["author_id"] for comment in comments}
