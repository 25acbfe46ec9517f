from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.actions.loaders import action_of_post
from hub.comments.rules import ensure_may_comment, ensure_may_react
from hub.forum.loaders import thread_by_id
from hub.graph.abilities import Ability, AbilityState, viewer_can
from hub.graph.connections import Connection
from hub.graph.context import Info
from hub.graph.fields import column, computed, connection, global_id, listing, one, part, shown_directives
from hub.graph.interfaces import Followable, Node, Permissioned, Reactable, viewer_follow
from hub.graph.lazy import lazy
from hub.graph.paging import page_arguments
from hub.graph.posts.parts import (
    HeroImage,
    Language,
    OfficialResponse,
    PostTranslation,
    PostUpdate,
    Revision,
    Topic,
    in_language,
)
from hub.graph.scalars import URL, Locale
from hub.graph.subjects.commentable import Commentable, comments_field, newest_comment_arguments
from hub.graph.subjects.types import ArchiveInfo, Visibility
from hub.graph.values import Body
from hub.posts.loaders import (
    authors_of_post,
    clubs_of_post,
    responses_of_post,
    revisions_of_post,
    topic_by_id,
    translations_of_post,
    updates_of_post,
)
from hub.posts.rules import ensure_policy_team
from hub.store.formulas import address

User = Annotated["Any", lazy("hub.graph.users.types", "User")]
Follow = Annotated["Any", lazy("hub.graph.notifications.types", "Follow")]
Club = Annotated["Any", lazy("hub.graph.clubs.types", "Club")]
Action = Annotated["Any", lazy("hub.graph.actions.types", "Action")]
Thread = Annotated["Any", lazy("hub.graph.forum.types", "Thread")]
CommentConnection = Annotated["Any", lazy("hub.graph.comments.types", "CommentConnection")]


@strawberry.enum(description="What a post is.")
class PostKind(Enum):
    UPDATE = strawberry.enum_value("UPDATE", description="How something goes on.")
    CALL_TO_ACTION = strawberry.enum_value("CALL_TO_ACTION", description="Asks people to do something.")
    STORY = strawberry.enum_value("STORY", description="Tells what happened.")
    ANNOUNCEMENT = strawberry.enum_value("ANNOUNCEMENT", description="Says what is going to be.")
    QUESTION = strawberry.enum_value("QUESTION", description="Asks people what they think.")


@strawberry.enum(description="Where a post stands.")
class PostStatus(Enum):
    DRAFT = strawberry.enum_value("DRAFT", description="Only the policy team sees it.")
    IN_REVIEW = strawberry.enum_value("IN_REVIEW", description="Waits for another look of the team's.")
    SCHEDULED = strawberry.enum_value("SCHEDULED", description="Goes public by itself at `publishAt`.")
    PUBLISHED = strawberry.enum_value("PUBLISHED", description="Shown to those it is meant for.")
    CLOSED = strawberry.enum_value("CLOSED", description="Still shown, its time is over; takes no comments.")
    ARCHIVED = strawberry.enum_value("ARCHIVED", description="Still shown, can only be read.")


def _url(site_url: str, slug: str) -> str:
    return f"{site_url}/posts/{slug}"


@strawberry.type(description="An engagement post of the policy team.")
class Post(Node, Commentable, Followable, Reactable, Permissioned):
    id: strawberry.ID = global_id("Post")
    slug: str = column(description="Unique name for addresses.")
    url: URL = computed(_url, "slug", setting="site_url", formula=address("/posts/"), description="Address for people.")
    kind: PostKind = column("kind", description="What it is.")
    status: PostStatus = column(
        "stage",
        description="Where it stands as of now, an end that has come included. What was shown is no draft again.",
    )
    title: str = column(description="One line, at most 200 characters (`HUB_TITLE_LENGTH`).")
    summary: str | None = column(description="In a sentence or two.")
    body: Body = part(description="The text.")
    hero: HeroImage | None = part(when="hero_url", description="The picture above it; null without one.")
    authors: list[User] = listing(
        authors_of_post, "id", description="Who wrote it, the main author first; at most 100."
    )
    clubs: list[Club] = listing(
        clubs_of_post, "id", description="Clubs that it addresses and the viewer may see; at most 20."
    )
    topic: Topic | None = one(topic_by_id, "topic_id", description="What it is about; null where nobody said.")
    tags: list[str] = column(description="At most 10 words.")
    regions: list[str] = column(description="States or regions that it is about, e.g. `TX`; at most 60.")
    locale: Locale = column(description="Language it is written in.")
    translations: list[PostTranslation] = listing(
        translations_of_post,
        "id",
        description="In other languages, by language tag; at most 50 (`HUB_POST_TRANSLATIONS`).",
    )
    visibility: Visibility = column("intended_visibility", description="Who may see it once published.")
    publish_at: datetime | None = column(
        description="When it goes public, or was meant to; null where nobody set a time."
    )
    published_at: datetime | None = column(description="When it was shown; null before that.")
    closes_at: datetime | None = column(
        "closes_at",
        description="When its time ends: it is CLOSED from then on, and an announcement leaves the home feed. Null"
        " where nobody set an end.",
    )
    pinned: bool = column(description="Whether the home feed shows it first; ends with the post's time.")
    action: Action | None = one(
        action_of_post, "id", description="What it asks people to do; null where it asks for nothing."
    )
    responses: list[OfficialResponse] = listing(
        responses_of_post,
        "id",
        description="What those whom it asks have answered, newest first; at most 100 (`HUB_POST_ADDITIONS`).",
    )
    updates: list[PostUpdate] = listing(
        updates_of_post,
        "id",
        description="How it goes on, newest first; at most 100 (`HUB_POST_ADDITIONS`).",
    )
    revisions: Connection[Revision] = connection(
        revisions_of_post,
        arguments=page_arguments,
        description="Its texts from save to save, newest first; of those before it was published only the last one,"
        " unless the viewer is of its team.",
    )
    continues: Thread | None = one(thread_by_id, "continues_id", description="The thread whose talk goes on here.")
    archive: ArchiveInfo | None = part(when="frozen_at", description="That and why it is frozen, or will be.")
    comments: CommentConnection = comments_field(newest_comment_arguments)  # pyright: ignore[reportIncompatibleVariableOverride] - the interface's field with its own rules
    version: int = column(description="Rises with each edit; hand it back as `expectedVersion`.")
    viewer_follow: Follow | None = viewer_follow("POST")
    viewer_can: list[AbilityState] = viewer_can(  # pyright: ignore[reportIncompatibleVariableOverride] - the interface's field with its own rules
        {
            Ability.COMMENT: lambda viewer, row, _: ensure_may_comment(viewer, row),
            Ability.REACT: lambda viewer, row, _: ensure_may_react(viewer, row),
            Ability.EDIT: lambda viewer, _row, _: ensure_policy_team(viewer),
            Ability.PUBLISH: lambda viewer, _row, _: ensure_policy_team(viewer),
        },
        "talk",
    )

    @strawberry.field(
        description="The text in the language that fits best: the wished one, else another form of it (`pt` for"
        " `pt-BR`), else the one it was written in.",
        directives=shown_directives(cost=2),
    )
    async def text(self: Any, info: Info, locale: Language = None) -> PostTranslation:
        return await in_language(self, info, locale)
