from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.clubs.loaders import club_by_id
from hub.events.loaders import event_by_id
from hub.forum.loaders import thread_by_id
from hub.graph.fields import column, computed, either, setting
from hub.graph.lazy import lazy
from hub.live.cursor import LiveCursor as Position
from hub.posts.loaders import post_by_id

Thread = Annotated["Any", lazy("hub.graph.forum.types", "Thread")]
Post = Annotated["Any", lazy("hub.graph.posts.types", "Post")]
Event = Annotated["Any", lazy("hub.graph.events.types", "Event")]
Club = Annotated["Any", lazy("hub.graph.clubs.types", "Club")]

Subject = Annotated[Thread | Post | Event, strawberry.union("Subject", description="What can be commented on.")]
Successor = Annotated[
    Thread | Post | Event | Club, strawberry.union("Successor", description="Where talk goes on after a freeze.")
]

BY_KIND = {"THREAD": thread_by_id, "POST": post_by_id, "EVENT": event_by_id}


@strawberry.enum(description="Whether and how a subject takes comments.")
class SubjectMode(Enum):
    OPEN = strawberry.enum_value("OPEN", description="Takes comments.")
    SLOW = strawberry.enum_value("SLOW", description="Takes comments, with a pause between those of one person.")
    PRE_MODERATED = strawberry.enum_value("PRE_MODERATED", description="Comments show after review.")
    LOCKED = strawberry.enum_value("LOCKED", description="Takes no comments.")
    ARCHIVED = strawberry.enum_value("ARCHIVED", description="Frozen: can only be read.")


@strawberry.enum(description="Who may see it.")
class Visibility(Enum):
    PUBLIC = strawberry.enum_value("PUBLIC", description="Everybody.")
    MEMBERS = strawberry.enum_value("MEMBERS", description="Whoever is signed in.")
    CLUB = strawberry.enum_value("CLUB", description="Members of its club.")
    PRIVATE = strawberry.enum_value("PRIVATE", description="Its author, an event's hosts, and staff.")
    UNLISTED = strawberry.enum_value("UNLISTED", description="Everybody who has its address; in no list.")


def _shortest() -> int:
    return 1


@strawberry.type(description="One answer to: may I write here, and if not, why and until when.")
class CommentingState:
    mode: SubjectMode = column("effective_mode", description="As of now, a freeze or an end that has come included.")
    closes_at: datetime | None = column(description="When commenting ends, if that is planned.")
    edit_window_seconds: int = setting(
        "edit_window", description="How long an author may edit a comment; 0 means for ever."
    )
    max_depth: int = setting("comment_depth", description="Deepest reply, a comment on the subject being 0.")
    min_length: int = computed(_shortest, description="Shortest comment, in characters.")
    max_length: int = setting("comment_length", description="Longest comment, in characters.")
    announcement: str | None = column(description="A word of the hosts to those who write.")


@strawberry.type(description="That and why a place is frozen.")
class ArchiveInfo:
    archived_at: datetime = column("frozen_at", description="From when on it can only be read; may lie ahead.")
    reason: str | None = column("freeze_reason", description="Why it was frozen.")
    banner: str | None = column(description="Text for clients to show on the frozen place.")
    successor: Successor | None = either(
        {**BY_KIND, "CLUB": club_by_id},
        tag="successor_kind",
        key="successor_id",
        description="Where talk goes on; null where nobody named a place or it is hidden.",
    )


def live_cursor(stream_id: int, epoch: int, seq: int) -> str:
    """The position of a row's own stream as of the read of the row."""
    return str(Position(stream_id, epoch, seq))
