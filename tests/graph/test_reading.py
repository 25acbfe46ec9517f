"""Queries over the demo community, by noun."""

import pytest

from tests.client import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_x(shared: Client) -> None:
    print(await shared.data("{ threads(first: 100) { nodes { slug } } }"))
async def test_y(shared: Client) -> None:
    print(await shared.data("{ threads(first: 100) { nodes { slug } } }"))
