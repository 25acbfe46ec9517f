"""A client inside the test: asks the engine what a transport would ask it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson

from hub.graph.callers import Caller, Callers
from hub.graph.operations import Engine
from hub.live.backend import Backend
from hub.live.groups import Delivery
from hub.users.commands import issue_token


class Following:
    """A session: who follows; `become` is what a transport does when that changes."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.on_change: set[Callable[[], None]] = set()

    def become(self, caller: Caller) -> None:
        self.caller = caller
        for tell in tuple(self.on_change):
            tell()


class Answers:
    """A sink that has room for everything; iterate over it for the bodies, in order."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._read = 0

    def offer(self, delivery: Delivery) -> bool:
        self.deliveries.append(delivery)
        self._news.set()
        return True

    async def put(self, delivery: Delivery) -> None:
        self.offer(delivery)

    def end(self, task: asyncio.Task[None]) -> None:
        self.task = task
        self._news.set()

    async def __anext__(self) -> Any:
        while self._read == len(self.deliveries):
            if self.task is not None:
                self.task.result()
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        self._read += 1
        return orjson.loads(self.deliveries[self._read - 1].body)


def shown(body: dict[str, Any]) -> bytes:
    """The answer without what it cost, which depends on time."""
    return orjson.dumps({name: part for name, part in body.items() if name != "extensions"})


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
        """Data and errors of the answer; what it cost is left out."""
        operation = self._engine.prepare(document, None)
        answer = await self._engine.execute(operation, variables, await self.caller(handle))
        return orjson.loads(shown(answer.body))

    async def data(self, document: str, handle: str | None = None, **variables: Any) -> Any:
        """The data of an answer without errors."""
        body = await self.ask(document, handle, **variables)
        assert "errors" not in body, body["errors"]
        return body["data"]

    @asynccontextmanager
    async def listen(self, document: str, handle: str | None = None, **variables: Any) -> AsyncIterator["Answers"]:
        """The answers of a subscription, one `anext` at a time."""
        async with self.follow(document, Following(await self.caller(handle)), **variables) as answers:
            yield answers

    @asynccontextmanager
    async def follow(self, document: str, following: "Following", **variables: Any) -> AsyncIterator["Answers"]:
        operation = self._engine.prepare(document, None)
        answers = Answers()
        task = asyncio.create_task(self._engine.follow(operation, variables, following, "test", answers))
        task.add_done_callback(answers.end)
        try:
            yield answers
        finally:
            task.cancel()
            await asyncio.wait([task])

    def hold(self, name: str, token: str) -> None:
        """From now on ask with this token as `name`."""
        self._tokens[name] = token

    async def caller(self, handle: str | None) -> Any:
        if handle is not None and handle not in self._tokens:
            self._tokens[handle] = (await issue_token(self.backend.database, handle, 1)).text
        return await self._callers.of_token(self._tokens.get(handle or ""), "test", "127.0.0.1")
