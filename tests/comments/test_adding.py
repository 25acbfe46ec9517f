"""Writing comments: numbered, told, once for each key, and only where it is open."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import orjson
import pytest

from hub.comments.commands import adding
from hub.comments.commands.adding import add_comment
from hub.comments.commands.written import Written
from hub.comments.notices import COMMENTS_WRITTEN
from hub.graph.ids import to_global
from hub.live import log
from hub.refusals import ErrorCode, Refusal
from hub.store.database import Transaction
from tests.client import Client
from tests.mutations import (
    a_comment,
    a_thread,
    attempt,
    number,
    refused,
    row_id,
    send,
    untouched,
    write,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTS = """query ($id: ID!) { node(id: $id) { ... on Commentable { commentCount { value } comments(first: 100,
    rootOnly: false, sort: OLDEST) { nodes { id number replyCount } } } } }"""


async def told(client: Client, subject_id: str) -> list[tuple[int, str, str]]:
    notices = await log.read(client.backend.database, row_id(subject_id), 0, 1_000)
    return [(notice.seq, notice.kind, to_global("Comment", notice.ref_id)) for notice in notices]


async def test_a_comment_is_numbered_counted_and_told(shared: Client) -> None:
    thread = await a_thread(shared)
    payloads = [await write(shared, "addComment", "ines", subjectId=thread, body=f"*{n}*") for n in range(3)]
    comments = [payload["comment"] for payload in payloads]
    assert [comment["number"] for comment in comments] == [1, 2, 3]
    assert [comment["body"] for comment in comments] == [{"source": f"*{n}*"} for n in range(3)]
    assert {(comment["depth"], comment["version"], comment["status"]) for comment in comments} == {(0, 1, "PUBLISHED")}
    node = (await shared.data(COUNTS, id=thread))["node"]
    assert node["commentCount"]["value"] == 3
    assert await told(shared, thread) == [
        (seq, "comment_added", comment["id"]) for seq, comment in enumerate(comments, 1)
    ]


async def test_a_comment_moves_its_subjects_last_activity(shared: Client) -> None:
    thread = await a_thread(shared)
    document = "query ($id: ID!) { thread(id: $id) { createdAt lastActivityAt comments { nodes { createdAt } } } }"
    before = (await shared.data(document, id=thread))["thread"]
    assert before["createdAt"] == before["lastActivityAt"]
    await a_comment(shared, "ines", thread)
    after = (await shared.data(document, id=thread))["thread"]
    assert datetime.fromisoformat(after["lastActivityAt"]) >= datetime.fromisoformat(before["lastActivityAt"])
    assert after["comments"]["nodes"][0]["createdAt"] >= before["createdAt"]


async def test_a_reply_hangs_below_its_parent(shared: Client) -> None:
    thread = await a_thread(shared)
    top = await a_comment(shared, "ines", thread)
    reply = await write(shared, "addComment", "hank", subjectId=thread, parentId=top, body="Yes.")
    deeper = await write(shared, "addComment", "bea", subjectId=thread, parentId=reply["comment"]["id"], body="No.")
    assert (reply["comment"]["depth"], reply["comment"]["parent"]) == (1, {"id": top})
    assert (deeper["comment"]["depth"], deeper["comment"]["parent"]) == (2, {"id": reply["comment"]["id"]})
    nodes = (await shared.data(COUNTS, id=thread))["node"]["comments"]["nodes"]
    assert [node["replyCount"] for node in nodes] == [1, 1, 0]
    paths = await shared.backend.database.fetch(
        "select path from comments where subject_id = :id order by path", {"id": row_id(thread)}
    )
    tops = [row["path"] for row in paths]
    assert tops == ["0000000001", "0000000001.0000000002", "0000000001.0000000002.0000000003"]


async def test_many_at_once_get_dense_numbers_and_a_dense_stream(shared: Client) -> None:
    thread = await a_thread(shared)
    top = await a_comment(shared, "ines", thread)
    handles = ["ines", "hank", "bea", "samir"]
    await asyncio.gather(*(shared.caller(handle) for handle in handles))
    await asyncio.gather(
        *(
            a_comment(shared, handles[n % 4], thread, parentId=top if n % 2 else None, body=f"Number {n}.")
            for n in range(60)
        )
    )
    node = (await shared.data(COUNTS, id=thread))["node"]
    assert [comment["number"] for comment in node["comments"]["nodes"]] == list(range(1, 62))
    assert node["commentCount"]["value"] == 61
    assert node["comments"]["nodes"][0]["replyCount"] == 30
    stream = await told(shared, thread)
    assert [seq for seq, _, _ in stream] == list(range(1, 62))
    assert [comment for _, _, comment in stream] == [comment["id"] for comment in node["comments"]["nodes"]]


@asynccontextmanager
async def writes_of(client: Client) -> AsyncGenerator[list[str]]:
    """The statements that take numbers."""
    sent: list[str] = []
    send = client.backend.database._send

    async def noted(connection: object, sql: str, parameters: dict[str, object]) -> object:
        if "update subjects set last_number" in sql:
            sent.append(sql)
        return await send(connection, sql, parameters)

    client.backend.database._send = noted
    try:
        yield sent
    finally:
        del client.backend.database._send


async def test_many_writers_of_one_subject_share_statements(shared: Client) -> None:
    thread = await a_thread(shared)
    await shared.caller("ines")
    async with writes_of(shared) as writes:
        await asyncio.gather(*(a_comment(shared, "ines", thread, body=f"{n}") for n in range(40)))
    assert len(writes) <= 10


async def test_writers_of_many_subjects_share_statements_too(shared: Client) -> None:
    database = shared.backend.database
    threads = [await a_thread(shared) for _ in range(8)]
    top = await a_comment(shared, "ines", threads[0])
    await database.write("delete from jobs")
    async with writes_of(shared) as writes:
        ids = await asyncio.gather(
            *(
                a_comment(shared, "ines", thread, body=f"{n}", parentId=top if thread == threads[0] and n else None)
                for n in range(5)
                for thread in threads
            )
        )
    assert len(writes) <= 10
    for thread in threads:
        node = (await shared.data(COUNTS, id=thread))["node"]
        comments = node["comments"]["nodes"]
        assert [comment["number"] for comment in comments] == list(range(1, len(comments) + 1))
        assert node["commentCount"]["value"] == len(comments) == (6 if thread == threads[0] else 5)
        assert comments[0]["replyCount"] == (4 if thread == threads[0] else 0)
        assert await told(shared, thread) == [(one["number"], "comment_added", one["id"]) for one in comments]
    jobs = await database.fetch("select arguments from jobs where kind = :kind", {"kind": COMMENTS_WRITTEN.name})
    queued = [COMMENTS_WRITTEN.read(orjson.loads(job["arguments"])) for job in jobs]
    assert sorted(id_ for one in queued for id_ in one.comment_ids) == sorted(map(row_id, ids))


async def test_a_place_that_closes_meanwhile_takes_no_comment_and_the_others_do(shared: Client) -> None:
    """What was judged is asserted by the write itself, for each of those that are written together."""
    threads = [await a_thread(shared) for _ in range(4)]
    backend, viewer = shared.backend, (await shared.caller("ines")).viewer

    async def add(thread: str) -> object:
        given = {"subject_id": row_id(thread), "parent_id": None, "body": "Yes.", "key": uuid.uuid4().hex}
        return await add_comment(backend, viewer, **given)

    async def judged(*given: Any) -> Any:
        found = await judge(*given)
        if given[2] == row_id(threads[1]):
            await backend.database.write(
                "update subjects set state = state + 1, frozen_at = {now} where id = :id", {"id": given[2]}
            )
        return found

    judge = adding._judged
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adding, "_judged", judged)
        first, closed, *others = await asyncio.gather(*map(add, threads), return_exceptions=True)
    assert isinstance(closed, Refusal)
    assert closed.code == ErrorCode.ARCHIVED
    assert all(isinstance(one, Written) for one in (first, *others))
    counts = [(await shared.data(COUNTS, id=thread))["node"]["commentCount"]["value"] for thread in threads]
    assert counts == [1, 0, 1, 1]
    assert await told(shared, threads[1]) == []


async def test_a_place_that_another_process_holds_keeps_no_other_waiting(shared: Client) -> None:
    database = shared.backend.database
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    held, free = [await a_thread(shared) for _ in range(2)]
    done = asyncio.Event()

    async def hold(transaction: Transaction) -> None:
        await transaction.fetch("select id from subjects where id = :id {for_update}", {"id": row_id(held)})
        waiting.extend(asyncio.create_task(a_comment(shared, "ines", held, body=f"{n}")) for n in range(3))
        await asyncio.gather(*(a_comment(shared, "ines", free, body=f"{n}") for n in range(3)))
        assert not any(task.done() for task in waiting)
        done.set()

    waiting: list[asyncio.Task[str]] = []
    async with asyncio.timeout(10):
        await database.transact(hold)
        await asyncio.gather(*waiting)
    assert done.is_set()
    node = (await shared.data(COUNTS, id=held))["node"]
    assert [comment["number"] for comment in node["comments"]["nodes"]] == [1, 2, 3]


@pytest.mark.parametrize("sort", ["same", "parallel"])
async def test_the_same_key_and_input_give_the_first_answer_again(shared: Client, sort: str) -> None:
    thread = await a_thread(shared)
    key = uuid.uuid4().hex
    given = {"subjectId": thread, "body": "Once.", "idempotencyKey": key}
    if sort == "same":
        payloads = [await write(shared, "addComment", "ines", **given) for _ in range(3)]
    else:
        await shared.caller("ines")
        payloads = await asyncio.gather(*(write(shared, "addComment", "ines", **given) for _ in range(20)))
    assert len({payload["comment"]["id"] for payload in payloads}) == 1
    assert sorted(payload["replayed"] for payload in payloads) == [False] + [True] * (len(payloads) - 1)
    node = (await shared.data(COUNTS, id=thread))["node"]
    assert (node["commentCount"]["value"], len(node["comments"]["nodes"])) == (1, 1)
    assert len(await told(shared, thread)) == 1


async def test_a_key_is_replayed_after_the_place_was_frozen(shared: Client) -> None:
    thread = await a_thread(shared)
    given = {"subjectId": thread, "body": "In time.", "idempotencyKey": uuid.uuid4().hex}
    first = await write(shared, "addComment", "ines", **given)
    await shared.backend.database.write(
        "update subjects set frozen_at = {now}, state = state + 1 where id = :id", {"id": row_id(thread)}
    )
    again = await write(shared, "addComment", "ines", **given)
    assert (again["comment"]["id"], again["replayed"]) == (first["comment"]["id"], True)


async def test_the_same_key_with_other_input_is_a_mismatch(shared: Client) -> None:
    thread, other = await a_thread(shared), await a_thread(shared)
    given = {"subjectId": thread, "body": "One.", "idempotencyKey": uuid.uuid4().hex}
    first = await write(shared, "addComment", "ines", **given)
    for change in ({"body": "Two."}, {"subjectId": other}, {"parentId": first["comment"]["id"]}):
        error = await refused(shared, "addComment", "ines", **{**given, **change})
        assert error["code"] == "IDEMPOTENCY_MISMATCH"
        assert error["path"] == ["input", "idempotencyKey"]


async def test_the_same_key_of_two_authors_makes_two_comments(shared: Client) -> None:
    thread = await a_thread(shared)
    given = {"subjectId": thread, "body": "Both.", "idempotencyKey": "the-same-key"}
    ours = [await write(shared, "addComment", handle, **given) for handle in ("ines", "hank")]
    assert [payload["replayed"] for payload in ours] == [False, False]
    assert len({payload["comment"]["id"] for payload in ours}) == 2


async def test_a_key_shows_on_its_comment_but_gives_no_power(shared: Client) -> None:
    thread = await a_thread(shared)
    await write(shared, "addComment", "ines", subjectId=thread, body="Mine.", idempotencyKey="shown-to-all")
    data = await shared.data(
        "query ($id: ID!) { thread(id: $id) { comments { nodes { idempotencyKey } } } }", id=thread
    )
    assert data["thread"]["comments"]["nodes"] == [{"idempotencyKey": "shown-to-all"}]
    other = await write(shared, "addComment", "hank", subjectId=thread, body="Mine.", idempotencyKey="shown-to-all")
    assert other["replayed"] is False


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb", "\x7f", "\u202e"])
async def test_a_bad_key_is_refused(shared: Client, key: str) -> None:
    thread = await a_thread(shared)
    error = await refused(shared, "addComment", "ines", subjectId=thread, body="Hello.", idempotencyKey=key)
    assert (error["code"], error["path"]) == ("INVALID", ["input", "idempotencyKey"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "REQUIRED"),
        ("   \n\t ", "REQUIRED"),
        ("\u200b\u2060", "REQUIRED"),
        ("x" * 20_001, "TOO_LONG"),
        ("x" * 100_000, "TOO_LONG"),
        ("🙂" * 20_001, "TOO_LONG"),
    ],
    ids=["nothing", "spaces", "signs of no width", "one too many", "100 kB", "one sign too many"],
)
async def test_a_body_that_does_not_fit_is_refused(shared: Client, body: str, code: str) -> None:
    thread = await a_thread(shared)
    error = await refused(shared, "addComment", "ines", subjectId=thread, body=body)
    assert (error["__typename"], error["code"], error["path"]) == ("FieldError", code, ["input", "body"])
    assert (error["min"], error["max"]) == (1, 20_000)


@pytest.mark.parametrize(
    "body",
    ["x", "x" * 20_000, "🙂" * 20_000, "a\r\nb", "<script>alert(1)</script>", "'; --", "%_\\"],
    ids=["one", "as many as fit", "as many signs", "two lines", "a script", "a quote", "wildcards"],
)
async def test_a_body_that_fits_is_kept(shared: Client, body: str) -> None:
    thread = await a_thread(shared)
    payload = await write(shared, "addComment", "ines", subjectId=thread, body=body)
    assert payload["comment"]["body"]["source"] == body.replace("\r\n", "\n")


async def test_without_a_login_nothing_is_written(shared: Client) -> None:
    thread = await a_thread(shared)
    async with untouched(shared):
        body = await send(shared, "addComment", None, subjectId=thread, body="Hello.")
    assert body["data"] == {"addComment": None} or body["data"] is None
    assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("noun", ["Thread", "Post", "Event"])
async def test_an_unknown_subject_is_not_found(shared: Client, noun: str) -> None:
    error = await refused(shared, "addComment", "ines", subjectId=to_global(noun, 2**60), body="Hello.")
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "subjectId"])


@pytest.mark.parametrize("noun", ["Post", "Event"])
async def test_a_subject_under_the_name_of_another_noun_is_not_found(shared: Client, noun: str) -> None:
    thread = await a_thread(shared)
    error = await refused(shared, "addComment", "ines", subjectId=to_global(noun, row_id(thread)), body="Hello.")
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "subjectId"])


@pytest.mark.parametrize("subject_id", ["", "garbage", to_global("Comment", 1), to_global("User", 1)])
async def test_an_id_that_is_no_subjects_is_refused(shared: Client, subject_id: str) -> None:
    error = await refused(shared, "addComment", "ines", subjectId=subject_id, body="Hello.")
    assert (error["code"], error["path"]) == ("INVALID", ["input", "subjectId"])


async def test_a_parent_must_lie_on_the_same_subject(shared: Client) -> None:
    here, elsewhere = await a_thread(shared), await a_thread(shared)
    parent = await a_comment(shared, "ines", elsewhere)
    for parent_id, code in [
        (parent, "NOT_FOUND"),
        (to_global("Comment", 2**60), "NOT_FOUND"),
        (here, "INVALID"),
        ("", "INVALID"),
    ]:
        error = await refused(shared, "addComment", "ines", subjectId=here, parentId=parent_id, body="Hello.")
        assert (error["code"], error["path"]) == (code, ["input", "parentId"])


@pytest.mark.parametrize("by", ["ines", "otto"])
async def test_what_was_removed_takes_no_replies(shared: Client, by: str) -> None:
    thread = await a_thread(shared)
    parent = await a_comment(shared, "ines", thread)
    await write(shared, "deleteComment", by, id=parent)
    error = await refused(shared, "addComment", "hank", subjectId=thread, parentId=parent, body="Hello.")
    assert (error["code"], error["path"]) == ("CLOSED", ["input", "parentId"])


async def test_a_tree_has_a_deepest_reply(shared: Client) -> None:
    client = shared.under(comment_depth=2)
    thread = await a_thread(client)
    above = None
    for depth in range(3):
        payload = await write(client, "addComment", "ines", subjectId=thread, parentId=above, body="Deeper.")
        above = payload["comment"]["id"]
        assert payload["comment"]["depth"] == depth
    error = await refused(client, "addComment", "ines", subjectId=thread, parentId=above, body="Too deep.")
    assert (error["code"], error["path"], error["max"]) == ("TOO_LONG", ["input", "parentId"], 2)


async def test_staff_and_team_are_marked(shared: Client) -> None:
    thread = await a_thread(shared)
    for handle in ("ines", "mara", "otto", "wanda"):
        await a_comment(shared, handle, thread)
    data = await shared.data(
        "query ($id: ID!) { thread(id: $id) { comments { nodes { byStaff author { handle } } } } }", id=thread
    )
    marks = {node["author"]["handle"]: node["byStaff"] for node in data["thread"]["comments"]["nodes"]}
    assert marks == {"ines": False, "mara": True, "otto": True, "wanda": True}


async def test_threads_posts_and_events_all_take_comments(shared: Client) -> None:
    data = await shared.data('{ post(slug: "welcome") { id } event(slug: "lincoln-capitol-day") { id } }')
    for subject in (data["post"]["id"], data["event"]["id"], await a_thread(shared)):
        before = await number(
            shared.backend, "select comment_count as n from subjects where id = :id", id=row_id(subject)
        )
        payload = await attempt(shared, "addComment", "ines", subjectId=subject, body="Everywhere.")
        assert payload["errors"] == []
        assert before + 1 == await number(
            shared.backend, "select comment_count as n from subjects where id = :id", id=row_id(subject)
        )
