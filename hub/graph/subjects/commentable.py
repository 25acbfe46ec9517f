"""The interface of what can be commented on."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from hub.comments.loaders import comment_by_id, comments_of_subject, comments_of_subject_newest
from hub.graph.context import Info
from hub.graph.fields import column, computed, connection, part, shown_directives
from hub.graph.ids import row_id
from hub.graph.lazy import lazy
from hub.graph.paging import After, Before, First, Last, filters
from hub.graph.scalars import LiveCursor
from hub.graph.sorting import CommentSort
from hub.graph.subjects.changes import CommentChangeConnection, page_of_changes
from hub.graph.subjects.types import CommentingState, live_cursor
from hub.graph.values import Count, count
from hub.refusals import ErrorCode, FieldRefusal, Refusal
from hub.store.formulas import LIVE_CURSOR
from hub.store.loaders import Loader, Page, Rows

CommentConnection = Annotated["Any", lazy("hub.graph.comments.types", "CommentConnection")]

Sort = Annotated[CommentSort, strawberry.argument(description="Order of the list.")]
RootOnly = Annotated[bool, strawberry.argument(description="Only comments on the subject itself, no replies.")]
CommentId = Annotated[strawberry.ID, strawberry.argument(description="The comment in the middle.")]
Around = Annotated[int, strawberry.argument(description="How many on this side, 0 to 100.")]
Cursor = Annotated[LiveCursor, strawberry.argument(description="A live cursor of this subject.")]
Limit = Annotated[int, strawberry.argument(description="How many, 1 to 100.")]


def comment_arguments(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    sort: Sort = CommentSort.OLDEST,
    root_only: RootOnly = True,
) -> Any: ...


def newest_comment_arguments(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    sort: Sort = CommentSort.NEWEST,
    root_only: RootOnly = True,
) -> Any: ...


_COMMENTS = {CommentSort.OLDEST: comments_of_subject, CommentSort.NEWEST: comments_of_subject_newest}


def pick_comments(arguments: Mapping[str, Any]) -> tuple[Loader, Mapping[str, Any]]:
    return _COMMENTS[arguments["sort"]], filters(root_only=arguments["root_only"] or None)


def comments_field(arguments: Any = comment_arguments) -> Any:
    return connection(
        pick_comments,
        "id",
        arguments=arguments,
        total="comment_count",
        loaders=list(_COMMENTS.values()),
        description="Comments, 20 unless told. What was removed stays as a mark without text while it has its place;"
        " `totalCount` leaves the marks out.",
    )


@strawberry.interface(description="What can be commented on: a thread, a post or an event.")
class Commentable:
    id: strawberry.ID = column(description="Opaque id, unique over all nouns.")
    commenting: CommentingState = part(description="Whether it takes comments, and on which terms.")
    comment_count: Count = count("comment_count", description="Comments that are shown, replies included.")
    comments: CommentConnection = comments_field()
    live_cursor: LiveCursor = computed(
        live_cursor,
        "id",
        "stream_epoch",
        "stream_seq",
        formula=LIVE_CURSOR,
        description="Position of its stream, never later than the comments read with it: hand it to `commentStream`"
        " and nothing is lost between page and subscription.",
    )

    @strawberry.field(
        description="A window of all comments, replies included, by number, around one: for permalinks.",
        directives=shown_directives(cost=3, multipliers=["before", "after"]),
    )
    async def comments_around(
        self: Any, info: Info, comment_id: CommentId, before: Around = 10, after: Around = 20
    ) -> CommentConnection:
        return await _window(self, info, row_id(comment_id, "Comment", "commentId"), before, after)

    @strawberry.field(
        description="The same changes that `commentStream` sends, for those who poll; oldest first.",
        directives=shown_directives(cost=2, multipliers=["first"]),
    )
    async def changes(self: Any, info: Info, after: Cursor, first: Limit = 100) -> CommentChangeConnection:
        return await page_of_changes(self, info, after, first)


async def _window(subject: Any, info: Info, comment_id: int, before: int, after: int) -> Any:
    most = info.context.settings.page_size
    if not 0 <= before <= most or not 0 <= after <= most:
        raise FieldRefusal(ErrorCode.INVALID, f"`before` and `after` are 0 to {most}.", "before", least=0, most=most)
    middle = await info.context.reader.one(comment_by_id, comment_id)
    if middle is None or middle["subject_id"] != subject["id"]:
        raise Refusal(
            ErrorCode.NOT_FOUND,
            "There is no such comment here: check the id, and that it is of this place.",
            "commentId",
        )
    middle["order_number"] = middle["number"]
    at = (middle["number"],)
    earlier = await _side(info, subject, before, Page(max(before, 1), before=at, backward=True))
    later = await _side(info, subject, after, Page(max(after, 1), after=at))
    rows = Rows([*earlier.rows, middle, *later.rows], later.has_next, earlier.has_previous)
    return {"rows": rows, "loader": comments_of_subject, "total": subject["comment_count"], "of": subject}


async def _side(info: Info, subject: Any, size: int, page: Page) -> Rows:
    """The rows on one side; of none only whether there are any."""
    found = await info.context.reader.many(comments_of_subject, subject["id"], page)
    return found if size else Rows([], has_next=bool(found.rows), has_previous=bool(found.rows))
