from typing import Any

import strawberry

from hub.graph.context import Info
from hub.graph.directives import ApiScope
from hub.graph.fields import shown_directives
from hub.graph.ids import row_id
from hub.graph.payloads import Payload, Reference, answer, idempotency_key, mutation_id
from hub.graph.posts.types import Post, PostKind
from hub.graph.scalars import Locale, Markdown
from hub.graph.subjects.types import Visibility
from hub.posts.commands import PostText, Saved, change_post, create_post, publish_post
from hub.posts.loaders import post_by_id


@strawberry.input(description="A post, new or changed.")
class SavePostInput:
    id: strawberry.ID | None = strawberry.field(default=None, description="The post to change; null for a new draft.")
    kind: PostKind = strawberry.field(description="What it is.")
    title: str = strawberry.field(description="1 to 200 characters (`HUB_TITLE_LENGTH`).")
    summary: str | None = strawberry.field(default=None, description="At most 1,000 characters.")
    body: Markdown = strawberry.field(description="1 to 50,000 characters (`HUB_BODY_LENGTH`).")
    tags: list[str] | None = strawberry.field(default=None, description="At most 10 words.")
    club_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Clubs addressed, at most 20; exactly one if it is for a club's members only."
    )
    regions: list[str] | None = strawberry.field(default=None, description="States or regions, at most 60.")
    locale: Locale | None = strawberry.field(default=None, description="Language, `en` unless told.")
    visibility: Visibility = strawberry.field(
        default=Visibility.PUBLIC, description="Who may see it once published; kept from the first save."
    )
    expected_version: int | None = strawberry.field(
        default=None, description="The version you changed; needed with id."
    )
    idempotency_key: strawberry.ID = idempotency_key()
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Which post to publish.")
class PublishPostInput:
    id: strawberry.ID = strawberry.field(description="The post.")
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="A post.")
class PostPayload(Payload):
    post: Post | None = strawberry.field(default=None, description="The post; null on errors.")


@strawberry.type
class PostMutations:
    @strawberry.mutation(
        description="Write a draft or change a post; for the policy team.",
        directives=shown_directives(scope=ApiScope.POSTS_PUBLISH),
    )
    async def save_post(self, info: Info, input: SavePostInput) -> PostPayload:
        return await answer(info, PostPayload, input.client_mutation_id, lambda: _save(info, input))

    @strawberry.mutation(
        description="Show a draft to those it is meant for; `replayed` when it was published before.",
        directives=shown_directives(scope=ApiScope.POSTS_PUBLISH),
    )
    async def publish_post(self, info: Info, input: PublishPostInput) -> PostPayload:
        async def work() -> dict[str, Any]:
            post_id = row_id(input.id, "Post", "id")
            return _shown(await publish_post(info.context.backend, info.context.viewer, post_id=post_id))

        return await answer(info, PostPayload, input.client_mutation_id, work)


async def _save(info: Info, given: SavePostInput) -> dict[str, Any]:
    backend, viewer = info.context.backend, info.context.viewer
    text = PostText(
        kind=given.kind.name,
        title=given.title,
        summary=given.summary,
        body=given.body,
        tags=given.tags or [],
        regions=given.regions or [],
        club_ids=[row_id(club_id, "Club", "clubIds") for club_id in given.club_ids or []],
        locale=given.locale or "en",
        visibility=given.visibility.name,
    )
    if given.id is None:
        return _shown(await create_post(backend, viewer, text, key=given.idempotency_key))
    post_id = row_id(given.id, "Post", "id")
    saved = await change_post(
        backend,
        viewer,
        text,
        post_id=post_id,
        expected_version=given.expected_version,
        key=given.idempotency_key,
    )
    return _shown(saved)


def _shown(saved: Saved) -> dict[str, Any]:
    return {"post": Reference(post_by_id, saved.id), "replayed": saved.replayed}
