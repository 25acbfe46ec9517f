from typing import Any

import strawberry

from hub.forum.commands import create_thread
from hub.forum.loaders import thread_by_id
from hub.graph.context import Info
from hub.graph.directives import ApiScope
from hub.graph.fields import shown_directives
from hub.graph.forum.types import Thread
from hub.graph.ids import row_id
from hub.graph.payloads import Payload, Reference, answer, idempotency_key, mutation_id
from hub.graph.scalars import Markdown
from hub.graph.subjects.types import Visibility


@strawberry.input(description="A new thread.")
class CreateThreadInput:
    category_id: strawberry.ID = strawberry.field(description="Where it belongs.")
    club_id: strawberry.ID | None = strawberry.field(default=None, description="A club of the viewer's, if it is its.")
    title: str = strawberry.field(description="1 to 200 characters (`HUB_TITLE_LENGTH`).")
    body: Markdown = strawberry.field(description="1 to 50,000 characters (`HUB_BODY_LENGTH`).")
    visibility: Visibility = strawberry.field(
        default=Visibility.PUBLIC, description="Who may see it; CLUB needs a club."
    )
    tags: list[str] | None = strawberry.field(default=None, description="At most 10 words.")
    idempotency_key: strawberry.ID = idempotency_key()
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="A thread.")
class ThreadPayload(Payload):
    thread: Thread | None = strawberry.field(default=None, description="The thread; null on errors.")


@strawberry.type
class ForumMutations:
    @strawberry.mutation(
        description="Begin a thread in an open category.", directives=shown_directives(scope=ApiScope.THREADS_WRITE)
    )
    async def create_thread(self, info: Info, input: CreateThreadInput) -> ThreadPayload:
        async def work() -> dict[str, Any]:
            created = await create_thread(
                info.context.backend,
                info.context.viewer,
                category_id=row_id(input.category_id, "Category", "categoryId"),
                club_id=row_id(input.club_id, "Club", "clubId") if input.club_id is not None else None,
                title=input.title,
                body=input.body,
                tags=input.tags or [],
                visibility=input.visibility.name,
                key=input.idempotency_key,
            )
            return {"thread": Reference(thread_by_id, created.id), "replayed": created.replayed}

        return await answer(info, ThreadPayload, input.client_mutation_id, work)
