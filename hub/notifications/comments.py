"""Comments that were written: who is told, in batches, and who follows from now on."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.comments.notices import Written
from hub.jobs.handlers import MORE, Again, Job
from hub.notifications.automatic import follow_by
from hub.notifications.causes import Cause
from hub.notifications.concerned import Concerned, subjects_of
from hub.notifications.inbox import put
from hub.notifications.loaders import followers_of
from hub.notifications.outside.preferences import Channels
from hub.store.audience import NOBODY
from hub.store.database import Database, Record, Transaction
from hub.store.loaders import Page, Rows
from hub.store.tables import Row
from hub.text.mentions import mentioned

_FEW = 50
"""Followers of each job who are found beside those of others, at least: most have no more."""
_PAIRS = 5_000
"""Of a follower and a comment, which jobs that share a transaction have at most: the event loop stands still over
them."""

Direct = dict[int, dict[int, Cause]]
"""By comment, and by the person whom it is meant for, whatever they follow."""


@dataclass(eq=False)
class _Work:
    """A job, what it is about, and the followers who are next."""

    job: Job
    subject: Row
    comments: Sequence[Record]
    followers: Rows = field(default_factory=lambda: Rows([]))

    @property
    def after(self) -> int:
        """The last follower who was told."""
        return self.job.progress["after"] if self.job.progress else 0

    @property
    def authors(self) -> set[int]:
        return {comment["author_id"] for comment in self.comments}

    @property
    def pairs(self) -> int:
        return len(self.followers.rows) * len(self.comments)

    def people(self, direct: Direct) -> set[int]:
        meant = {person for comment in self.comments for person in direct[comment["id"]]}
        return meant | {follower["user_id"] for follower in self.followers.rows}

    def told(self, direct: Direct) -> list[tuple[int, Cause]]:
        """Those whom it is meant for are told with the first followers; a follower is not told of it twice."""
        begins = self.job.progress is None
        meant = [one for comment in self.comments if begins for one in direct[comment["id"]].items()]
        heard = [
            (follower["user_id"], _reply_to(self.subject, comment, gathered=follower["level"] == "DIGEST"))
            for follower in self.followers.rows
            for comment in self.comments
            if follower["user_id"] not in direct[comment["id"]]
        ]
        return [*meant, *heard]

    def progress(self) -> dict[str, Any] | None:
        return {"after": self.followers.rows[-1]["user_id"]} if self.followers.has_next else None


class Telling:
    """The handler, of several jobs together; at most `batch` followers are told in one transaction, which also says how
    far it came: of as many jobs as have no more people than that, or of one. `wake` is called with the streams that
    tell it, after the commit."""

    def __init__(self, batch: int, channels: Channels, wake: Callable[..., None]) -> None:
        self._batch = batch
        self._channels = channels
        self._wake = wake

    async def __call__(self, given: Sequence[tuple[Written, Job]]) -> list[Again | None]:
        database = given[0][1].database
        works = await _works(database, given)
        if works:
            direct = await _direct(database, works)
            await _follow(database, works)
            await self._find_followers(database, works)
            for some in self._shares(works, direct):
                await self._tell(database, some, direct)
        unfinished = {work.job for work in works if work.followers.has_next}
        return [MORE if job in unfinished else None for _, job in given]

    async def _find_followers(self, database: Database, works: Sequence[_Work]) -> None:
        comments = sum(len(work.comments) for work in works)
        room = self._batch if len(works) == 1 else min(self._batch, max(_FEW, _PAIRS // comments))
        alike: dict[tuple[str, int], list[_Work]] = defaultdict(list)
        for work in works:
            alike[work.subject["kind"], work.after].append(work)
        for (kind, after), those in alike.items():
            page = Page(room, after=(after,))
            subjects = {work.subject["id"] for work in those}
            found = await followers_of(kind).load_many(database, NOBODY, list(subjects), page)
            for work in those:
                work.followers = found[work.subject["id"]]

    def _shares(self, works: Sequence[_Work], direct: Direct) -> Iterator[list[_Work]]:
        share: list[_Work] = []
        people: set[int] = set()
        for work in works:
            more = people | work.people(direct)
            if share and (len(more) > self._batch or sum(one.pairs for one in [*share, work]) > _PAIRS):
                yield share
                share, more = [], work.people(direct)
            share.append(work)
            people = more
        yield share

    async def _tell(self, database: Database, works: Sequence[_Work], direct: Direct) -> None:
        told = {work: work.told(direct) for work in works}
        concerned = await Concerned.of(
            database, [(work.subject, {person for person, _ in each}, work.authors) for work, each in told.items()]
        )
        heard = {
            work: [one for one in each if concerned.may_hear(one[0], work.subject, one[1].actor_id)]
            for work, each in told.items()
        }

        async def write(transaction: Transaction) -> list[Mapping[str, Any] | None]:
            woken.extend(await put(transaction, self._channels, [one for each in heard.values() for one in each]))
            return [work.progress() for work in works]

        woken: list[int] = []
        if any(heard[work] or work.followers.has_next for work in works):
            await Job.transact_together([work.job for work in works], write)
        self._wake(*woken)


async def _works(database: Database, given: Sequence[tuple[Written, Job]]) -> list[_Work]:
    """Those whose subject and comments are still there."""
    subjects = await subjects_of(database, {written.subject_id for written, _ in given})
    comments = await _comments(database, [comment for written, _ in given for comment in written.comment_ids])
    works: list[_Work] = []
    for written, job in given:
        shown = [comments[comment] for comment in written.comment_ids if comment in comments]
        if shown and written.subject_id in subjects:
            works.append(_Work(job, subjects[written.subject_id], shown))
    return works


async def _follow(database: Database, works: Sequence[_Work]) -> None:
    """Whoever comments follows from now on."""
    begun = (work for work in works if work.job.progress is None)
    commented = {(work.subject["kind"], work.subject["id"], author) for work in begun for author in work.authors}
    if commented:
        await follow_by(database, "COMMENTED", commented)


def _reply_to(subject: Row, comment: Record, *, gathered: bool) -> Cause:
    return Cause("REPLY", subject["kind"], subject["id"], comment["author_id"], comment["id"], gathered=gathered)


async def _comments(database: Database, ids: list[int]) -> dict[int, Record]:
    """Those that are still shown, each with the author of what it replies to."""
    rows = await database.fetch(
        """select c.id, c.subject_id, c.author_id, c.body_source, c.parent_id, p.author_id as answered_id
           from comments c left join comments p on p.id = c.parent_id
           where c.id {in ids} and c.status = 'PUBLISHED' and c.author_id is not null""",
        {"ids": ids},
    )
    return {row["id"]: row for row in rows}


async def _direct(database: Database, works: Sequence[_Work]) -> Direct:
    """A reply is for the author of what it replies to; who is also mentioned in it is told of the reply alone."""
    handles = {comment["id"]: mentioned(comment["body_source"]) for work in works for comment in work.comments}
    wanted = list({handle for names in handles.values() for handle in names})
    sql = "select id, handle_key from users where handle_key {in_text handles}"
    rows = await database.fetch(sql, {"handles": wanted}) if wanted else []
    people = {row["handle_key"]: row["id"] for row in rows}
    found: Direct = {}
    for subject, comment in ((work.subject, comment) for work in works for comment in work.comments):
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
