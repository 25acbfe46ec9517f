"""Posts that were published, and words on how they go on: who is told, in batches."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from hub.jobs.handlers import MORE, Again, Job
from hub.notifications.causes import Cause
from hub.notifications.concerned import Concerned, subject_of
from hub.notifications.inbox import put
from hub.notifications.outside.preferences import Channels
from hub.posts.notices import PostPublished, PostUpdated
from hub.store.database import Database, Transaction

Recipients = Callable[[Database, int, int, int], Awaitable[list[int]]]
"""Of a post: the people to be told, by rising ids, after this id, at most so many. Each room that knows some gives
one; who is known to several is told once."""

_TOLD = "f.level in ('DIGEST', 'ALL') and f.user_id > {as_id after}"
_OF_AUTHORS_AND_CLUBS = f"""
    select user_id from (
        select f.user_id from post_authors a join follows f on f.target_id = a.user_id and f.target_kind = 'USER'
        where a.post_id = :post and {_TOLD}
        union
        select f.user_id from post_clubs c join follows f on f.target_id = c.club_id and f.target_kind = 'CLUB'
        where c.post_id = :post and {_TOLD}) told
    order by user_id limit :size"""
_OF_POST = f"""
    select f.user_id from follows f where f.target_id = :post and f.target_kind = 'POST' and {_TOLD}
    order by f.user_id limit :size"""


async def followers_of_its_people(database: Database, post_id: int, after: int, size: int) -> list[int]:
    """Those who follow an author of the post, or a club that it addresses."""
    return await _ids(database, _OF_AUTHORS_AND_CLUBS, post_id, after, size)


async def followers_of_post(database: Database, post_id: int, after: int, size: int) -> list[int]:
    return await _ids(database, _OF_POST, post_id, after, size)


class TellingOfPosts:
    """The handler for one kind of entry; `batch` people are told in one transaction, which also says how far it came.
    `wake` is called with the streams that tell it, after the commit."""

    def __init__(
        self, kind: str, recipients: Sequence[Recipients], batch: int, channels: Channels, wake: Callable[..., None]
    ) -> None:
        self._kind = kind
        self._recipients = recipients
        self._batch = batch
        self._channels = channels
        self._wake = wake

    async def __call__(self, told: PostPublished | PostUpdated, job: Job) -> Again | None:
        subject = await subject_of(job.database, told.post_id)
        if subject is None or subject["author_id"] is None:
            return None
        people = await self._next(job, told.post_id)
        if not people:
            return None
        author = subject["author_id"]
        concerned = await Concerned.of(job.database, subject, people, [author])
        cause = Cause(self._kind, "POST", told.post_id, author, _fact(told))
        woken: list[int] = []

        async def work(transaction: Transaction) -> Mapping[str, Any]:
            woken.extend(
                await put(
                    transaction,
                    self._channels,
                    [(person, cause) for person in people if concerned.may_hear(person, author)],
                )
            )
            return {"after": people[-1]}

        await job.transact(work)
        self._wake(*woken)
        return MORE if len(people) == self._batch else None

    async def _next(self, job: Job, post_id: int) -> list[int]:
        """The next batch of all sources together: each gives its first ones, so the first of all are among these."""
        after = job.progress["after"] if job.progress else 0
        found = [await source(job.database, post_id, after, self._batch) for source in self._recipients]
        return sorted({person for people in found for person in people})[: self._batch]


def _fact(told: PostPublished | PostUpdated) -> int:
    return told.update_id if isinstance(told, PostUpdated) else told.post_id


async def _ids(database: Database, sql: str, post_id: int, after: int, size: int) -> list[int]:
    return [row["user_id"] for row in await database.fetch(sql, {"post": post_id, "after": after, "size": size})]
