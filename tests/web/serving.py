"""The real server on a free port of the loopback, in the test's own loop, and a client that speaks the protocol."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import orjson
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hub.web.connections import CONNECTIONS
from hub.web.routes import Web
from hub.web.server.http import HttpProtocol
from hub.web.server.sockets import SocketProtocol

PATIENCE = 10


class WatchedProtocol(SocketProtocol):
    """Tells when some peer's buffers are full."""

    stuck: ClassVar[asyncio.Event]

    def pause_writing(self) -> None:
        super().pause_writing()
        self.stuck.set()


class Connections(set[Any]):
    """uvicorn's, which can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._shrunk = asyncio.Event()

    def discard(self, connection: Any) -> None:
        super().discard(connection)
        self._shrunk.set()

    remove = discard

    async def at_most(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self) > count:
                self._shrunk.clear()
                await self._shrunk.wait()


class Served:
    def __init__(self, web: Web, server: uvicorn.Server, address: tuple[str, int]) -> None:
        self.web = web
        self.server = server
        self.address = address
        self.stuck = WatchedProtocol.stuck = asyncio.Event()
        self.connections = server.server_state.connections = Connections()

    @asynccontextmanager
    async def socket(self, **options: Any) -> AsyncIterator["Peer"]:
        options = {"subprotocols": ["graphql-transport-ws"], "compression": None, "ping_interval": None, **options}
        host, port = self.address
        async with connect(f"ws://{host}:{port}/graphql", **options) as connection:
            yield Peer(connection)

    @asynccontextmanager
    async def greeted(self, token: str | None = None, **options: Any) -> AsyncIterator["Peer"]:
        async with self.socket(**options) as peer:
            await peer.greet(token)
            yield peer

    async def stop(self) -> None:
        """As SIGTERM does."""
        async with asyncio.timeout(PATIENCE):
            await self.server.shutdown()


class Peer:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, kind: str, **rest: Any) -> None:
        await self.connection.send(orjson.dumps({"type": kind, **rest}).decode())

    async def take(self) -> Any:
        """The next message, after checking that it came as text."""
        async with asyncio.timeout(PATIENCE):
            text = await self.connection.recv()
        assert isinstance(text, str)
        return orjson.loads(text)

    async def greet(self, token: str | None = None) -> None:
        await self.send("connection_init", payload={"Authorization": f"Bearer {token}"} if token else {})
        assert (await self.take())["type"] == "connection_ack"

    async def subscribe(self, operation_id: str = "1", query: str = "subscription { ticks }", **payload: Any) -> None:
        await self.send("subscribe", id=operation_id, payload={"query": query, **payload})

    async def closed(self) -> tuple[int, str]:
        """The code and reason of the end; what comes before it is skipped."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    await self.connection.recv()
        except ConnectionClosed as end:
            return (end.rcvd.code, end.rcvd.reason) if end.rcvd else (1006, "")


@asynccontextmanager
async def serving(web: Web, **options: Any) -> AsyncIterator[Served]:
    listener = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=web.routes, middleware=web.middleware)
    config = uvicorn.Config(
        app,
        http=HttpProtocol,
        ws=WatchedProtocol,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        lifespan="off",
        log_config=None,
        **options,
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    server.lifespan.state[CONNECTIONS] = web.connections
    served = Served(web, server, listener.getsockname())
    await server.startup(sockets=[listener])
    try:
        yield served
    finally:
        await web.shutdown(1)
        await served.stop()
