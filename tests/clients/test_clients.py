"""What frontend teams may count on: their library reads, writes and follows, and misses nothing when it is cut off."""

import asyncio
import json
import signal
import subprocess
import uuid
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from hub.users.commands import issue_token
from tests.cli.servers import Server, serving
from tests.client import Client
from tests.clients.door import door
from tests.clients.running import FOLDER, PATIENCE, Script, node, running
from tests.mutations import a_thread, document, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOCKETS = ["graphql-ws.js", "apollo.js", "urql.js", "relay.js", "python_gql.py"]
EVENT_STREAMS = ["graphql-sse.js", "urql-sse.js"]


class Talk:
    """A fresh thread, and what is said in it."""

    def __init__(self, members: Client, subject: str) -> None:
        self.members = members
        self.subject = subject

    async def say(self, server: Server, token: str, body: str = "Live.") -> int:
        """The comment's number."""
        comment = {"subjectId": self.subject, "body": body, "idempotencyKey": uuid.uuid4().hex}
        answer = await server.ask(document("addComment"), token, input=comment)
        return answer["data"]["addComment"]["comment"]["number"]

    async def say_without_a_server(self) -> int:
        added = await write(self.members, "addComment", "ines", subjectId=self.subject, body="Missed.")
        return added["comment"]["number"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(shared: Client) -> AsyncGenerator[Server]:
    async with serving(shared.backend.settings, "serve") as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def token(shared: Client) -> str:
    return (await issue_token(shared.backend.database, "ines", 1)).text


@pytest_asyncio.fixture(loop_scope="module")
async def talk(shared: Client) -> Talk:
    return Talk(shared, await a_thread(shared))


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What relay-compiler makes of the documents in relay.js."""
    folder = tmp_path_factory.mktemp("relay")
    (folder / "artifacts").mkdir()
    config = {
        "src": str(FOLDER),
        "schema": str(FOLDER.parents[1] / "schema.graphql"),
        "artifactDirectory": str(folder / "artifacts"),
        "language": "javascript",
    }
    (folder / "relay.config.json").write_text(json.dumps(config))
    compiler = FOLDER / "node_modules/relay-compiler/cli.js"
    subprocess.run([node(), compiler, "relay.config.json", "--noWatchman"], cwd=folder, check=True, timeout=PATIENCE)
    return folder / "artifacts"


@pytest.fixture
def environment(request: pytest.FixtureRequest, script: str, token: str) -> dict[str, str]:
    more = {"ARTIFACTS": str(request.getfixturevalue("artifacts"))} if script == "relay.js" else {}
    return {"HUB_TOKEN": token, **more}


@pytest.mark.parametrize("script", [*SOCKETS, *EVENT_STREAMS])
async def test_a_client_goes_on_behind_its_last_cursor_when_it_was_cut_off(
    script: str, server: Server, token: str, talk: Talk, environment: dict[str, str]
):
    if script in EVENT_STREAMS:
        await ensure_event_streams(server, talk)
    for number in (1, 2):
        assert await talk.say(server, token) == number
    async with door(server.address) as way, running(script, way.address, talk.subject, **environment) as client:
        await client.until("caughtUp")
        for number in (4, 5):
            await talk.say(server, token)
            await client.until("comment", number)
        await way.slam()
        for _ in range(3):
            await talk.say(server, token)
        await way.open()
        await client.until("comment", 8)
        await talk.say(server, token, "Good night.")
        assert await client.ended() == 0
    assert client.told("page") == [[1, 2]]
    assert client.told("added") == [3]
    assert client.told("comment") == [3, 4, 5, 6, 7, 8, 9]
    assert client.told("again")
    assert client.told("caughtUp") == [1, 3]


async def test_all_clients_at_once_go_on_with_the_next_server(shared: Client, token: str, talk: Talk, artifacts: Path):
    environment = {"HUB_TOKEN": token, "ARTIFACTS": str(artifacts)}
    settings = shared.backend.settings
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(serving(settings, "serve"))
        scripts = [*SOCKETS, *EVENT_STREAMS] if await has_event_streams(first, talk) else SOCKETS
        way = await stack.enter_async_context(door(first.address))
        clients = [
            await stack.enter_async_context(running(script, way.address, talk.subject, **environment))
            for script in scripts
        ]
        await all_until(clients, "caughtUp")
        await all_until(clients, "comment", await talk.say(first, token))
        server = first
        for end in (signal.SIGTERM, signal.SIGKILL):
            server.process.send_signal(end)
            await server.process.wait()
            missed = [await talk.say_without_a_server() for _ in range(5)]
            server = await stack.enter_async_context(serving(settings, "serve"))
            way.server = server.address
            await all_until(clients, "comment", missed[-1])
        last = await talk.say(server, token, "Good night.")
        codes = [await client.ended() for client in clients]
    assert codes == [0 for _ in clients]
    for client in clients:
        (page,) = client.told("page")
        assert [*page, *client.told("comment")] == list(range(1, last + 1))


async def all_until(clients: list[Script], name: str, value: int | None = None) -> None:
    await asyncio.gather(*(client.until(name, value) for client in clients))


async def ensure_event_streams(server: Server, talk: Talk) -> None:
    if not await has_event_streams(server, talk):
        pytest.skip("The server sends no event streams yet")


async def has_event_streams(server: Server, talk: Talk) -> bool:
    """Whether a subscription by POST is answered at all."""
    query = "subscription ($id: ID!) { commentStream(subjectId: $id) { __typename } }"
    body = {"query": query, "variables": {"id": talk.subject}}
    async with httpx2.AsyncClient() as client:
        address, headers = f"http://{server.address}/graphql", {"Accept": "text/event-stream"}
        async with client.stream("POST", address, json=body, headers=headers, timeout=PATIENCE) as answer:
            return answer.status_code != 406
