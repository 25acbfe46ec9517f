"""The bench of pages stays true: what it loads is as the commands leave it, and its rivals answer as the hub does."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from hub.graph.ids import to_global
from hub.live.backend import Backend
from hub.settings import Settings
from hub.text.markdown import render
from tests.bench.pages import checking
from tests.bench.pages.community import Community, Sizes
from tests.bench.pages.counting import counted
from tests.bench.pages.documents import PAGES, Page, global_id
from tests.bench.pages.load import KEY_MARK, is_good
from tests.bench.pages.loading import as_text, fill, tidy
from tests.bench.pages.peers import as_peer
from tests.bench.pages.servers import ours
from tests.bench.pages.sql.server import Application, make
from tests.bench.pages.stores import Store, store_at
from tests.client import Client

SIZES = Sizes(0.005)
# What commands count, beside what a fresh count gives; each must be empty.
MISCOUNTED = {
    "comment_count": """select id from subjects where comment_count <>
        (select count(*) from comments where subject_id = subjects.id) or last_number <> comment_count""",
    "reply_count": """select id from comments c where reply_count <>
        (select count(*) from comments a where a.parent_id = c.id)""",
    "path": """select c.id from comments c join comments a on a.id = c.parent_id
        where c.path not like a.path || '.%' or c.number <= a.number or c.created_at < a.created_at
            or c.root_id <> a.id or c.depth <> 1""",
    "order": """select c.id from comments c join comments a on a.subject_id = c.subject_id and a.number = c.number - 1
        where c.created_at < a.created_at""",
    "going_count": """select id from events where going_count <>
        (select count(*) from rsvps where event_id = events.id and status = 'GOING')""",
    "member_count": """select id from clubs where member_count <>
        (select count(*) from memberships where club_id = clubs.id)""",
    "thread_count": """select id from categories where thread_count <>
        (select count(*) from subjects where category_id = categories.id)""",
    "streams": """select s.id from subjects s left join streams t on t.id = s.id
        where t.id is null or t.kept_from <> t.last_seq + 1
            or t.last_seq <> s.comment_count + case s.kind when 'POST' then 1 else 0 end""",
}


@pytest.fixture
async def store(settings: Settings) -> Store:
    found = store_at(settings.tortoise_url())
    await fill(found, SIZES)
    return found


@pytest.fixture
async def by_sql(store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Application]:
    monkeypatch.setenv("BENCH_DATABASE_URL", store.url)
    monkeypatch.setenv("BENCH_POOL", "2")
    application = make()
    await application.database.open()
    yield application
    await application.database.close()


async def test_counts_are_those_of_the_rows_and_pages_are_answered_alike(
    store: Store, by_sql: Application, backend: Backend
) -> None:
    for name, sql in MISCOUNTED.items():
        assert await store.values(sql) == [], name
    client = Client(backend)
    for page in PAGES.values():
        for asked in page.subjects(SIZES, 3):
            if asked.writer is None:
                answer = await client.ask(page.document, **asked.variables)
                assert None not in answer["data"].values()
                assert answer == await _answer(by_sql, page, asked.variables), page.name
    await _both_write(store, by_sql, client)


async def _both_write(store: Store, by_sql: Application, client: Client) -> None:
    """The same comment by either, one after the other, leaves the same; then it is taken back."""
    page = PAGES["add_comment"]
    (asked,) = page.subjects(SIZES, 1)
    handle = f"user{asked.writer}"
    await client.caller(handle)
    before = await _written(store)
    first = (await client.ask(page.document, handle, **asked.variables))["data"]["addComment"]["comment"]
    once = await _written(store)
    given = json.loads(json.dumps(asked.variables).replace(KEY_MARK, "another-key"))
    second = (await _answer(by_sql, page, given, client._tokens[handle]))["data"]["addComment"]["comment"]
    twice = await _written(store)
    assert [(b - a, c - b) for a, b, c in zip(before, once, twice, strict=True)] == [(1, 1)] * len(before)
    assert second["number"] == first["number"] + 1 == second["subject"]["commentCount"]["value"]
    for name in ("body", "author"):
        assert second[name] == first[name]
    await tidy(store, SIZES)
    assert await _written(store) == [before[0], 0, 0, *before[3:]]
    assert await store.values(MISCOUNTED["comment_count"]) == await store.values(MISCOUNTED["streams"]) == []


async def _written(store: Store) -> list[int]:
    """Rows and numbers that a comment adds one to."""
    counted = [f"select count(*) from {name}" for name in ("comments", "log", "idempotency")]
    numbered = ["select sum(last_number) from subjects", "select sum(last_seq) from streams"]
    return [int((await store.values(sql))[0]) for sql in (*counted, *numbered)]


async def _answer(application: Application, page: Page, variables: dict[str, Any], token: str = "") -> Any:
    headers = [(b"authorization", f"Bearer {token}".encode())]
    text = await application.answer({"query": page.document, "variables": variables}, headers)
    assert text is not None
    return json.loads(text)


def test_texts_are_those_that_the_renderer_makes() -> None:
    drawn = Community(SIZES)
    [*drawn.users(), *drawn.clubs(), *drawn.memberships()]
    bodies = [thread.body for thread in drawn.threads()][:50] + [post.body for post in drawn.posts()][:50]
    for body in bodies:
        text = render(body)
        assert as_text(body) == (text.source, text.html, text.excerpt)


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        (b'HTTP/1.1 200 OK\r\n\r\n{"data":{"user":{"displayName":"Ada"}}}', True),
        (b'HTTP/1.1 200 OK\r\n\r\n{"data":{"addComment":{"comment":{"id":"x"},"errors":[]}}}', True),
        (b'HTTP/1.1 200 OK\r\n\r\n{"data":{"user":null}}', False),
        (b'HTTP/1.1 200 OK\r\n\r\n{"data":null,"errors":[{"message":"no"}]}', False),
        (b'HTTP/1.1 200 OK\r\n\r\n{"data":{"addComment":{"comment":null,"errors":[{"code":"LOCKED"}]}}}', False),
        (b'HTTP/1.1 503 Busy\r\n\r\n{"data":{}}', False),
    ],
)
def test_the_load_counts_no_refusal_as_an_answer(answer: bytes, good: bool) -> None:
    assert is_good(answer) is good


def test_ids_are_the_hubs() -> None:
    assert global_id("Post", 7) == to_global("Post", 7)


async def test_the_relay_counts_what_is_executed(settings: Settings) -> None:
    if not settings.database_url:
        pytest.skip("the relay stands before PostgreSQL")
    async with counted(settings.database_url) as counter:
        connection = await asyncpg.connect(counter.url)
        await connection.fetch("select 1")
        async with connection.transaction():
            await connection.fetch("select 1 where $1", True)
        await connection.close()
    assert counter.read() == len(["select", "begin", "select", "commit"])


def test_answers_are_put_into_the_peers_shape() -> None:
    said = {"id": global_id("Comment", 9), "number": 4, "body": {"html": "<p>the ride</p>\n"}}
    thread = {
        "id": global_id("Thread", SIZES.posts + 3),
        "commentCount": {"value": 1},
        "author": {"displayName": "Ada", "clubs": {"nodes": [{"club": {"name": "B"}}, {"club": {"name": "A"}}]}},
        "comments": {"nodes": [said], "pageInfo": {"hasNextPage": False}},
    }
    assert as_peer({"thread": thread}, SIZES) == {
        "thread": {
            "id": "3",
            "commentCount": 1,
            "author": {"name": "Ada", "memberships": [{"club": {"name": "A"}}, {"club": {"name": "B"}}]},
            "comments": [{"id": "9", "body": "the ride"}],
        }
    }


def test_a_server_that_shows_something_else_is_refused() -> None:
    rival = ours("sqlite:///nowhere")[1]
    page = PAGES["user"]
    (asked,) = page.subjects(SIZES, 1)
    shown = {"user": {"displayName": "Ada", "joinedAt": "2025-01-01T00:00:00.000Z"}}
    same = {"user": {"displayName": "Ada", "joinedAt": "2025-01-01T00:00:00+00:00"}}
    checking.compare(page, asked, SIZES, rival, shown, same)
    with pytest.raises(checking.Different, match=r"data\.user\.displayName"):
        checking.compare(page, asked, SIZES, rival, shown, {"user": {**same["user"], "displayName": "Bo"}})
