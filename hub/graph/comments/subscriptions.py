from typing import Annotated, Any

import strawberry

from hub.comments.loaders import comment_by_id, replies_of_comment, replies_of_comment_newest
from hub.comments.notices import COMMENT_ADDED
from hub.graph.context import Context
from hub.graph.ids import from_global, row_id, to_global
from hub.graph.live import Headlines, Stream, live
from hub.graph.scalars import LiveCursor
from hub.graph.subjects.audience import audience_of
from hub.graph.subjects.changes import CommentAdded, CommentChange, Resync, to_change
from hub.graph.subjects.queries import SubjectCount, subject_count
from hub.live.feed import Item
from hub.refusals import ErrorCode, FieldRefusal, Refusal
from hub.subjects.loaders import subject_by_id

SubjectId = Annotated[strawberry.ID, strawberry.argument(description="The thread, post or event.")]
SubjectIds = Annotated[list[strawberry.ID], strawberry.argument(description="At most 100 threads, posts and events.")]
AfterArgument = Annotated[
    LiveCursor | None,
    strawberry.argument(description="Replay everything after this position first; null: only what comes."),
]
RootId = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only this comment and the replies in its tree.")
]
MaxPerSecond = Annotated[
    int | None,
    strawberry.argument(
        description="Beyond so many comments in a second they come as one `Burst`, 1 to 1,000; null sends each."
        " Replay is never bundled."
    ),
]
IntervalMs = Annotated[
    int, strawberry.argument(description="Shortest time between two counts of one subject, 250 to 60,000 ms.")
]
_NOUNS = ("Thread", "Post", "Event")
_MOST_PER_SECOND = 1_000
_LONGEST_INTERVAL_MS = 60_000


def _stream_arguments(
    subject_id: SubjectId,
    after: AfterArgument = None,
    root_id: RootId = None,
    max_per_second: MaxPerSecond = None,
) -> CommentChange: ...  # pyright: ignore[reportReturnType] - only its signature is used


def _added_arguments(subject_id: SubjectId, after: AfterArgument = None) -> CommentAdded: ...  # pyright: ignore[reportReturnType] - only its signature is used


def _tally_arguments(subject_ids: SubjectIds, interval_ms: IntervalMs = 2_000) -> SubjectCount: ...  # pyright: ignore[reportReturnType] - only its signature is used


async def _open_stream(
    context: Context,
    subject_id: str,
    root_id: str | None = None,
    max_per_second: int | None = None,
) -> Stream:
    if max_per_second is not None and not 1 <= max_per_second <= _MOST_PER_SECOND:
        message = f"`maxPerSecond` is 1 to {_MOST_PER_SECOND}."
        raise FieldRefusal(ErrorCode.INVALID, message, "maxPerSecond", least=1, most=_MOST_PER_SECOND)
    root = row_id(root_id, "Comment", "rootId") if root_id is not None else None

    async def show(shared: Context, item: Item) -> Any:
        return await to_change(shared, item, root)

    return await _stream(context, subject_id, show, max_per_second)


async def _open_added(context: Context, subject_id: str) -> Stream:
    async def show(shared: Context, item: Item) -> Any:
        change = await to_change(shared, item)
        if isinstance(change, Resync):
            raise Refusal(ErrorCode.RESYNC, change.reason, "after")
        return change if isinstance(change, CommentAdded) else None

    return await _stream(context, subject_id, show, None)


async def _stream(context: Context, subject_id: str, show: Any, per_second: int | None) -> Stream:
    noun, key = from_global(subject_id, *_NOUNS, argument="subjectId")
    audience, subject = await audience_of(context, key)
    if subject is None or subject["kind"] != noun.upper():
        raise Refusal(
            ErrorCode.NOT_FOUND,
            "There is no such thread, post or event, or you may not see it: check the id.",
            "subjectId",
        )
    return Stream(
        stream_id=key,
        viewer=audience,
        show=show,
        per_second=per_second,
        bundled=frozenset({COMMENT_ADDED}),
    )


async def _open_tallies(context: Context, subject_ids: list[str], interval_ms: int = 2_000) -> Headlines:
    least, most = context.settings.tally_stream_least_ms, context.settings.ids_limit
    if not least <= interval_ms <= _LONGEST_INTERVAL_MS:
        message = f"`intervalMs` is {least} to {_LONGEST_INTERVAL_MS}."
        raise FieldRefusal(ErrorCode.INVALID, message, "intervalMs", least=least, most=_LONGEST_INTERVAL_MS)
    if len(subject_ids) > most:
        raise FieldRefusal(
            ErrorCode.TOO_LONG,
            f"At most {most} ids at once: follow the rest by another subscription.",
            "subjectIds",
            most=most,
        )
    nouns = {key: noun for noun, key in (from_global(text, *_NOUNS, argument="subjectIds") for text in subject_ids)}

    async def show(shared: Context, subject_id: int) -> Any:
        row = await shared.reader.one(subject_by_id, subject_id)
        if row is None or row["kind"] != nouns[subject_id].upper():
            return None
        return subject_count(strawberry.ID(to_global(nouns[subject_id], subject_id)), row)

    return Headlines(
        stream_ids=tuple(sorted(nouns)), interval=interval_ms / 1000, viewer=context.viewer.shared(), show=show
    )


_WITHIN = (comment_by_id, replies_of_comment, replies_of_comment_newest)


@strawberry.type
class CommentSubscriptions:
    comment_stream: CommentChange = live(
        _open_stream,
        arguments=_stream_arguments,
        within=_WITHIN,
        description="Comments of one subject: what was missed after the cursor, `CaughtUp`, then what comes. In order,"
        " each change once; a page read before may hold some of it already, so drop doubles by id. No login needed on"
        " public subjects. `TallyChanged`, `Heartbeat` and `ReconnectAdvice` come only to those who select them.",
    )
    comment_added: CommentAdded = live(
        _open_added,
        arguments=_added_arguments,
        within=_WITHIN,
        description="The plain one: each new comment of one subject, after the cursor if given. Ends with the error"
        " code RESYNC where the log no longer reaches back.",
    )
    tally_stream: SubjectCount = live(
        _open_tallies,
        arguments=_tally_arguments,
        description="Headlines of many subjects over one stream: the counts of each at once, then of each that"
        " changes. Absent and hidden ones are left out, and so is what one sees as its author or host only.",
    )
