"""What a subject's stream tells, as the graph shows it: the same for subscriptions and for those who poll."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from hub.comments.loaders import comment_by_id
from hub.comments.notices import COMMENT_ADDED, COMMENT_CHANGED, COMMENT_GONE
from hub.graph.context import Context, Info
from hub.graph.ids import to_global
from hub.graph.scalars import LiveCursor
from hub.graph.subjects.types import ArchiveInfo, CommentingState
from hub.live import feed
from hub.live.cursor import LiveCursor as Position
from hub.refusals import ErrorCode, FieldRefusal
from hub.subjects.loaders import subject_by_id

Comment = Annotated["Comment", strawberry.lazy("hub.graph.comments.types")]
CommentStatus = Annotated["CommentStatus", strawberry.lazy("hub.graph.comments.types")]

_CURSOR = "Position after this change: hand it back as `after`."
_AT = "When it happened."


def _cursor() -> Any:
    return strawberry.field(description=_CURSOR)


def _at() -> Any:
    return strawberry.field(description=_AT)


@strawberry.interface(description="One change in a stream.")
class Change:
    cursor: LiveCursor = _cursor()
    at: datetime = _at()


@strawberry.type(description="A comment was written.")
class CommentAdded(Change):
    comment: Comment = strawberry.field(description="The comment as it is now.")


@strawberry.type(description="A comment was edited.")
class CommentChanged(Change):
    comment: Comment = strawberry.field(description="The comment as it is now; keep the highest `version`.")


@strawberry.type(description="A comment was removed or taken back.")
class CommentGone(Change):
    comment_id: strawberry.ID = strawberry.field(description="Which one.")
    status: CommentStatus = strawberry.field(description="What became of it.")


@strawberry.type(description="The subject was opened, locked, frozen, published or moved.")
class StateChanged(Change):
    commenting: CommentingState = strawberry.field(description="Whether it takes comments now.")
    archive: ArchiveInfo | None = strawberry.field(description="That and why it is frozen; null if it is not.")


@strawberry.type(description="The log no longer reaches back to the cursor: fetch anew, then go on from this one.")
class Resync(Change):
    reason: str = strawberry.field(description="Why, in words for developers.")


@strawberry.type(description="End of catch-up: from here on changes are live.")
class CaughtUp(Change):
    replayed: int = strawberry.field(description="How many notices were passed since the cursor, hidden ones included.")


CommentChange = Annotated[
    CommentAdded | CommentChanged | CommentGone | StateChanged | Resync | CaughtUp,
    strawberry.union("CommentChange", description="What a subject's stream tells."),
]


@strawberry.type(description="A page of changes for those who poll.")
class CommentChangeConnection:
    changes: list[CommentChange] = strawberry.field(
        description="Oldest first; what the viewer may not see is left out."
    )
    end_cursor: LiveCursor = strawberry.field(description="Position after this page, for the next `after`.")
    has_more: bool = strawberry.field(description="Whether more waits already.")


async def to_change(context: Context, item: feed.Item) -> Any | None:
    """The change to show, or None where there is nothing that this viewer may see now."""
    cursor = LiveCursor(str(item.cursor))
    if isinstance(item, feed.CaughtUp):
        return CaughtUp(cursor=cursor, at=item.at, replayed=item.replayed)
    if isinstance(item, feed.Resync):
        return Resync(cursor=cursor, at=item.at, reason=item.reason)
    notice = item.notice
    if notice.kind in {COMMENT_ADDED, COMMENT_CHANGED, COMMENT_GONE}:
        return await _comment_change(context, notice.kind, notice.ref_id, cursor, notice.at)
    return await _state_change(context, notice.stream_id, cursor, notice.at)


async def _comment_change(context: Context, kind: str, comment_id: int, cursor: LiveCursor, at: datetime) -> Any | None:
    row: Any = await context.reader.one(comment_by_id, comment_id)
    if row is None:
        return None
    gone = row["status"] not in {"PUBLISHED", "PENDING"}
    if kind == COMMENT_GONE:
        comment_id_text = strawberry.ID(to_global("Comment", comment_id))
        return CommentGone(cursor=cursor, at=at, comment_id=comment_id_text, status=row["status"]) if gone else None
    if gone:
        return None  # its own notice comes later in the stream
    shape = CommentAdded if kind == COMMENT_ADDED else CommentChanged
    return shape(cursor=cursor, at=at, comment=row)


async def _state_change(context: Context, subject_id: int, cursor: LiveCursor, at: datetime) -> Any | None:
    row: Any = await context.reader.one(subject_by_id, subject_id)
    if row is None:
        return None
    return StateChanged(cursor=cursor, at=at, commenting=row, archive=row if row["frozen_at"] else None)


async def page_of_changes(subject: Any, info: Info, after: str, first: int) -> Any:
    context = info.context
    if not 1 <= first <= context.settings.page_size:
        most = context.settings.page_size
        raise FieldRefusal(ErrorCode.INVALID, f"`first` is 1 to {most}.", "first", least=1, most=most)
    page = await feed.changes(context.backend.database, subject["id"], Position.parse(after, subject["id"]), first)
    shown = [change for item in page.items if (change := await to_change(context, item)) is not None]
    return CommentChangeConnection(changes=shown, end_cursor=LiveCursor(str(page.end)), has_more=page.has_more)
