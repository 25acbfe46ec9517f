"""A client inside the test: asks the engine what a transport would ask it."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import orjson

from hub.graph.operations import Callers, Engine
from hub.live.backend import Backend
from hub.users.commands import issue_token


class Client:
    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._callers = Callers(backend)
        self._engine = Engine(backend, self._callers)
        self._tokens: dict[str, str] = {}

    def under(self, **limits: Any) -> "Client":
        """The same hub under other settings; not for subscriptions, since nothing wakes its relay."""
        here = self.backend
        return Client(Backend(here.settings.model_copy(update=limits), here.database, here.broker))

    async def ask(self, document: str, handle: str | None = None, **variables: Any) -> dict[str, Any]:
        """The whole answer: data, errors."""
        operation = self._engine.prepare(document, None)
        answer = await self._engine.execute(operation, variables, await self.caller(handle))
        return orjson.loads(orjson.dumps(answer.body))

    async def data(self, document: str, handle: str | None = None, **variables: Any) -> Any:
        """The data of an answer without errors."""
        body = await self.ask(document, handle, **variables)
        assert "errors" not in body, body["errors"]
        return body["data"]

    @asynccontextmanager
    async def listen(self, document: str, handle: str | None = None, **variables: Any) -> AsyncIterator[Any]:
        """The answers of a subscription, one `anext` at a time."""
        operation = self._engine.prepare(document, None)
        async with aclosing(self._engine.subscribe(operation, variables, await self.caller(handle))) as answers:
            yield answers

    async def caller(self, handle: str | None) -> Any:
        if handle is not None and handle not in self._tokens:
            self._tokens[handle] = (await issue_token(self.backend.database, handle, 1)).text
        return await self._callers.of_token(self._tokens.get(handle or ""), "test", "127.0.0.1")
