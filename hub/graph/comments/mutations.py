from typing import Any

import strawberry

from hub.comments.commands.adding import add_comment
from hub.comments.commands.changing import delete_comment, edit_comment
from hub.comments.commands.reacting import react
from hub.comments.commands.written import Written
from hub.comments.loaders import comment_by_id
from hub.forum.loaders import thread_by_id
from hub.graph.comments.types import Comment
from hub.graph.context import Info
from hub.graph.directives import ApiScope
from hub.graph.fields import shown_directives
from hub.graph.ids import from_global, row_id
from hub.graph.interfaces import Reactable
from hub.graph.limiting import Paced
from hub.graph.payloads import Payload, Reference, answer, idempotency_key, mutation_id
from hub.graph.scalars import Markdown
from hub.posts.loaders import post_by_id

_REACTABLE = {"Comment": comment_by_id, "Thread": thread_by_id, "Post": post_by_id}


@strawberry.input(description="A new comment.")
class AddCommentInput:
    subject_id: strawberry.ID = strawberry.field(description="The thread, post or event.")
    parent_id: strawberry.ID | None = strawberry.field(default=None, description="The comment that it replies to.")
    body: Markdown = strawberry.field(description="1 to 20,000 characters (`HUB_COMMENT_LENGTH`).")
    idempotency_key: strawberry.ID = idempotency_key()
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="A changed comment.")
class EditCommentInput:
    id: strawberry.ID = strawberry.field(description="The comment.")
    body: Markdown = strawberry.field(description="1 to 20,000 characters (`HUB_COMMENT_LENGTH`).")
    expected_version: int = strawberry.field(description="The version that you changed.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Which comment to remove.")
class DeleteCommentInput:
    id: strawberry.ID = strawberry.field(description="The comment.")
    reason: str | None = strawberry.field(
        default=None, description="Where it is another's: for the audit log, 1 to 500 characters."
    )
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="A reaction to give or take back.")
class ReactInput:
    target_id: strawberry.ID = strawberry.field(description="A comment, thread or post.")
    kind: str = strawberry.field(description="`like`, `heart`, … (`HUB_REACTION_KINDS`).")
    on: bool = strawberry.field(description="True to give it, false to take it back.")
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="A comment.")
class CommentPayload(Payload):
    comment: Comment | None = strawberry.field(default=None, description="The comment; null on errors.")


@strawberry.type(description="What was reacted to.")
class ReactPayload(Payload):
    target: Reactable | None = strawberry.field(default=None, description="It, as it is now; null on errors.")


@strawberry.type
class CommentMutations:
    @strawberry.mutation(
        description="Write a comment on an open thread, post or event.",
        directives=shown_directives(scope=ApiScope.COMMENTS_WRITE),
        extensions=[Paced("comment", burst="comment_burst", per_second="comments_per_second")],
    )
    async def add_comment(self, info: Info, input: AddCommentInput) -> CommentPayload:
        async def work() -> dict[str, Any]:
            noun, subject_id = from_global(input.subject_id, "Thread", "Post", "Event", argument="subjectId")
            written = await add_comment(
                info.context.backend,
                info.context.viewer,
                subject_id=subject_id,
                kind=noun.upper(),
                parent_id=row_id(input.parent_id, "Comment", "parentId") if input.parent_id is not None else None,
                body=input.body,
                key=input.idempotency_key,
            )
            return _shown(written)

        return await answer(info, CommentPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Change one's own comment within its edit window.",
        directives=shown_directives(scope=ApiScope.COMMENTS_WRITE),
    )
    async def edit_comment(self, info: Info, input: EditCommentInput) -> CommentPayload:
        async def work() -> dict[str, Any]:
            written = await edit_comment(
                info.context.backend,
                info.context.viewer,
                comment_id=row_id(input.id, "Comment", "id"),
                body=input.body,
                expected_version=input.expected_version,
            )
            return _shown(written)

        return await answer(info, CommentPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Take back one's own comment, or remove one as staff; `replayed` when it was gone already.",
        directives=shown_directives(scope=ApiScope.COMMENTS_WRITE),
    )
    async def delete_comment(self, info: Info, input: DeleteCommentInput) -> CommentPayload:
        async def work() -> dict[str, Any]:
            comment_id = row_id(input.id, "Comment", "id")
            backend, viewer = info.context.backend, info.context.viewer
            return _shown(await delete_comment(backend, viewer, comment_id=comment_id, reason=input.reason))

        return await answer(info, CommentPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Give or take back a reaction; `replayed` when that changed nothing.",
        directives=shown_directives(scope=ApiScope.COMMENTS_WRITE),
    )
    async def react(self, info: Info, input: ReactInput) -> ReactPayload:
        async def work() -> dict[str, Any]:
            noun, target_id = from_global(input.target_id, *_REACTABLE, argument="targetId")
            replayed = await react(
                info.context.backend,
                info.context.viewer,
                noun=noun,  # pyright: ignore[reportArgumentType] - from_global gave one of the three
                target_id=target_id,
                kind=input.kind,
                on=input.on,
            )
            target = await info.context.reader.one(_REACTABLE[noun], target_id)
            return {"target": target, "replayed": replayed}

        return await answer(info, ReactPayload, input.client_mutation_id, work)


def _shown(written: Written) -> dict[str, Any]:
    return {"comment": Reference(comment_by_id, written.id), "replayed": written.replayed}
