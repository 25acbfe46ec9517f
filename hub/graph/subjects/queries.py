import asyncio
from datetime import datetime
from typing import Annotated, Any

import strawberry

from hub.actions.loaders import action_by_id, participation_by_id
from hub.audit.loaders import entry_by_id
from hub.clubs.loaders import club_by_id, membership_by_id
from hub.comments.loaders import comment_by_id
from hub.events.loaders import event_by_id, rsvp_by_id
from hub.forum.loaders import category_by_id, thread_by_id
from hub.graph.context import Info
from hub.graph.fields import lookup, shown_directives
from hub.graph.ids import from_global
from hub.graph.interfaces import Node
from hub.graph.lookups import ensure_short, find_subject
from hub.graph.values import Count, counted
from hub.notifications.loaders import follow_by_id, notification_by_id
from hub.partners.loaders import app_by_id
from hub.posts.loaders import post_by_id, response_by_id, revision_by_id, topic_by_id, update_by_id
from hub.store.loaders import Loader
from hub.users.loaders import sanction_by_id, user_by_id

BY_NOUN = {
    "User": user_by_id,
    "Category": category_by_id,
    "Thread": thread_by_id,
    "Post": post_by_id,
    "PostUpdate": update_by_id,
    "OfficialResponse": response_by_id,
    "Revision": revision_by_id,
    "Topic": topic_by_id,
    "Action": action_by_id,
    "Participation": participation_by_id,
    "Comment": comment_by_id,
    "Club": club_by_id,
    "Membership": membership_by_id,
    "Event": event_by_id,
    "Rsvp": rsvp_by_id,
    "Follow": follow_by_id,
    "Notification": notification_by_id,
    "Sanction": sanction_by_id,
    "PartnerApp": app_by_id,
    "AuditLogEntry": entry_by_id,
}

NodeId = Annotated[strawberry.ID, strawberry.argument(description="An id that any type gave.")]
NodeIds = Annotated[list[strawberry.ID], strawberry.argument(description="At most 100 ids.")]
SubjectIds = Annotated[list[strawberry.ID], strawberry.argument(description="At most 100 threads, posts and events.")]


@strawberry.type(description="How much one subject is talked about.")
class SubjectCount:
    subject_id: strawberry.ID = strawberry.field(description="The thread, post or event.")
    count: Count = strawberry.field(description="Comments that are shown, replies included.")
    last_activity_at: datetime | None = strawberry.field(description="When the last comment was written.")


def _node_arguments(id: NodeId) -> Any: ...


@strawberry.type
class SubjectQueries:
    node: Node | None = lookup(
        lambda arguments: _find(arguments["id"], "id"),
        list(BY_NOUN.values()),
        arguments=_node_arguments,
        description="Anything by its id; null when it is absent or hidden.",
    )

    @strawberry.field(
        description="Many at once, in the order asked; null where one is absent or hidden.",
        directives=shown_directives(cost=1, multipliers=["ids"]),
    )
    async def nodes(self, info: Info, ids: NodeIds) -> list[Node | None]:
        ensure_short(info, ids, "ids")
        return await asyncio.gather(*(_node(info, node_id, "ids") for node_id in ids))

    @strawberry.field(
        description="Comment counts of many subjects in one cheap call; absent and hidden ones are left out.",
        directives=shown_directives(cost=1, multipliers=["subjectIds"], cache=5),
    )
    async def comment_counts(self, info: Info, subject_ids: SubjectIds) -> list[SubjectCount]:
        ensure_short(info, subject_ids, "subjectIds")
        rows = await asyncio.gather(*(find_subject(info, text, "subjectIds") for text in subject_ids))
        return [subject_count(text, row) for text, row in zip(subject_ids, rows, strict=True) if row is not None]


def subject_count(subject_id: strawberry.ID, row: Any) -> SubjectCount:
    shown: Any = counted(row["comment_count"])
    return SubjectCount(subject_id=subject_id, count=shown, last_activity_at=row["last_activity_at"])


async def _node(info: Info, text: str, argument: str) -> Any:
    return await info.context.reader.one(*_find(text, argument))


def _find(text: str, argument: str) -> tuple[Loader, int]:
    noun, key = from_global(text, *BY_NOUN, argument=argument)
    return BY_NOUN[noun], key
