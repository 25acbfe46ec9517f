"""`uvicorn tests.bench.pages.naive.server:application`; the database by BENCH_DATABASE_URL."""

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiodataloader import DataLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from strawberry.asgi import GraphQL
from tortoise import Tortoise

from tests.bench.pages.naive import models
from tests.bench.pages.naive.schema import schema


def _by_id(found: Any, key: str = "id") -> Any:
    class ById(DataLoader):
        async def batch_load_fn(self, keys: list[int]) -> list[Any]:
            rows = {row.pk: row for row in await found.filter(**{f"{key}__in": keys})}
            return [rows.get(key) for key in keys]

    return ById()


class _Endpoint(GraphQL):
    async def get_context(self, request: Request, response: Any = None) -> Any:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return {
            "digest": hashlib.sha256(token.encode()).hexdigest(),
            "users": _by_id(models.User.all()),
            "clubs": _by_id(models.Club.all()),
            "posts": _by_id(models.Post.all().select_related("subject"), "subject_id"),
        }


@asynccontextmanager
async def _open(_application: Starlette) -> AsyncIterator[None]:
    url = os.environ["BENCH_DATABASE_URL"]
    if url.startswith("postgres"):
        url = f"asyncpg://{url.partition('://')[2]}?minsize=1&maxsize={os.environ['BENCH_POOL']}"
    await Tortoise.init(db_url=url, modules={"models": [models.__name__]}, use_tz=True, _enable_global_fallback=True)
    yield
    await Tortoise.close_connections()


application = Starlette(
    lifespan=_open, routes=[Route("/graphql", _Endpoint(schema, graphql_ide=None), methods=["POST"])]
)
