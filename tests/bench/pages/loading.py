"""The community in the hub's own tables, as its commands would have left them, and kept for the next run.

What commands count is counted here by the database once all rows are in. The log is as after pruning: every notice
is older than what is kept, so streams stand at their last number and reach back no further.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from hub.settings import Settings
from hub.store.migrating import migrate
from hub.text.markdown import render
from tests.bench.pages.community import Club, Comment, Community, Event, Membership, Post, Rsvp, Sizes, Thread, User
from tests.bench.pages.stores import Store

_CATEGORIES = 20
_LOADED = "bench_loaded"
_ORGANIZER = {True: "ORGANIZER", False: "MEMBER"}
_TEXT = ("body_source", "body_html", "body_excerpt")
# Each comment and the publication of a post have been told.
_TOLD = """(select comment_count + case kind when 'POST' then 1 else 0 end
    from subjects where subjects.id = streams.id)"""
_SUBJECT = ("id", "kind", "author_id", "club_id", "category_id", "state", "created_at", "last_activity_at")


@dataclass(frozen=True)
class Ids:
    """Row ids: posts, threads and events share those of subjects; all others count from 1."""

    sizes: Sizes

    def post(self, number: int) -> int:
        return number

    def thread(self, number: int) -> int:
        return self.sizes.posts + number

    def event(self, number: int) -> int:
        return self.sizes.posts + self.sizes.threads + number

    def subject(self, kind: str, number: int) -> int:
        return {"POST": self.post, "THREAD": self.thread, "EVENT": self.event}[kind](number)


async def load(store: Store, sizes: Sizes, *, fresh: bool = False) -> bool:
    """Make sure the database holds the community; False when it did already."""
    if fresh:
        await store.drop()
    if await store.exists():
        await _ensure_whole(store)
        await migrate(Settings(database_url=store.url))
        await tidy(store, sizes)
        return False
    await store.create()
    await migrate(Settings(database_url=store.url))
    await fill(store, sizes)
    return True


async def fill(store: Store, sizes: Sizes) -> None:
    """The community into a migrated, empty database."""
    indexes = await store.take_indexes()
    await _Rows(store, sizes).write()
    await store.run(*_COUNTED, *indexes)
    await store.settle()
    last = (await store.values("select max(id) from comments"))[0]
    await store.run(f"create table {_LOADED} (last_comment bigint not null)", f"insert into {_LOADED} values ({last})")


async def tidy(store: Store, sizes: Sizes) -> None:
    """Take back what runs have written, so that the next one and the peers read the same."""
    written = f"(select id from subjects where kind = 'POST' and id <= {sizes.written_posts})"
    await store.run(
        f"delete from comments where subject_id in {written} and id > (select last_comment from {_LOADED})",
        "delete from log",
        "delete from idempotency",
        "delete from tokens",
        f"""update subjects set (comment_count, last_number, last_activity_at) =
                (select count(*), count(*), max(created_at) from comments where subject_id = subjects.id)
            where id in {written}""",
        f"update streams set last_seq = {_TOLD}, kept_from = {_TOLD} + 1 where id in {written}",
    )


async def _ensure_whole(store: Store) -> None:
    try:
        await store.values(f"select last_comment from {_LOADED}")
    except Exception as error:  # each driver has its own words for a table that is not there
        raise SystemExit(
            f"{store.url} was not filled to its end by this bench; --fresh drops and refills it"
        ) from error


_COUNTED = (
    """update subjects set comment_count = said.n, last_number = said.n, last_activity_at = said.at
       from (select subject_id, count(*) as n, max(created_at) as at from comments group by subject_id) said
       where said.subject_id = subjects.id""",
    """update comments set reply_count = answers.n
       from (select parent_id, count(*) as n from comments where parent_id is not null group by parent_id) answers
       where answers.parent_id = comments.id""",
    """update events set going_count = said.going, maybe_count = said.maybe, declined_count = said.declined
       from (select event_id, sum(case status when 'GOING' then 1 else 0 end) as going,
                 sum(case status when 'MAYBE' then 1 else 0 end) as maybe,
                 sum(case status when 'DECLINED' then 1 else 0 end) as declined
             from rsvps group by event_id) said
       where said.event_id = events.id""",
    """update clubs set member_count = (select count(*) from memberships where memberships.club_id = clubs.id)""",
    """update categories set thread_count =
           (select count(*) from subjects where subjects.kind = 'THREAD' and subjects.category_id = categories.id)""",
    "insert into streams (id, epoch, last_seq, kept_from) select id, id * 7919, 0, 1 from subjects",
    f"update streams set last_seq = {_TOLD}, kept_from = {_TOLD} + 1",
)


class _Rows:
    """Draws and writes table by table, in the order in which the community must be drawn."""

    def __init__(self, store: Store, sizes: Sizes) -> None:
        self._store = store
        self._ids = Ids(sizes)
        self._at = store.instant
        self._community = Community(sizes)

    async def write(self) -> None:
        drawn = self._community
        await self._users(drawn.users())
        await self._clubs(drawn.clubs())
        await self._memberships(drawn.memberships())
        await self._threads(list(drawn.threads()))
        await self._posts(list(drawn.posts()))
        await self._events(list(drawn.events()))
        await self._rsvps(drawn.rsvps())
        await self._comments(drawn.comments())

    async def _users(self, users: Iterable[User]) -> None:
        columns = ("id", "handle", "handle_key", "display_name", "avatar_url", *_TEXT, "joined_at")
        rows = (
            (u.number, u.handle, u.handle, u.name, u.avatar_url, *as_text(u.bio), self._at(u.joined)) for u in users
        )
        await self._store.copy("users", columns, rows)
        count = self._community.sizes.users
        await self._store.copy("accounts", ("id",), ((number,) for number in range(1, count + 1)))

    async def _clubs(self, clubs: Iterable[Club]) -> None:
        rows = ((c.number, f"club-{c.number}", c.name, *as_text(c.about), self._at(c.founded)) for c in clubs)
        await self._store.copy("clubs", ("id", "slug", "name", *_TEXT, "created_at"), rows)

    async def _memberships(self, memberships: Iterable[Membership]) -> None:
        rows = (
            (number, m.club, m.user, _ORGANIZER[m.organizes], self._at(m.since))
            for number, m in enumerate(memberships, 1)
        )
        await self._store.copy("memberships", ("id", "club_id", "user_id", "role", "since"), rows)

    async def _threads(self, threads: list[Thread]) -> None:
        categories = (
            (number, f"category-{number}", f"Category {number}", number) for number in range(1, _CATEGORIES + 1)
        )
        await self._store.copy("categories", ("id", "slug", "name", "position"), categories)
        subjects = (
            self._subject(self._ids.thread(t.number), "THREAD", t.author, t.club, t.at, 1 + t.number % _CATEGORIES)
            for t in threads
        )
        await self._store.copy("subjects", _SUBJECT, subjects)
        rows = ((self._ids.thread(t.number), f"thread-{t.number}", t.title, *as_text(t.body), "[]") for t in threads)
        await self._store.copy("threads", ("id", "slug", "title", *_TEXT, "tags"), rows)

    async def _posts(self, posts: list[Post]) -> None:
        # Published: the subject's state and the post's version have risen once.
        subjects = (self._subject(p.number, "POST", p.author, None, p.at, None, state=2) for p in posts)
        await self._store.copy("subjects", _SUBJECT, subjects)
        columns = ("id", "slug", "kind", "status", "title", *_TEXT, "tags", "regions", "published_at", "listed_at")
        rows = (
            (
                *(p.number, f"post-{p.number}", "STORY", "PUBLISHED", p.title, *as_text(p.body), "[]", "[]"),
                *(self._at(p.at), self._at(p.at), 2),
            )
            for p in posts
        )
        await self._store.copy("posts", (*columns, "version"), rows)
        authors = ((p.number, p.number, p.author, 0) for p in posts)
        await self._store.copy("post_authors", ("id", "post_id", "user_id", "position"), authors)
        addressed = ((p.number, p.number, p.club, 0, self._at(p.at)) for p in posts if p.club is not None)
        await self._store.copy("post_clubs", ("id", "post_id", "club_id", "position", "listed_at"), addressed)
        likes = ((p.number, p.number, "like", p.likes) for p in posts if p.likes)
        await self._store.copy("reaction_tallies", ("id", "target_id", "kind", "count"), likes)

    async def _events(self, events: list[Event]) -> None:
        subjects = (self._subject(self._ids.event(e.number), "EVENT", e.host, e.club, e.at, None) for e in events)
        await self._store.copy("subjects", _SUBJECT, subjects)
        columns = ("id", "slug", "club_id", "title", *_TEXT, "starts_at", "time_zone", "place_name")
        rows = (
            (
                *(self._ids.event(e.number), f"event-{e.number}", e.club, e.title, *as_text(e.title)),
                *(self._at(e.starts), "America/Chicago", e.place),
            )
            for e in events
        )
        await self._store.copy("events", columns, rows)
        hosts = ((e.number, self._ids.event(e.number), e.host, 0) for e in events)
        await self._store.copy("event_hosts", ("id", "event_id", "user_id", "position"), hosts)

    async def _rsvps(self, rsvps: Iterable[Rsvp]) -> None:
        rows = (
            (number, self._ids.event(r.event), r.user, r.status, self._at(r.at), self._at(r.at))
            for number, r in enumerate(rsvps, 1)
        )
        await self._store.copy("rsvps", ("id", "event_id", "user_id", "status", "at", "updated_at"), rows)

    async def _comments(self, comments: Iterable[Comment]) -> None:
        columns = ("id", "subject_id", "subject_kind", "number", "parent_id", "root_id", "path", "depth", "author_id")
        await self._store.copy(
            "comments", (*columns, *_TEXT, "created_at", "idempotency_key"), self._comment_rows(comments)
        )

    def _comment_rows(self, comments: Iterable[Comment]) -> Iterator[tuple[Any, ...]]:
        texts: dict[str, tuple[str, str, str]] = {}
        for c in comments:
            text = texts.get(c.body) or texts.setdefault(c.body, as_text(c.body))
            above = "" if c.above is None else f"{c.above:010d}."
            yield (
                *(c.number, self._ids.subject(c.kind, c.subject), c.kind, c.place, c.parent, c.parent),
                *(f"{above}{c.place:010d}", int(c.parent is not None), c.author, *text, self._at(c.at)),
                f"key-{c.number}",
            )

    def _subject(
        self, id: int, kind: str, author: int, club: int | None, at: int, category: int | None, state: int = 1
    ) -> tuple[Any, ...]:
        return (id, kind, author, club, category, state, self._at(at), self._at(at))


def as_text(source: str) -> tuple[str, str, str]:
    """Source, HTML and excerpt: as `render` makes them of plain words, which are all there is; a test holds it to that."""
    return source, f"<p>{source}</p>\n", source if len(source) <= 500 else render(source).excerpt
