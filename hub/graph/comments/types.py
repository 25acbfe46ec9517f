from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.comments.loaders import comment_by_id, replies_of_comment, replies_of_comment_newest
from hub.comments.rules import ensure_may_edit, ensure_may_react, ensure_may_remove, ensure_may_reply
from hub.graph.abilities import Ability, AbilityState, viewer_can
from hub.graph.connections import Connection
from hub.graph.context import Info
from hub.graph.fields import READS, column, computed, connection, either, global_id, of_row_above, one, part
from hub.graph.interfaces import Node, Permissioned, Reactable
from hub.graph.lazy import lazy
from hub.graph.paging import After, First
from hub.graph.scalars import LiveCursor
from hub.graph.sorting import CommentSort
from hub.graph.subjects.commentable import Sort
from hub.graph.subjects.types import BY_KIND, Subject, live_cursor
from hub.graph.values import Body, LegacyOrigin
from hub.store.formulas import EDITABLE_UNTIL, LIVE_CURSOR
from hub.store.tables import Row
from hub.users.loaders import user_by_id

User = Annotated["Any", lazy("hub.graph.users.types", "User")]


@strawberry.enum(description="What became of a comment.")
class CommentStatus(Enum):
    PUBLISHED = strawberry.enum_value("PUBLISHED", description="Shown.")
    PENDING = strawberry.enum_value("PENDING", description="Waits for review; its author and staff see it.")
    HIDDEN = strawberry.enum_value("HIDDEN", description="Hidden by staff for now.")
    REMOVED = strawberry.enum_value("REMOVED", description="Removed by staff.")
    DELETED_BY_AUTHOR = strawberry.enum_value("DELETED_BY_AUTHOR", description="Taken back by its author.")


@strawberry.enum(description="Why a comment is shown folded.")
class FoldReason(Enum):
    BLOCKED = strawberry.enum_value("BLOCKED", description="The viewer has blocked its author.")


@strawberry.type(description="How many gave one kind of reaction.")
class ReactionTally:
    kind: str = column(description="`like`, `heart`, … (`HUB_REACTION_KINDS`).")
    count: int = column(description="How many, those counted by an imported forum included.")
    viewer_reacted: bool = column(description="Whether the viewer is one of them.")


def _editable_until(edit_window: int, created_at: datetime, status: str) -> datetime | None:
    if status != "PUBLISHED" or not edit_window:
        return None
    return created_at + timedelta(seconds=edit_window)


def _pick_replies(arguments: Any) -> Any:
    return (replies_of_comment if arguments["sort"] is CommentSort.OLDEST else replies_of_comment_newest), {}


def _reply_arguments(first: First = 10, after: After = None, sort: Sort = CommentSort.OLDEST) -> Any: ...


@strawberry.type(description="A reply on a thread, post or event, in a tree.")
class Comment(Node, Reactable, Permissioned):
    id: strawberry.ID = global_id("Comment")
    number: int = column(
        description="Order number inside its subject: rising, unique, never reused; gaps are possible."
    )
    subject: Subject = either(BY_KIND, tag="subject_kind", key="subject_id", description="What it was written on.")
    author: User | None = one(
        user_by_id, "shown_author_id", description="Who wrote it; null for what was removed and for lost accounts."
    )
    body: Body | None = part(when="shows_body", description="Its text; null for what was removed, save for staff.")
    parent: "Comment | None" = one(
        comment_by_id, "parent_id", description="What it replies to; null on the subject itself."
    )
    root: "Comment | None" = one(comment_by_id, "root_id", description="Top of its tree; null where it is that itself.")
    depth: int = column(description="0 on the subject itself, 1 for a reply to that, and so on.")
    reply_count: int = column(description="Direct replies, removed ones included.")
    replies: Annotated["CommentConnection", strawberry.lazy("hub.graph.comments.types")] = connection(
        _pick_replies,
        "id",
        arguments=_reply_arguments,
        total="reply_count",
        loaders=[replies_of_comment, replies_of_comment_newest],
        description="Direct replies, 10 unless told.",
    )
    status: CommentStatus = column("status", description="What became of it.")
    folded: FoldReason | None = column(
        "folded",
        description="Why to show it folded to this viewer, until they open it; null as a rule. It counts like others.",
    )
    by_staff: bool = column(description="Whether it was written by the policy team, a moderator or an admin.")
    created_at: datetime = column(description="When it was written.")
    edited_at: datetime | None = column(description="When it was last changed; null if never.")
    editable_until: datetime | None = computed(
        _editable_until,
        "created_at",
        "status",
        setting="edit_window",
        formula=EDITABLE_UNTIL,
        description="Until when its author may change it; null for ever or never.",
    )
    legacy: LegacyOrigin | None = part(when="legacy_id", description="Where it was imported from.")
    version: int = column(description="Rises with each edit; hand it back as `expectedVersion`.")
    idempotency_key: strawberry.ID | None = column(
        description="Its author's key, shown to all, so that an optimistic row can be matched; it gives no power."
    )

    viewer_can: list[AbilityState] = viewer_can(  # pyright: ignore[reportIncompatibleVariableOverride] - the interface's field with its own rules
        {
            Ability.COMMENT: lambda viewer, row, limits: ensure_may_reply(viewer, row, row, limits.comment_depth),
            Ability.REACT: lambda viewer, row, _: ensure_may_react(viewer, row, row),
            Ability.EDIT: lambda viewer, row, limits: ensure_may_edit(viewer, row, row, limits.edit_window),
            Ability.DELETE: lambda viewer, row, _: ensure_may_remove(viewer, row, row),
        },
        *("talk", "club_id", "author_id", "status", "depth", "created_at"),
    )

    @strawberry.field(
        description="From the top of its tree down to its parent; at most as many as `maxDepth`.", metadata={READS: ()}
    )
    async def ancestors(self: Any, info: Info) -> list["Comment"]:
        return await _ancestors(self, info)


async def _ancestors(comment: Row, info: Info) -> list[Any]:
    found: list[Any] = []
    above = comment
    while (above := await info.context.reader.one(comment_by_id, above["parent_id"])) is not None:  # type: ignore[assignment] - None ends the loop
        found.append(above)
    return found[::-1]


def _cursor_of(subject: Any) -> str | None:
    if "stream_seq" not in subject:
        return None
    return live_cursor(subject["id"], subject["stream_epoch"], subject["stream_seq"])


@strawberry.type(description="A page of comments.")
class CommentConnection(Connection[Comment]):
    live_cursor: LiveCursor | None = of_row_above(
        _cursor_of,
        formula=LIVE_CURSOR,
        above=("id", "stream_epoch", "stream_seq"),
        of_above=live_cursor,
        description="Position of the subject's stream, never later than this page; null on replies and on a person's.",
    )
