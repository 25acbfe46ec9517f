import base64
import json
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types import Info
from tortoise.transactions import in_transaction

from hub.store.instants import now, to_text
from hub.text.markdown import cut, render
from tests.bench.pages.naive import models

T = TypeVar("T")
Row = strawberry.Private[Any]


def to_global(noun: str, row_id: int) -> strawberry.ID:
    return strawberry.ID(base64.b64encode(f"{noun}:{row_id}".encode()).decode())


def from_global(text: str) -> int:
    return int(base64.b64decode(text).decode().partition(":")[2])


def _cursor(*values: Any) -> str:
    parts = [to_text(value) if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


@strawberry.enum
class RsvpStatus(Enum):
    GOING = "GOING"
    MAYBE = "MAYBE"
    DECLINED = "DECLINED"


@strawberry.input
class TimeWindow:
    from_: datetime | None = strawberry.field(name="from", default=None)
    to: datetime | None = None


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Connection(Generic[T]):
    nodes: list[T]
    page_info: PageInfo


def _page(rows: list[Any], first: int, shown: Any, cursor: Any) -> Any:
    """The first of `first + 1` rows."""
    kept = rows[:first]
    end = cursor(kept[-1]) if kept else None
    return Connection(
        nodes=[shown(row) for row in kept], page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=end)
    )


@strawberry.type
class Count:
    value: int


@strawberry.type
class Body:
    html: str
    row: Row

    @strawberry.field
    def excerpt(self, chars: int = 200) -> str:
        return cut(self.row.body_excerpt, chars)


@strawberry.type
class Reaction:
    kind: str
    count: int


@strawberry.type
class Place:
    name: str | None


@strawberry.type
class RsvpCounts:
    going: int


@strawberry.type
class User:
    row: Row
    id: strawberry.ID
    display_name: str
    avatar_url: str | None
    joined_at: datetime

    @strawberry.field
    async def clubs(self, first: int = 20) -> Connection["Membership"]:
        rows = (
            await models.Membership.filter(user_id=self.row.id, status="ACTIVE")
            .order_by("since", "id")
            .limit(first + 1)
        )
        return _page(rows, first, lambda row: Membership(row=row), lambda row: _cursor(row.since, row.id))


def _user(row: Any) -> User:
    return User(
        row=row,
        id=to_global("User", row.id),
        display_name=row.display_name,
        avatar_url=row.avatar_url,
        joined_at=row.joined_at,
    )


@strawberry.type
class Membership:
    row: Row

    @strawberry.field
    async def club(self, info: Info) -> "Club":
        return _club(await info.context["clubs"].load(self.row.club_id))


@strawberry.type
class Rsvp:
    row: Row

    @strawberry.field
    async def user(self, info: Info) -> User:
        return _user(await info.context["users"].load(self.row.user_id))


@strawberry.type
class Event:
    row: Row
    id: strawberry.ID
    title: str
    starts_at: datetime
    place: Place
    counts: RsvpCounts

    @strawberry.field
    async def hosts(self, info: Info) -> list[User]:
        links = await models.EventHost.filter(event_id=self.row.pk).order_by("position", "id")
        return [_user(row) for row in await info.context["users"].load_many([link.user_id for link in links])]

    @strawberry.field
    async def rsvps(self, first: int = 20, status: RsvpStatus | None = None) -> Connection[Rsvp]:
        found = models.Rsvp.filter(event_id=self.row.pk, public_attendance=True)
        if status is not None:
            found = found.filter(status=status.value)
        rows = await found.order_by("at", "id").limit(first + 1)
        return _page(rows, first, lambda row: Rsvp(row=row), lambda row: _cursor(row.at, row.id))


def _event(row: Any) -> Event:
    return Event(
        row=row,
        id=to_global("Event", row.pk),
        title=row.title,
        starts_at=row.starts_at,
        place=Place(name=row.place_name),
        counts=RsvpCounts(going=row.going_count),
    )


@strawberry.type
class Club:
    row: Row
    id: strawberry.ID
    name: str
    about: Body
    member_count: Count

    @strawberry.field
    async def events(self, first: int = 20, window: TimeWindow | None = None) -> Connection[Event]:
        found = models.Event.filter(club_id=self.row.id, subject__visibility="PUBLIC")
        if window and window.from_:
            found = found.filter(starts_at__gte=window.from_)
        if window and window.to:
            found = found.filter(starts_at__lt=window.to)
        rows = await found.order_by("starts_at", "subject_id").limit(first + 1)
        return _page(rows, first, _event, lambda row: _cursor(row.starts_at, row.pk))

    @strawberry.field
    async def posts(self, info: Info, first: int = 20) -> Connection["Post"]:
        found = models.PostClub.filter(club_id=self.row.id).order_by("-listed_at", "-post_id")
        links = await found.limit(first + 1)
        loaded = await info.context["posts"].load_many([link.post_id for link in links])
        rows = [row for row in loaded if row.status == "PUBLISHED" and row.subject.visibility == "PUBLIC"]
        return _page(rows, first, _post, lambda row: _cursor(row.listed_at, row.pk))


def _club(row: Any) -> Club:
    return Club(
        row=row,
        id=to_global("Club", row.id),
        name=row.name,
        about=Body(html=row.body_html, row=row),
        member_count=Count(value=row.member_count),
    )


@strawberry.type
class Comment:
    row: Row
    id: strawberry.ID
    number: int
    created_at: datetime
    reply_count: int
    body: Body

    @strawberry.field
    async def author(self, info: Info) -> User | None:
        return _user(await info.context["users"].load(self.row.author_id))

    @strawberry.field
    async def subject(self, info: Info) -> "Post":
        return _post(await info.context["posts"].load(self.row.subject_id))

    @strawberry.field
    async def replies(self, first: int = 10) -> Connection["Comment"]:
        rows = await models.Comment.filter(parent_id=self.row.id).order_by("number").limit(first + 1)
        return _comments(rows, first)


def _comment(row: Any) -> Comment:
    return Comment(
        row=row,
        id=to_global("Comment", row.id),
        number=row.number,
        created_at=row.created_at,
        reply_count=row.reply_count,
        body=Body(html=row.body_html, row=row),
    )


def _comments(rows: list[Any], first: int) -> Connection[Comment]:
    return _page(rows, first, _comment, lambda row: _cursor(row.number))


@strawberry.type
class Post:
    row: Row
    id: strawberry.ID
    title: str
    published_at: datetime | None
    body: Body
    comment_count: Count

    @strawberry.field
    async def reactions(self) -> list[Reaction]:
        rows = await models.ReactionTally.filter(target_id=self.row.pk, count__gt=0).order_by("kind")
        return [Reaction(kind=row.kind, count=row.count) for row in rows]

    @strawberry.field
    async def authors(self, info: Info) -> list[User]:
        links = await models.PostAuthor.filter(post_id=self.row.pk).order_by("position", "id")
        return [_user(row) for row in await info.context["users"].load_many([link.user_id for link in links])]

    @strawberry.field
    async def comments(self, first: int = 20) -> Connection[Comment]:
        found = models.Comment.filter(subject_id=self.row.pk, parent_id__isnull=True)
        return _comments(await found.order_by("-number").limit(first + 1), first)


def _post(row: Any) -> Post:
    return Post(
        row=row,
        id=to_global("Post", row.pk),
        title=row.title,
        published_at=row.published_at,
        body=Body(html=row.body_html, row=row),
        comment_count=Count(value=row.subject.comment_count),
    )


@strawberry.type
class Thread:
    row: Row
    id: strawberry.ID
    title: str
    created_at: datetime
    body: Body
    comment_count: Count

    @strawberry.field
    async def author(self, info: Info) -> User | None:
        return _user(await info.context["users"].load(self.row.subject.author_id))

    @strawberry.field
    async def comments(self, first: int = 20) -> Connection[Comment]:
        found = models.Comment.filter(subject_id=self.row.pk, parent_id__isnull=True)
        return _comments(await found.order_by("number").limit(first + 1), first)


def _thread(row: Any) -> Thread:
    return Thread(
        row=row,
        id=to_global("Thread", row.pk),
        title=row.title,
        created_at=row.subject.created_at,
        body=Body(html=row.body_html, row=row),
        comment_count=Count(value=row.subject.comment_count),
    )


@strawberry.type
class Query:
    @strawberry.field
    async def post(self, id: strawberry.ID) -> Post | None:
        found = models.Post.get_or_none(subject_id=from_global(id), subject__visibility="PUBLIC")
        row = await found.select_related("subject")
        return _post(row) if row else None

    @strawberry.field
    async def posts(self, first: int = 20) -> Connection[Post]:
        found = models.Post.filter(status="PUBLISHED", subject__visibility="PUBLIC").select_related("subject")
        rows = await found.order_by("-listed_at", "-subject_id").limit(first + 1)
        return _page(rows, first, _post, lambda row: _cursor(row.listed_at, row.pk))

    @strawberry.field
    async def thread(self, id: strawberry.ID) -> Thread | None:
        found = models.Thread.get_or_none(subject_id=from_global(id), subject__visibility="PUBLIC")
        row = await found.select_related("subject")
        return _thread(row) if row else None

    @strawberry.field
    async def club(self, id: strawberry.ID) -> Club | None:
        row = await models.Club.get_or_none(id=from_global(id), visibility="PUBLIC")
        return _club(row) if row else None

    @strawberry.field
    async def user(self, handle: str) -> User | None:
        row = await models.User.get_or_none(handle_key=handle.lower())
        return _user(row) if row else None


@strawberry.type
class UserError:
    code: str


@strawberry.input
class AddCommentInput:
    subject_id: strawberry.ID
    body: str
    idempotency_key: strawberry.ID


@strawberry.type
class AddCommentPayload:
    comment: Comment | None
    errors: list[UserError]


AddComment = Annotated[AddCommentInput, strawberry.argument(name="input")]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def add_comment(self, info: Info, given: AddComment) -> AddCommentPayload:
        found = models.Token.get_or_none(
            digest=info.context["digest"], revoked_at__isnull=True, expires_at__gt=datetime.now(UTC)
        )
        if (token := await found) is None:
            return AddCommentPayload(comment=None, errors=[UserError(code="UNAUTHENTICATED")])
        text = render(given.body)
        async with in_transaction():
            subject = await models.Subject.select_for_update().get(id=from_global(given.subject_id))
            subject.last_number += 1
            subject.comment_count += 1
            subject.last_activity_at = now()
            await subject.save(update_fields=["last_number", "comment_count", "last_activity_at"])
            row = await models.Comment.create(
                subject=subject,
                subject_kind="POST",
                number=subject.last_number,
                path=f"{subject.last_number:010d}",
                author_id=token.user_id,
                body_source=text.source,
                body_html=text.html,
                body_excerpt=text.excerpt,
                created_at=now(),
            )
        return AddCommentPayload(comment=_comment(row), errors=[])


schema = strawberry.Schema(Query, Mutation, extensions=[ParserCache, ValidationCache])
