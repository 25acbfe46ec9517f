"""What a subject's stream tells, as the graph shows it: the same for subscriptions and for those who poll."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import strawberry

from hub.comments.loaders import comment_by_id, reaction_tallies_of_target
from hub.comments.notices import COMMENT_ADDED, COMMENT_CHANGED, COMMENT_GONE
from hub.graph.context import Context, Info
from hub.graph.declarations import LISTING_LIMIT
from hub.graph.ids import to_global
from hub.graph.lazy import lazy
from hub.graph.live import LOST
from hub.graph.scalars import LiveCursor
from hub.graph.subjects.types import ArchiveInfo, CommentingState
from hub.live import feed
from hub.live.cursor import LiveCursor as Position
from hub.live.log import Notice
from hub.refusals import ErrorCode, FieldRefusal
from hub.store.loaders import Page
from hub.subjects.loaders import subject_by_id

Comment = Annotated["Any", lazy("hub.graph.comments.types", "Comment")]
CommentStatus = Annotated["Any", lazy("hub.graph.comments.types", "CommentStatus")]
ReactionTally = Annotated["Any", lazy("hub.graph.comments.types", "ReactionTally")]

COMMENTS = frozenset({COMMENT_ADDED, COMMENT_CHANGED, COMMENT_GONE})

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


@strawberry.type(description="What is counted beside the comments; at most one in 2 s (`HUB_LIVE_TALLY_INTERVAL`).")
class TallyChanged(Change):
    comment_count: int | None = strawberry.field(description="Comments that are shown, replies included.")
    reactions: list[ReactionTally] | None = strawberry.field(description="Reactions to the subject itself.")


@strawberry.type(description="More comments at once than `maxPerSecond`: fetch them by `changes` or page by page.")
class Burst(Change):
    count: int = strawberry.field(description="How many that the viewer may see; some of them may have come before.")
    first_id: strawberry.ID = strawberry.field(description="The first of them.")
    last_id: strawberry.ID = strawberry.field(description="The last of them.")


@strawberry.type(description="Nothing to show for 30 s (`HUB_LIVE_HEARTBEAT`); the cursor has passed what is hidden.")
class Heartbeat(Change):
    pass


@strawberry.type(description="This server goes away: leave now, come back after `afterMs` and up to `jitterMs` more.")
class ReconnectAdvice(Change):
    after_ms: int = strawberry.field(description="Milliseconds to wait at least.")
    jitter_ms: int = strawberry.field(description="Milliseconds of which to wait a random part more.")


CommentChange = Annotated[
    CommentAdded
    | CommentChanged
    | CommentGone
    | TallyChanged
    | StateChanged
    | Burst
    | Resync
    | CaughtUp
    | Heartbeat
    | ReconnectAdvice,
    strawberry.union("CommentChange", description="What a subject's stream tells."),
]


@strawberry.type(description="A page of changes for those who poll.")
class CommentChangeConnection:
    changes: list[CommentChange] = strawberry.field(
        description="Oldest first; what the viewer may not see is left out."
    )
    end_cursor: LiveCursor = strawberry.field(description="Position after this page, for the next `after`.")
    has_more: bool = strawberry.field(description="Whether more waits already.")


async def to_change(context: Context, item: feed.Item, root_id: int | None = None) -> Any | None:
    """The change to show, None where there is nothing that this audience may see now, LOST where it may see nothing
    of the subject any more. With `root_id` only comments of that tree are shown."""
    cursor = LiveCursor(str(item.cursor))
    match item:
        case feed.Told() if item.notice.kind in COMMENTS:
            return await _comment_change(context, item.notice, cursor, root_id)
        case feed.Told():
            return await _state_change(context, item.notice.stream_id, cursor, item.at)
        case feed.Burst():
            return await _burst(context, item, cursor, root_id)
        case feed.Tallied():
            return await _tally_change(context, item, cursor)
        case feed.AccessChanged():
            return None
        case _:
            return mark(item, cursor)


def mark(
    item: feed.CaughtUp | feed.Resync | feed.Heartbeat | feed.ReconnectAdvice, cursor: LiveCursor
) -> CaughtUp | Resync | Heartbeat | ReconnectAdvice:
    """What is said of the stream itself, whatever it is about."""
    match item:
        case feed.CaughtUp():
            return CaughtUp(cursor=cursor, at=item.at, replayed=item.replayed)
        case feed.Resync():
            return Resync(cursor=cursor, at=item.at, reason=item.reason)
        case feed.Heartbeat():
            return Heartbeat(cursor=cursor, at=item.at)
        case feed.ReconnectAdvice():
            return ReconnectAdvice(cursor=cursor, at=item.at, after_ms=item.after_ms, jitter_ms=item.jitter_ms)


async def _comment_change(context: Context, notice: Notice, cursor: LiveCursor, root_id: int | None) -> Any | None:
    row = await _comment(context, notice, root_id)
    if row is None:
        return None
    gone = row["status"] not in {"PUBLISHED", "PENDING"}
    if notice.kind == COMMENT_GONE:
        gone_id = strawberry.ID(to_global("Comment", row["id"]))
        status: Any = row["status"]
        return CommentGone(cursor=cursor, at=notice.at, comment_id=gone_id, status=status) if gone else None
    if gone:
        return None  # its own notice comes later in the stream
    shape = CommentAdded if notice.kind == COMMENT_ADDED else CommentChanged
    return shape(cursor=cursor, at=notice.at, comment=row)


async def _comment(context: Context, notice: Notice, root_id: int | None) -> Any | None:
    row = await context.reader.one(comment_by_id, notice.ref_id)
    if row is None or root_id in {None, row["id"], row["root_id"]}:
        return row
    return None


async def _burst(context: Context, item: feed.Burst, cursor: LiveCursor, root_id: int | None) -> Any | None:
    rows = await asyncio.gather(*(_comment(context, notice, root_id) for notice in item.notices))
    shown = [strawberry.ID(to_global("Comment", row["id"])) for row in rows if row is not None]
    if not shown:
        return None
    return Burst(cursor=cursor, at=item.at, count=len(shown), first_id=shown[0], last_id=shown[-1])


async def _tally_change(context: Context, item: feed.Tallied, cursor: LiveCursor) -> Any | None:
    row = await context.reader.one(subject_by_id, item.cursor.stream_id)
    if row is None:
        return None
    reactions: Any = await context.reader.many(reaction_tallies_of_target, item.cursor.stream_id, Page(LISTING_LIMIT))
    return TallyChanged(cursor=cursor, at=item.at, comment_count=row["comment_count"], reactions=reactions.rows)


async def _state_change(context: Context, subject_id: int, cursor: LiveCursor, at: datetime) -> Any:
    row: Any = await context.reader.one(subject_by_id, subject_id)
    if row is None:
        return LOST
    return StateChanged(cursor=cursor, at=at, commenting=row, archive=row if row["frozen_at"] else None)


async def page_of_changes(subject: Any, info: Info, after: str, first: int) -> Any:
    context = info.context
    if not 1 <= first <= context.settings.page_size:
        most = context.settings.page_size
        raise FieldRefusal(ErrorCode.INVALID, f"`first` is 1 to {most}.", "first", least=1, most=most)
    page = await feed.changes(context.backend.database, subject["id"], Position.parse(after, subject["id"]), first)
    found: list[Any] = [await to_change(context, item) for item in page.items]
    shown = [change for change in found if change is not None and change is not LOST]
    return CommentChangeConnection(changes=shown, end_cursor=LiveCursor(str(page.end)), has_more=page.has_more)
