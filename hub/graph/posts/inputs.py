"""What the mutations of posts take."""

from datetime import datetime

import strawberry

from hub.graph.payloads import idempotency_key, mutation_id
from hub.graph.posts.types import PostKind, PostStatus
from hub.graph.scalars import URL, Locale, Markdown
from hub.graph.subjects.types import Visibility

_BODY = "1 to 50,000 characters (`HUB_BODY_LENGTH`)."
_POST = "The post."


@strawberry.input(description="The picture above a post.")
class HeroImageInput:
    url: URL = strawberry.field(description="An `https` address, at most 500 characters; it is never fetched.")
    alt: str = strawberry.field(description="What it shows, 1 to 500 characters.")


@strawberry.input(description="A post, new or changed. What is left out of a change is taken away, save authors.")
class SavePostInput:
    id: strawberry.ID | None = strawberry.field(default=None, description="The post to change; null for a new draft.")
    kind: PostKind = strawberry.field(description="What it is.")
    title: str = strawberry.field(description="1 to 200 characters (`HUB_TITLE_LENGTH`).")
    summary: str | None = strawberry.field(default=None, description="At most 1,000 characters.")
    body: Markdown = strawberry.field(description=_BODY)
    hero: HeroImageInput | None = strawberry.field(default=None, description="The picture above it.")
    author_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Who signs it, the main author first, at most 10; null for oneself, or those of before.",
    )
    topic_id: strawberry.ID | None = strawberry.field(default=None, description="What it is about.")
    tags: list[str] | None = strawberry.field(default=None, description="At most 10 words.")
    club_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Clubs addressed, at most 20; exactly one if it is for a club's members only."
    )
    regions: list[str] | None = strawberry.field(default=None, description="States or regions, at most 60.")
    locale: Locale | None = strawberry.field(default=None, description="Language, `en` unless told.")
    visibility: Visibility = strawberry.field(
        default=Visibility.PUBLIC, description="Who may see it once published; kept from the first save."
    )
    publish_at: datetime | None = strawberry.field(
        default=None, description="When `publishPost` shows it; must lie ahead. Moves a scheduled post."
    )
    closes_at: datetime | None = strawberry.field(default=None, description="When its time ends; must lie ahead.")
    continues_thread_id: strawberry.ID | None = strawberry.field(
        default=None, description="The thread whose talk goes on here."
    )
    reason: str | None = strawberry.field(
        default=None, description="Why it was changed, for its revisions; at most 500 characters."
    )
    expected_version: int | None = strawberry.field(
        default=None, description="The version you changed; needed with id."
    )
    idempotency_key: strawberry.ID = idempotency_key()
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Which post to publish.")
class PublishPostInput:
    id: strawberry.ID = strawberry.field(description=_POST)
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Where a post goes.")
class MovePostInput:
    id: strawberry.ID = strawberry.field(description=_POST)
    to: PostStatus = strawberry.field(
        description="From DRAFT, IN_REVIEW and SCHEDULED to one another or PUBLISHED, whatever `publishAt` says; from"
        " PUBLISHED to CLOSED or ARCHIVED; from CLOSED to PUBLISHED, which takes its end away, or ARCHIVED."
    )
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Whether a post is pinned.")
class PinPostInput:
    id: strawberry.ID = strawberry.field(description=_POST)
    on: bool = strawberry.field(description="True: before all others in the home feed.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="A word on how a post goes on.")
class AddPostUpdateInput:
    post_id: strawberry.ID = strawberry.field(description="The post, published and not archived.")
    body: Markdown = strawberry.field(description=_BODY)
    notify_participants: bool = strawberry.field(
        default=False, description="Whether those who took part are told, each in the own inbox."
    )
    idempotency_key: strawberry.ID = idempotency_key()
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="What somebody whom a post asks has answered.")
class AddOfficialResponseInput:
    post_id: strawberry.ID = strawberry.field(description="The post, published and not archived.")
    sender: str = strawberry.field(name="from", description="Who answered, 1 to 200 characters.")
    body: Markdown = strawberry.field(description=_BODY)
    outcome: str | None = strawberry.field(default=None, description="What came of it, at most 500 characters.")
    idempotency_key: strawberry.ID = idempotency_key()
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="A post in another language, in place of an earlier translation into it.")
class TranslatePostInput:
    post_id: strawberry.ID = strawberry.field(description="The post.")
    locale: Locale = strawberry.field(description="The language, another one than the post's.")
    title: str = strawberry.field(description="1 to 200 characters (`HUB_TITLE_LENGTH`).")
    summary: str | None = strawberry.field(default=None, description="At most 1,000 characters.")
    body: Markdown = strawberry.field(description=_BODY)
    machine: bool = strawberry.field(default=False, description="Whether a machine translated it.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Something that several posts may be about.")
class CreateTopicInput:
    name: str = strawberry.field(description="1 to 120 characters.")
    slug: str | None = strawberry.field(default=None, description="Name for addresses; made of the name if null.")
    idempotency_key: strawberry.ID = idempotency_key()
    client_mutation_id: str | None = mutation_id()
