"""A reader as the README tells clients to be: page and cursor, then the stream after it, and again after each cut."""

import asyncio
import json
import socket
import struct
import uuid
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.bench.fanout.documents import POST, STREAM
from tests.bench.fanout.serving import Process
from tests.bench.fanout.wire import Wire

_PAGE = 100
_RESET = struct.pack("ii", 1, 0)


class Line(Wire):
    """One connection of a reader."""

    def __init__(self, reader: "Reader") -> None:
        self._reader = reader
        self.done = asyncio.Event()

    def opened(self) -> None:
        self.send(b'{"type":"connection_init","payload":{}}')

    def text(self, data: bytes, start: int, stop: int) -> None:
        if self.transport.is_closing():
            return  # given up: what comes after it is asked for again
        message = json.loads(data[start:stop])
        match message["type"]:
            case "connection_ack":
                variables = {"s": self._reader.subject, "a": self._reader.after}
                payload = {"query": STREAM, "variables": variables}
                self.send(json.dumps({"type": "subscribe", "id": str(uuid.uuid4()), "payload": payload}).encode())
            case "ping":
                self.send(b'{"type":"pong"}')
            case "next" if "errors" not in message["payload"]:
                self._reader.take(message["payload"]["data"]["commentStream"])
            case _:
                self._reader.refusals[_told(message)] += 1
                self.transport.abort()

    def ended(self) -> None:
        self.done.set()

    def cut(self, *, reset: bool) -> None:
        """Without a close frame: a reset, or just the end of the connection."""
        if reset:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()


@dataclass
class Reader:
    servers: list[Process]
    slug: str
    base: int  # comments up to this number are not counted: they were there before
    random: Random
    subject: str = ""
    after: str | None = None
    got: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    from_page: set[str] = field(default_factory=set[str])
    from_stream: set[str] = field(default_factory=set[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    doubled: int = 0
    reordered: int = 0
    resyncs: int = 0
    connections: int = 0
    line: Line | None = None

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            server = self.random.choice(self.servers)
            try:
                if self.after is None:
                    await self._page(server)
                line = Line(self)
                await loop.create_connection(lambda: line, "127.0.0.1", server.port)  # noqa: B023 - called before the next turn
            except Exception:  # whatever a server in trouble answers: try again, as clients do
                await asyncio.sleep(self.random.uniform(0.1, 0.5))
                continue
            self.line = line
            self.connections += 1
            try:
                await line.done.wait()
            finally:
                self.line = None
                line.transport.abort()
            await asyncio.sleep(self.random.uniform(0, 0.2))

    def take(self, change: dict[str, Any]) -> None:
        self.after = change["cursor"]
        match change["__typename"]:
            case "CommentAdded":
                comment = change["comment"]
                if comment["id"] in self.from_stream:
                    self.doubled += 1
                elif comment["id"] not in self.from_page and comment["number"] > self.base:
                    self._keep(comment)
                self.from_stream.add(comment["id"])
            case "Resync":
                self.resyncs += 1
            case _:
                pass

    def _keep(self, comment: dict[str, Any]) -> None:
        if self.got and comment["number"] < self.got[-1][1]:
            self.reordered += 1
        self.got.append((comment["id"], comment["number"]))

    async def _page(self, server: Process) -> None:
        post = (await server.ask(POST, slug=self.slug, last=_PAGE))["post"]
        self.subject, self.after = post["id"], post["liveCursor"]
        for comment in post["comments"]["nodes"]:
            if comment["number"] > self.base:
                self.from_page.add(comment["id"])
                self._keep(comment)


def _told(message: dict[str, Any]) -> str:
    """Why it gives up: the error, and whether data came with it."""
    payload = message.get("payload") or {}
    errors = payload if isinstance(payload, list) else payload.get("errors", [])
    partly = " beside data" if isinstance(payload, dict) and payload.get("data") else ""
    return f"{message['type']}{partly}: {', '.join(sorted({error['message'] for error in errors}))}"
