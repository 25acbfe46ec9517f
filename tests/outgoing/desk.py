"""An HTTPS server of this machine that keeps what it is sent, and a certificate that its clients can be told to trust."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import h11
import trustme

AUTHORITY = trustme.CA()


@dataclass
class Sent:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Desk:
    """`answers`, by path: status and headers of the next ones, 201 after them. 0 hangs up, -1 says nothing until the client does."""

    port: int = 0
    sent: list[Sent] = field(default_factory=list)
    answers: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)

    @property
    def authority(self) -> str:
        return f"localhost:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection, request, body = h11.Connection(h11.SERVER), None, b""
        while (event := connection.next_event()) is not None and not isinstance(event, h11.EndOfMessage):
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(65_536))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                break
        if request is not None:
            target = request.target.decode()
            headers = {name.decode(): value.decode() for name, value in request.headers}
            self.sent.append(Sent(request.method.decode(), target, headers, body))
            waiting = self.answers.get(target)
            status, more = waiting.pop(0) if waiting else (201, {})
            if status < 0:
                await reader.read()
            elif status:
                answer = h11.Response(status_code=status, headers=[*more.items(), ("content-length", "0")])
                writer.write((connection.send(answer) or b"") + (connection.send(h11.EndOfMessage()) or b""))
        writer.close()


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


@asynccontextmanager
async def desk(name: str = "localhost") -> AsyncIterator[Desk]:
    """With a certificate for this name."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert(name).configure_cert(context)
    one = Desk()
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0, ssl=context)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        await server.wait_closed()
