from collections.abc import Awaitable
from typing import Any

import strawberry

from hub.graph.context import Info
from hub.graph.directives import ApiScope
from hub.graph.fields import shown_directives
from hub.graph.ids import row_id
from hub.graph.payloads import Payload, Reference, answer
from hub.graph.posts.inputs import (
    AddOfficialResponseInput,
    AddPostUpdateInput,
    CreateTopicInput,
    MovePostInput,
    PinPostInput,
    PublishPostInput,
    SavePostInput,
    TranslatePostInput,
)
from hub.graph.posts.parts import Topic
from hub.graph.posts.types import Post
from hub.posts.commands import appending, arranging, moving, writing
from hub.posts.commands.found import Saved
from hub.posts.commands.texts import Hero, PostText
from hub.posts.loaders import post_by_id, topic_by_id

_TEAM = shown_directives(scope=ApiScope.POSTS_PUBLISH)


@strawberry.type(description="A post.")
class PostPayload(Payload):
    post: Post | None = strawberry.field(default=None, description="The post; null on errors.")


@strawberry.type(description="A topic.")
class TopicPayload(Payload):
    topic: Topic | None = strawberry.field(default=None, description="The topic; null on errors.")


@strawberry.type
class PostMutations:
    @strawberry.mutation(description="Write a draft or change a post; for the policy team.", directives=_TEAM)
    async def save_post(self, info: Info, input: SavePostInput) -> PostPayload:
        return await answer(info, PostPayload, input.client_mutation_id, lambda: _shown(_save(info, input)))

    @strawberry.mutation(
        description="Show a draft to those it is meant for, at its `publishAt` if that lies ahead; `replayed` when it"
        " was published or scheduled before.",
        directives=_TEAM,
    )
    async def publish_post(self, info: Info, input: PublishPostInput) -> PostPayload:
        async def work() -> Saved:
            backend, viewer = info.context.backend, info.context.viewer
            return await moving.publish_post(backend, viewer, post_id=row_id(input.id, "Post", "id"))

        return await answer(info, PostPayload, input.client_mutation_id, lambda: _shown(work()))

    @strawberry.mutation(
        description="Take a post to another stage, for the policy team; `replayed` when it was there before. What is"
        " archived can only be read.",
        directives=_TEAM,
    )
    async def move_post(self, info: Info, input: MovePostInput) -> PostPayload:
        async def work() -> Saved:
            backend, viewer = info.context.backend, info.context.viewer
            return await moving.move_post(backend, viewer, post_id=row_id(input.id, "Post", "id"), to=input.to.name)

        return await answer(info, PostPayload, input.client_mutation_id, lambda: _shown(work()))

    @strawberry.mutation(
        description="Show a published post before all others in the home feed, or no longer; for the policy team.",
        directives=_TEAM,
    )
    async def pin_post(self, info: Info, input: PinPostInput) -> PostPayload:
        async def work() -> Saved:
            backend, viewer = info.context.backend, info.context.viewer
            return await arranging.pin_post(backend, viewer, post_id=row_id(input.id, "Post", "id"), on=input.on)

        return await answer(info, PostPayload, input.client_mutation_id, lambda: _shown(work()))

    @strawberry.mutation(
        description="Append a word on how a post goes on, and tell its participants if wished; for the policy team.",
        directives=_TEAM,
    )
    async def add_post_update(self, info: Info, input: AddPostUpdateInput) -> PostPayload:
        async def work() -> Saved:
            return await appending.add_update(
                info.context.backend,
                info.context.viewer,
                post_id=row_id(input.post_id, "Post", "postId"),
                body=input.body,
                notify=input.notify_participants,
                key=input.idempotency_key,
            )

        return await answer(info, PostPayload, input.client_mutation_id, lambda: _shown(work()))

    @strawberry.mutation(
        description="Put down what somebody whom a post asks has answered; for the policy team.", directives=_TEAM
    )
    async def add_official_response(self, info: Info, input: AddOfficialResponseInput) -> PostPayload:
        async def work() -> Saved:
            return await appending.add_response(
                info.context.backend,
                info.context.viewer,
                post_id=row_id(input.post_id, "Post", "postId"),
                sender=input.sender,
                outcome=input.outcome,
                body=input.body,
                key=input.idempotency_key,
            )

        return await answer(info, PostPayload, input.client_mutation_id, lambda: _shown(work()))

    @strawberry.mutation(
        description="Give a post in another language, or give it anew; for the policy team.", directives=_TEAM
    )
    async def translate_post(self, info: Info, input: TranslatePostInput) -> PostPayload:
        async def work() -> Saved:
            return await arranging.translate_post(
                info.context.backend,
                info.context.viewer,
                post_id=row_id(input.post_id, "Post", "postId"),
                locale=input.locale,
                title=input.title,
                summary=input.summary,
                body=input.body,
                machine=input.machine,
            )

        return await answer(info, PostPayload, input.client_mutation_id, lambda: _shown(work()))

    @strawberry.mutation(description="Make something that posts may be about; for the policy team.", directives=_TEAM)
    async def create_topic(self, info: Info, input: CreateTopicInput) -> TopicPayload:
        async def work() -> dict[str, Any]:
            saved = await arranging.create_topic(
                info.context.backend,
                info.context.viewer,
                name=input.name,
                slug=input.slug,
                key=input.idempotency_key,
            )
            return {"topic": Reference(topic_by_id, saved.id), "replayed": saved.replayed}

        return await answer(info, TopicPayload, input.client_mutation_id, work)


async def _save(info: Info, given: SavePostInput) -> Saved:
    backend, viewer = info.context.backend, info.context.viewer
    text = PostText(
        kind=given.kind.name,
        title=given.title,
        summary=given.summary,
        body=given.body,
        tags=given.tags or [],
        regions=given.regions or [],
        club_ids=_rows(given.club_ids, "Club", "clubIds"),
        locale=given.locale or "en",
        visibility=given.visibility.name,
        author_ids=_rows(given.author_ids, "User", "authorIds"),
        topic_id=_row(given.topic_id, "Topic", "topicId"),
        hero=Hero(given.hero.url, given.hero.alt) if given.hero is not None else None,
        publish_at=given.publish_at,
        closes_at=given.closes_at,
        continues_id=_row(given.continues_thread_id, "Thread", "continuesThreadId"),
        reason=given.reason,
    )
    if given.id is None:
        return await writing.create_post(backend, viewer, text, key=given.idempotency_key)
    return await writing.change_post(
        backend,
        viewer,
        text,
        post_id=row_id(given.id, "Post", "id"),
        expected_version=given.expected_version,
        key=given.idempotency_key,
    )


def _row(global_id: str | None, noun: str, argument: str) -> int | None:
    return row_id(global_id, noun, argument) if global_id is not None else None


def _rows(global_ids: list[strawberry.ID] | None, noun: str, argument: str) -> list[int]:
    return [row_id(global_id, noun, argument) for global_id in global_ids or []]


async def _shown(work: Awaitable[Saved]) -> dict[str, Any]:
    saved = await work
    return {"post": Reference(post_by_id, saved.id), "replayed": saved.replayed}
