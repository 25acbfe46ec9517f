"""What the running product promises: processes are started, killed and watched from outside."""

import asyncio
import json
import signal
import stat
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
import pytest

from hub.demo.loading import load
from hub.demo.story import STORY
from hub.settings import Settings
from hub.store.database import Database
from tests.cli import servers
from tests.cli.servers import Server, run, serving

PAGE = '{ post(slug: "welcome") { id liveCursor commentCount { value } } }'
ADD = """mutation ($s: ID!, $b: Markdown!, $k: ID!) { addComment(input: {subjectId: $s, body: $b, idempotencyKey: $k}) {
    comment { id number } replayed errors { code } } }"""
STREAM = """subscription ($s: ID!, $a: LiveCursor) { commentStream(subjectId: $s, after: $a) { __typename
    ... on CommentAdded { cursor comment { id body { source } } } ... on CaughtUp { replayed } } }"""


async def told(settings: Settings) -> str:
    code, output = await run(settings, "token", "ines")
    assert code == 0
    return output.strip()


async def filled(settings: Settings) -> None:
    database = await Database.open(settings)
    await load(database, STORY)
    await database.close()


async def test_a_comment_survives_kill_9_right_after_its_answer(settings):
    await filled(settings)
    token = await told(settings)
    async with serving(settings, "serve") as server:
        page = (await server.ask(PAGE))["data"]["post"]
        added = await server.ask(ADD, token, s=page["id"], b="Before the fall", k="fall")
        await server.kill()
    assert added["data"]["addComment"]["errors"] == []
    async with serving(settings, "serve") as server:
        assert (await server.ask(PAGE))["data"]["post"]["commentCount"]["value"] == page["commentCount"]["value"] + 1
        again = await server.ask(ADD, token, s=page["id"], b="Before the fall", k="fall")
        assert again["data"]["addComment"]["replayed"] is True
        async with server.listen(STREAM, s=page["id"], a=page["liveCursor"]) as listener:
            change = (await listener.next())["commentStream"]
            assert change["comment"]["id"] == added["data"]["addComment"]["comment"]["id"]
            assert (await listener.next())["commentStream"] == {"__typename": "CaughtUp", "replayed": 1}


async def test_what_one_process_writes_the_readers_of_another_get_in_order_and_once(settings):
    await filled(settings)
    token = await told(settings)
    async with serving(settings, "serve") as first, serving(settings, "serve") as second:
        page = (await first.ask(PAGE))["data"]["post"]
        for number in range(50):
            await first.ask(ADD, token, s=page["id"], b=f"missed {number}", k=f"missed {number}")
        async with second.listen(STREAM, s=page["id"], a=page["liveCursor"]) as listener:
            missed = [(await listener.next())["commentStream"] for _ in range(50)]
            assert [change["comment"]["body"]["source"] for change in missed] == [f"missed {n}" for n in range(50)]
            assert (await listener.next())["commentStream"]["__typename"] == "CaughtUp"
            for number in range(5):
                await first.ask(ADD, token, s=page["id"], b=f"live {number}", k=f"live {number}")
            live = [(await listener.next())["commentStream"]["comment"]["body"]["source"] for _ in range(5)]
            assert live == [f"live {number}" for number in range(5)]


async def test_two_workers_of_one_server_tell_each_others_readers(settings):
    await filled(settings)
    token = await told(settings)
    async with serving(settings, "serve", "--workers", "2") as server:
        page = (await server.ask(PAGE))["data"]["post"]
        async with (
            server.listen(STREAM, s=page["id"]) as one,
            server.listen(STREAM, s=page["id"]) as two,
            server.listen(STREAM, s=page["id"]) as three,
        ):
            listeners = (one, two, three)
            for listener in listeners:
                assert (await listener.next())["commentStream"]["__typename"] == "CaughtUp"
            for number in range(6):
                await server.ask(ADD, token, s=page["id"], b=f"hello {number}", k=f"hello {number}")
            for listener in listeners:
                heard = [(await listener.next())["commentStream"]["comment"]["body"]["source"] for _ in range(6)]
                assert heard == [f"hello {number}" for number in range(6)]


async def test_sigterm_ends_the_server_within_its_grace_though_a_socket_is_open(settings):
    await filled(settings)
    async with serving(settings, "serve") as server:
        page = (await server.ask(PAGE))["data"]["post"]
        async with server.listen(STREAM, s=page["id"]) as listener:
            await listener.next()
            begun = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(settings.shutdown_grace + 5):
                await server.process.wait()
            assert time.monotonic() - begun < settings.shutdown_grace
            await listener.ws.wait_closed()
            assert listener.ws.close_code == 1012


@pytest.mark.parametrize("broker", ["redis", "postgres"])
@pytest.mark.parametrize(
    ("command", "said"),
    [(("user", "ban", "ines"), "ines is banned\n"), (("token", "ines", "--revoke"), "2 tokens ended\n")],
)
async def test_who_is_banned_or_loses_a_token_by_the_shell_is_out_of_every_worker(settings, broker, command, said):
    if broker == "postgres":
        if not settings.database_url:
            pytest.skip("needs PostgreSQL")
        settings = settings.model_copy(update={"broker_url": "postgres"})
    await filled(settings)
    hers, his = await told(settings), (await run(settings, "token", "jonas"))[1].strip()
    await told(settings)
    async with serving(settings, "serve", "--workers", "2") as server:
        page = (await server.ask(PAGE))["data"]["post"]
        async with (
            server.listen(STREAM, hers, s=page["id"]) as one,
            server.listen(STREAM, hers, s=page["id"]) as two,
            server.listen(STREAM, hers, s=page["id"]) as three,
            server.listen(STREAM, his, s=page["id"]) as other,
        ):
            for listener in (one, two, three, other):
                assert (await listener.next())["commentStream"]["__typename"] == "CaughtUp"
            assert await run(settings, *command) == (0, said)
            assert [await listener.closed() for listener in (one, two, three)] == [4510, 4510, 4510]
            await server.ask(ADD, his, s=page["id"], b="Still here", k="still")
            assert (await other.next())["commentStream"]["comment"]["body"]["source"] == "Still here"
        assert "errors" in await server.ask("{ viewer { user { handle } } }", hers)


async def test_roles_and_bans_are_given_by_the_shell(settings):
    await filled(settings)
    assert await run(settings, "user", "role", "ines", "moderator") == (0, "ines is MODERATOR\n")
    assert await run(settings, "user", "role", "ines", "MODERATOR") == (0, "ines was MODERATOR already\n")
    assert await run(settings, "user", "ban", "ines") == (0, "ines is banned\n")
    assert await run(settings, "user", "ban", "ines") == (0, "ines could not sign in before\n")
    assert await run(settings, "user", "unban", "ines") == (0, "ines may sign in\n")
    assert await run(settings, "user", "unban", "ines") == (0, "ines was not banned\n")
    assert await run(settings, "user", "ban", "nobody") == (1, "")
    assert await run(settings, "user", "role", "ines", "ANONYMOUS") == (1, "")


LOGIN = """mutation ($h: String!, $p: String!) { login(input: {login: $h, password: $p}) {
    user { handle role } accessToken refreshToken errors { code } } }"""
REFRESH = "mutation ($t: String!) { refreshSession(input: {refreshToken: $t}) { accessToken refreshToken replayed } }"


async def test_the_first_admin_is_made_by_the_shell_and_logs_in(settings):
    code, said = await run(settings, "user", "create", "root", "--email", "root@example.org", "--role", "admin")
    assert (code, said.startswith("root is ADMIN, password: ")) == (0, True)
    assert await run(settings, "user", "create", "ROOT", "--email", "other@example.org") == (1, "")
    assert await run(settings, "user", "create", "other", "--email", "Root@example.org") == (1, "")
    async with serving(settings, "serve") as server:
        payload = (await server.ask(LOGIN, h="root", p=said.split()[-1]))["data"]["login"]
        assert (payload["user"], payload["errors"]) == ({"handle": "root", "role": "ADMIN"}, [])
        viewer = await server.ask("{ viewer { email emailVerified } }", payload["accessToken"])
        assert viewer["data"]["viewer"] == {"email": "root@example.org", "emailVerified": True}


async def test_a_replayed_refresh_token_ends_the_sockets_of_that_session_in_another_process(settings):
    await filled(settings)
    _, said = await run(settings, "user", "create", "kim", "--email", "kim@example.org")
    who = {"h": "kim", "p": said.split()[-1]}
    grace = {"refresh_grace": 0.001}
    async with serving(settings, "serve", **grace) as first, serving(settings, "serve", **grace) as second:
        mine, other = [(await first.ask(LOGIN, **who))["data"]["login"] for _ in range(2)]
        page = (await first.ask(PAGE))["data"]["post"]
        async with (
            second.listen(STREAM, mine["accessToken"], s=page["id"]) as one,
            second.listen(STREAM, other["accessToken"], s=page["id"]) as two,
        ):
            for listener in (one, two):
                assert (await listener.next())["commentStream"]["__typename"] == "CaughtUp"
            fresh = (await first.ask(REFRESH, t=mine["refreshToken"]))["data"]["refreshSession"]
            refused = await first.ask(REFRESH, t=mine["refreshToken"])
            assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert await one.closed() == 4510
            await first.ask(ADD, other["accessToken"], s=page["id"], b="Still here", k="still")
            assert (await two.next())["commentStream"]["comment"]["body"]["source"] == "Still here"
        for server in (first, second):
            for token in (mine["accessToken"], fresh["accessToken"]):
                assert "errors" in await server.ask("{ viewer { email } }", token)
            assert "errors" in await server.ask(REFRESH, t=fresh["refreshToken"])
        assert "errors" not in await second.ask(REFRESH, t=other["refreshToken"])


async def test_processes_that_share_a_database_are_given_their_key(settings, monkeypatch):
    environment = servers.environment
    monkeypatch.setattr(servers, "environment", lambda chosen: environment(chosen) | {"HUB_SECRET_KEY": ""})
    if settings.database_url:
        assert await run(settings, "serve", "--port", "0") == (1, "")
        return
    _, said = await run(settings, "user", "create", "kim", "--email", "kim@example.org")
    async with serving(settings, "serve") as server:
        login = (await server.ask(LOGIN, h="kim", p=said.split()[-1]))["data"]["login"]
    assert stat.S_IMODE((settings.data_dir / "secret-key").stat().st_mode) == 0o600
    async with serving(settings, "serve") as server:
        assert "errors" not in await server.ask(REFRESH, t=login["refreshToken"])


async def test_the_demo_goes_on_with_what_is_there_and_fresh_empties_it(settings):
    async with serving(settings, "demo") as server:
        token = await told(settings)
        page = (await server.ask(PAGE))["data"]["post"]
        await server.ask(ADD, token, s=page["id"], b="I was here", k="here")
    async with serving(settings, "demo") as server:
        assert (await server.ask(PAGE))["data"]["post"]["commentCount"]["value"] == page["commentCount"]["value"] + 1
    async with serving(settings, "demo", "--fresh") as server:
        assert (await server.ask(PAGE))["data"]["post"]["commentCount"]["value"] == page["commentCount"]["value"]


async def test_a_folder_without_topics_imports_none(settings, tmp_path):
    (tmp_path / "empty").mkdir()
    code, said = await run(settings, "import", "discourse", str(tmp_path / "empty"))
    assert (code, said.partition(" threads")[0]) == (0, "0")


async def test_a_token_for_nobody_is_one_line_and_exit_code_one(settings):
    assert await run(settings, "token", "nobody") == (1, "")


async def test_a_wrong_setting_is_one_line_and_exit_code_one(settings, monkeypatch):
    monkeypatch.setattr("tests.cli.servers.environment", lambda _: {"HUB_PAGE_SIZE": "none", "PATH": ""})
    assert await run(settings, "migrate") == (1, "")


async def events_of(
    settings: Settings, server: Server, subject: str, last: str | None, count: int
) -> list[dict[str, str]]:
    """The first events of a stream, as their fields."""
    headers = {"accept": "text/event-stream", **({"last-event-id": last} if last else {})}
    body = {"query": STREAM, "variables": {"s": subject, "a": None}}
    found: list[dict[str, str]] = []
    async with asyncio.timeout(30), httpx2.AsyncClient() as client:
        async with client.stream("POST", f"http://{server.address}/graphql", json=body, headers=headers) as answer:
            event: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if line and name != ":":
                    event[name.removesuffix(":")] = value
                elif event:
                    found.append(event)
                    event = {}
                    if len(found) == count:
                        break
    return found


async def test_an_event_stream_resumes_by_its_last_id_once_and_in_order_over_a_restart(settings):
    await filled(settings)
    token = await told(settings)
    async with serving(settings, "serve") as server:
        page = (await server.ask(PAGE))["data"]["post"]
        for number in range(3):
            await server.ask(ADD, token, s=page["id"], b=f"missed {number}", k=f"missed {number}")
        first = await events_of(settings, server, page["id"], page["liveCursor"], 2)
        foreign = await events_of(settings, server, page["id"], "garbage", 2)
    assert [json.loads(event["data"])["data"]["commentStream"]["comment"]["body"]["source"] for event in first] == [
        "missed 0",
        "missed 1",
    ]
    assert json.loads(foreign[0]["data"])["errors"][0]["extensions"]["code"] == "INVALID"
    assert foreign[1] == {"event": "complete", "data": ""}
    async with serving(settings, "serve") as server:
        rest = await events_of(settings, server, page["id"], first[-1]["id"], 2)
    changes = [json.loads(event["data"])["data"]["commentStream"] for event in rest]
    assert changes[0]["comment"]["body"]["source"] == "missed 2"
    assert changes[1] == {"__typename": "CaughtUp", "replayed": 1}


async def test_sigterm_advises_ends_all_and_is_over_within_the_grace_though_fifty_never_read(settings):
    grace = 4.0
    advised = STREAM.replace("... on CaughtUp", "... on ReconnectAdvice { afterMs } ... on CaughtUp")
    await filled(settings)
    token = await told(settings)
    async with (
        serving(settings, "serve", shutdown_grace=grace, sockets_per_address=200) as server,
        AsyncExitStack() as deaf,
    ):
        page = (await server.ask(PAGE))["data"]["post"]
        for _ in range(50):
            listener = await deaf.enter_async_context(server.listen(STREAM, s=page["id"], a=page["liveCursor"]))
            listener.ws.transport.pause_reading()
            stream = await deaf.enter_async_context(deaf_stream(server, page["id"]))
            assert stream
        for number in range(20):
            await server.ask(ADD, token, s=page["id"], b="x" * 10_000, k=f"long {number}")
        async with server.listen(advised, s=page["id"]) as listener:
            assert (await listener.next())["commentStream"]["__typename"] == "CaughtUp"
            begun = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            assert (await listener.next())["commentStream"]["__typename"] == "ReconnectAdvice"
            await listener.ws.wait_closed()
            assert listener.ws.close_code == 1012
            async with asyncio.timeout(grace):
                await server.process.wait()
            assert time.monotonic() - begun < grace
        assert server.process.returncode in (0, -signal.SIGTERM)


@asynccontextmanager
async def deaf_stream(server: Server, subject: str) -> AsyncIterator[bytes]:
    """An event stream of which nothing is read but the beginning."""
    host, _, port = server.address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1_024)
    body = json.dumps({"query": STREAM, "variables": {"s": subject}}).encode()
    writer.write(
        b"POST /graphql HTTP/1.1\r\nHost: hub\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    try:
        yield await reader.readuntil(b"\r\n")
    finally:
        writer.transport.abort()
