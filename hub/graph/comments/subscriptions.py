from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

import strawberry

from hub.graph.context import Info
from hub.graph.lookups import find_subject
from hub.graph.scalars import LiveCursor
from hub.graph.subjects.changes import CommentAdded, CommentChange, Resync, to_change
from hub.live import feed
from hub.live.cursor import LiveCursor as Position
from hub.refusals import ErrorCode, Refusal

SubjectId = Annotated[strawberry.ID, strawberry.argument(description="The thread, post or event.")]
AfterArgument = Annotated[
    LiveCursor | None,
    strawberry.argument(description="Replay everything after this position first; null: only what comes."),
]


@strawberry.type
class CommentSubscriptions:
    @strawberry.subscription(
        description="Comments of one subject: what was missed after the cursor, `CaughtUp`, then what comes. In order,"
        " each change once; a page read before may hold some of it already, so drop doubles by id. No login needed on"
        " public subjects."
    )
    async def comment_stream(
        self, info: Info, subject_id: SubjectId, after: AfterArgument = None
    ) -> AsyncGenerator[CommentChange, None]:
        async with aclosing(_changes(info, subject_id, after)) as changes:
            async for change in changes:
                yield change

    @strawberry.subscription(
        description="The plain one: each new comment of one subject, after the cursor if given. Ends with the error"
        " code RESYNC where the log no longer reaches back."
    )
    async def comment_added(
        self, info: Info, subject_id: SubjectId, after: AfterArgument = None
    ) -> AsyncGenerator[CommentAdded, None]:
        async with aclosing(_changes(info, subject_id, after)) as changes:
            async for change in changes:
                if isinstance(change, Resync):
                    raise Refusal(ErrorCode.RESYNC, change.reason, "after")
                if isinstance(change, CommentAdded):
                    yield change


async def _changes(info: Info, subject_id: str, after: str | None) -> AsyncGenerator[Any]:
    context, backend = info.context, info.context.backend
    subject = await find_subject(info, subject_id, "subjectId")
    if subject is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such thread, post or event.", "subjectId")
    position = Position.parse(after, subject["id"]) if after is not None else None
    batch = context.settings.live_replay
    # Closed at once, not when the garbage is collected: the stream is let go of when its reader goes.
    async with aclosing(feed.follow(backend.relay, backend.database, subject["id"], position, batch)) as items:
        async for item in items:
            await context.refresh()
            change = await to_change(context, item)
            if change is not None:
                yield change
