"""The naive way, as Strawberry's documentation shows it: `python -m tests.bench.fanout.naive --port PORT`.

Each subscriber has a queue in the process and executes its own selection for each comment. It is spared what the
hub does besides: no log, no cursor, no look at who may see what, and the author's loader lives as long as the
socket, so that a subscriber asks for each author once. It writes by the hub's own command, so that writing costs
the same on both sides.
"""

import argparse
import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, NewType

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader

from hub.comments.commands.adding import add_comment
from hub.graph.ids import from_global, to_global
from hub.live.backend import Backend
from hub.settings import settings
from hub.users.tokens import bearer_of

LiveCursor = strawberry.scalar(NewType("LiveCursor", str))
Markdown = strawberry.scalar(NewType("Markdown", str))
Info = strawberry.Info[dict[str, Any], None]


@strawberry.type
class User:
    handle: str
    display_name: str


@strawberry.type
class Body:
    html: str


@strawberry.type
class Comment:
    id: strawberry.ID
    number: int
    version: int
    html: strawberry.Private[str]
    author_id: strawberry.Private[int]

    @strawberry.field
    def body(self) -> Body:
        return Body(html=self.html)

    @strawberry.field
    async def author(self, info: Info) -> User:
        return await info.context["users"].load(self.author_id)


@strawberry.type
class CommentAdded:
    cursor: str
    comment: Comment


@strawberry.type
class CommentChanged:
    cursor: str
    comment: Comment


@strawberry.type
class CommentGone:
    cursor: str
    comment_id: strawberry.ID
    status: str


@strawberry.type
class CaughtUp:
    cursor: str
    replayed: int


@strawberry.type
class Resync:
    cursor: str
    reason: str


CommentChange = Annotated[
    CommentAdded | CommentChanged | CommentGone | CaughtUp | Resync, strawberry.union("CommentChange")
]


@strawberry.type
class Problem:
    code: str
    message: str


@strawberry.type
class CommentPayload:
    comment: Comment
    replayed: bool
    errors: list[Problem]


@strawberry.input
class AddCommentInput:
    subject_id: strawberry.ID
    body: Markdown
    idempotency_key: strawberry.ID


@dataclass(frozen=True)
class Ground:
    backend: Backend
    queues: defaultdict[str, set[asyncio.Queue[Comment]]]

    async def users(self, ids: list[int]) -> list[User]:
        rows = await self.backend.database.fetch(
            f"select id, handle, display_name from users where id in ({', '.join(map(str, ids))})"
        )
        found = {row["id"]: User(handle=row["handle"], display_name=row["display_name"]) for row in rows}
        return [found[user_id] for user_id in ids]


@strawberry.type
class Query:
    @strawberry.field
    def alive(self) -> bool:
        return True


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def add_comment(self, info: Info, input: AddCommentInput) -> CommentPayload:
        ground: Ground = info.context["ground"]
        database = ground.backend.database
        token = info.context["request"].headers["Authorization"].removeprefix("Bearer ")
        viewer = (await bearer_of(database, token)).viewer
        noun, subject_id = from_global(input.subject_id)
        written = await add_comment(
            ground.backend,
            viewer,
            subject_id=subject_id,
            kind=noun.upper(),
            parent_id=None,
            body=input.body,
            key=input.idempotency_key,
        )
        sql = "select id, number, version, body_html, author_id from comments where id = :id"
        row = (await database.fetch(sql, {"id": written.id}))[0]
        comment = Comment(
            id=strawberry.ID(to_global("Comment", row["id"])),
            number=row["number"],
            version=row["version"],
            html=row["body_html"],
            author_id=row["author_id"],
        )
        for queue in ground.queues[input.subject_id]:
            queue.put_nowait(comment)
        return CommentPayload(comment=comment, replayed=written.replayed, errors=[])


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def comment_stream(
        self,
        info: Info,
        subject_id: strawberry.ID,
        after: LiveCursor | None = None,
    ) -> AsyncGenerator[CommentChange, None]:
        queues = info.context["ground"].queues[subject_id]
        queue: asyncio.Queue[Comment] = asyncio.Queue()
        queues.add(queue)
        try:
            yield CaughtUp(cursor="", replayed=0)
            while True:
                comment = await queue.get()
                yield CommentAdded(cursor=str(comment.number), comment=comment)
        finally:
            queues.discard(queue)


class Naive(GraphQL[Any, None]):
    ground: Ground

    async def get_context(self, request: Any, response: Any = None) -> dict[str, Any]:
        users = DataLoader(load_fn=self.ground.users)
        return {"request": request, "response": response, "ground": self.ground, "users": users}


def application() -> Starlette:
    graphql = Naive(strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        backend = await Backend.open(settings())
        graphql.ground = Ground(backend, defaultdict(set))
        yield
        await backend.close()

    async def readyz(_: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    routes = [Route("/readyz", readyz), Route("/graphql", graphql), WebSocketRoute("/graphql", graphql)]
    return Starlette(routes=routes, lifespan=lifespan)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    uvicorn.run(application(), port=parser.parse_args().port, loop="uvloop", log_level="warning", access_log=False)
