"""People for a test, and what they ask under tokens of their own."""

import uuid
from typing import Any

import orjson

from hub.users.refresh_tokens import RefreshToken, read
from tests.client import Client

PASSWORD = "a long enough secret"


def person(**changes: Any) -> dict[str, Any]:
    handle = f"p{uuid.uuid4().hex[:10]}"
    return {"handle": handle, "email": f"{handle}@example.org", "password": PASSWORD, **changes}


async def ask(client: Client, token: str | None, document: str, **variables: Any) -> dict[str, Any]:
    """The whole answer under this token; raises Refusal for one that is not good."""
    caller = await client._callers.of_token(token, "test", "127.0.0.1")
    operation = client._engine.prepare(document, None)
    return orjson.loads(orjson.dumps((await client._engine.execute(operation, variables, caller)).body))


def token_of(client: Client, text: str) -> RefreshToken:
    token = read(client.backend.settings, text)
    assert token is not None
    return token
