import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis import asyncio as redis

from tests.conftest import BACKENDS, BROKER_URL


@pytest.fixture
async def shared() -> AsyncIterator[tuple[Any, str]]:
    """A Redis client and a prefix of its own."""
    if "scaled" not in BACKENDS:
        pytest.skip("wants Redis")
    async with redis.Redis.from_url(BROKER_URL) as client:
        prefix = f"test-{uuid.uuid4().hex}"
        yield client, prefix
        if keys := await client.keys(f"{prefix}*"):
            await client.delete(*keys)
