"""Real server processes for a test: started by the command that users run, always ended."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import websockets

from hub.settings import Settings

_HUB = [sys.executable, "-m", "hub.cli"]
_PATIENCE = 30


def environment(settings: Settings) -> dict[str, str]:
    given = {
        "HUB_DATA_DIR": str(settings.data_dir),
        "HUB_DATABASE_URL": settings.database_url,
        "HUB_BROKER_URL": settings.broker_url,
        "HUB_BROKER_PREFIX": settings.broker_prefix,
        "HUB_SECRET_KEY": ",".join(settings.secret_key) or "one-key-for-all-processes-of-a-test",
        # Over Redis it shares the test's own budgets, which must be as large here as there.
        "HUB_COMMENT_BURST": str(settings.comment_burst),
        "HUB_PARTICIPATION_BURST": str(settings.participation_burst),
        "HUB_COST_PER_MINUTE": str(settings.cost_per_minute),
        "HUB_ADDRESS_COST_PER_MINUTE": str(settings.address_cost_per_minute),
    }
    if settings.introspection is not None:
        given["HUB_INTROSPECTION"] = str(settings.introspection)
    if settings.documents_file is not None:
        given["HUB_DOCUMENTS_FILE"] = str(settings.documents_file)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return {**kept, **given}


async def run(settings: Settings, *arguments: str) -> tuple[int, str]:
    """Exit code and standard output of one `hub` command."""
    process = await asyncio.create_subprocess_exec(
        *_HUB, *arguments, env=environment(settings), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(_PATIENCE):
        output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


class Server:
    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.address = f"127.0.0.1:{port}"

    async def ask(self, query: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
        """One request on a connection of its own, so that any worker may take it."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx2.AsyncClient() as client:
            body = {"query": query, "variables": variables}
            answer = await client.post(f"http://{self.address}/graphql", json=body, headers=headers, timeout=_PATIENCE)
        return answer.json()

    @asynccontextmanager
    async def listen(self, query: str, token: str | None = None, **variables: Any) -> AsyncIterator["Listener"]:
        async with websockets.connect(f"ws://{self.address}/graphql", subprotocols=["graphql-transport-ws"]) as ws:
            greeting = {"Authorization": f"Bearer {token}"} if token else {}
            await ws.send(json.dumps({"type": "connection_init", "payload": greeting}))
            assert json.loads(await ws.recv())["type"] == "connection_ack"
            request = {"id": "1", "type": "subscribe", "payload": {"query": query, "variables": variables}}
            await ws.send(json.dumps(request))
            yield Listener(ws)

    async def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


class Listener:
    def __init__(self, ws: Any) -> None:
        self.ws = ws

    async def next(self) -> Any:
        """The data of the next answer; pings are passed over."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                message = json.loads(await self.ws.recv())
                if message["type"] == "next":
                    return message["payload"]["data"]
                assert message["type"] == "ping", message

    async def closed(self) -> int | None:
        """The code with which the server ended it; what comes before is passed over."""
        with suppress(websockets.ConnectionClosed):
            async with asyncio.timeout(_PATIENCE):
                while True:
                    await self.ws.recv()
        return self.ws.close_code


@asynccontextmanager
async def serving(
    settings: Settings, *arguments: str, log: Path | None = None, **more: object
) -> AsyncIterator[Server]:
    """`hub ARGUMENTS --port FREE`, ready to answer; ended when the block is left. `more` are settings that differ."""
    port = _free_port()
    said = log.open("ab") if log is not None else None
    process = await asyncio.create_subprocess_exec(
        *_HUB,
        *arguments,
        "--port",
        str(port),
        env=environment(settings) | {f"HUB_{name.upper()}": str(value) for name, value in more.items()},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=said,
        start_new_session=True,
    )
    if said is not None:
        said.close()
    try:
        await _ready(process, port)
        yield Server(process, port)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _ready(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(_PATIENCE), httpx2.AsyncClient() as client:
        while True:
            assert process.returncode is None, "the server ended"
            try:
                if (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
