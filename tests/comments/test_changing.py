"""Editing and removing comments: by whom, until when, and what is left to see."""

import asyncio
from datetime import timedelta

import pytest

from hub.graph.ids import to_global
from hub.live import log
from hub.store.instants import now
from tests.client import Client
from tests.mutations import a_comment, a_thread, number, refused, row_id, send, untouched, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

COMMENT = """query ($id: ID!) { comment(id: $id) { status version editedAt editableUntil body { source html excerpt }
    author { handle } replyCount replies { nodes { body { source } author { handle } } } } }"""


async def told(client: Client, subject_id: str) -> list[str]:
    return [notice.kind for notice in await log.read(client.backend.database, row_id(subject_id), 0, 1_000)]


async def counts(client: Client, thread: str) -> tuple[int, int]:
    """The kept count of shown comments, and the recounted one."""
    return (
        await number(client.backend, "select comment_count as n from subjects where id = :id", id=row_id(thread)),
        await number(
            client.backend,
            "select count(*) as n from comments where subject_id = :id and status = 'PUBLISHED'",
            id=row_id(thread),
        ),
    )


async def test_an_edit_changes_the_text_raises_the_version_and_is_told(shared: Client) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    before = (await shared.data(COMMENT, id=comment))["comment"]
    payload = await write(shared, "editComment", "ines", id=comment, body="**New**.", expectedVersion=1)
    assert payload["comment"]["version"] == 2
    after = (await shared.data(COMMENT, id=comment))["comment"]
    assert (before["version"], before["editedAt"]) == (1, None)
    assert after["body"] == {"source": "**New**.", "html": "<p><strong>New</strong>.</p>\n", "excerpt": "New."}
    assert after["editedAt"] is not None
    assert await told(shared, thread) == ["comment_added", "comment_changed"]


async def test_a_stale_edit_is_a_conflict_that_names_the_version(shared: Client) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    await write(shared, "editComment", "ines", id=comment, body="First.", expectedVersion=1)
    for stale in (1, 3, 0, -1):
        error = await refused(shared, "editComment", "ines", id=comment, body="Second.", expectedVersion=stale)
        assert (error["__typename"], error["code"], error["currentVersion"]) == ("ConflictError", "CONFLICT", 2)
        assert error["path"] == ["input", "expectedVersion"]


async def test_of_many_edits_at_once_one_wins(shared: Client) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    await shared.caller("ines")
    bodies = await asyncio.gather(
        *(send(shared, "editComment", "ines", id=comment, body=f"Try {n}.", expectedVersion=1) for n in range(10))
    )
    codes = [[error["code"] for error in body["data"]["editComment"]["errors"]] for body in bodies]
    assert sorted(codes) == [[]] + [["CONFLICT"]] * 9
    assert (await shared.data(COMMENT, id=comment))["comment"]["version"] == 2
    assert await told(shared, thread) == ["comment_added", "comment_changed"]


@pytest.mark.parametrize("handle", ["hank", "mara", "otto", "wanda"])
async def test_nobody_edits_what_somebody_else_wrote(shared: Client, handle: str) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    error = await refused(shared, "editComment", handle, id=comment, body="Mine now.", expectedVersion=1)
    assert (error["__typename"], error["code"], error["path"]) == ("AccessError", "FORBIDDEN", ["input", "id"])


async def test_an_edit_comes_too_late_after_its_window(shared: Client) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    until = (await shared.data(COMMENT, id=comment))["comment"]["editableUntil"]
    assert until is not None
    await shared.backend.database.write(
        "update comments set created_at = {as_instant at} where id = :id",
        {"id": row_id(comment), "at": now() - timedelta(seconds=3_601)},
    )
    error = await refused(shared, "editComment", "ines", id=comment, body="Late.", expectedVersion=1)
    assert (error["code"], error["path"]) == ("EDIT_WINDOW_PASSED", ["input", "id"])
    forever = shared.under(edit_window=0)
    assert (await forever.data(COMMENT, id=comment))["comment"]["editableUntil"] is None
    await write(forever, "editComment", "ines", id=comment, body="Whenever.", expectedVersion=1)


@pytest.mark.parametrize(("body", "code"), [("", "REQUIRED"), (" \n ", "REQUIRED"), ("long", "TOO_LONG")])
async def test_an_edit_must_fit(shared: Client, body: str, code: str) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    given = "x" * 100_000 if body == "long" else body
    error = await refused(shared, "editComment", "ines", id=comment, body=given, expectedVersion=1)
    assert (error["code"], error["path"]) == (code, ["input", "body"])


@pytest.mark.parametrize("name", ["editComment", "deleteComment"])
async def test_an_unknown_comment_is_not_found(shared: Client, name: str) -> None:
    thread = await a_thread(shared)
    more = {"body": "x", "expectedVersion": 1} if name == "editComment" else {}
    for comment_id, code in [(to_global("Comment", 2**60), "NOT_FOUND"), (thread, "INVALID"), ("garbage", "INVALID")]:
        error = await refused(shared, name, "ines", id=comment_id, **more)
        assert (error["code"], error["path"]) == (code, ["input", "id"])
    async with untouched(shared):
        body = await send(shared, name, None, id=to_global("Comment", 2**60), **more)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(("by", "status"), [("ines", "DELETED_BY_AUTHOR"), ("otto", "REMOVED"), ("wanda", "REMOVED")])
async def test_what_was_removed_leaves_a_mark_without_text_or_author(shared: Client, by: str, status: str) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread, body="Regret.")
    await a_comment(shared, "hank", thread, parentId=comment, body="A reply stays.")
    await write(shared, "deleteComment", by, id=comment)
    for handle in (None, "ines", "hank", "mara"):
        shown = (await shared.data(COMMENT, handle, id=comment))["comment"]
        assert (shown["status"], shown["body"], shown["author"], shown["version"]) == (status, None, None, 2)
        assert shown["replies"]["nodes"] == [{"body": {"source": "A reply stays."}, "author": {"handle": "hank"}}]
    for handle in ("otto", "wanda"):
        shown = (await shared.data(COMMENT, handle, id=comment))["comment"]
        assert (shown["body"]["source"], shown["author"]) == ("Regret.", {"handle": "ines"})
    assert await counts(shared, thread) == (1, 1)
    assert await told(shared, thread) == ["comment_added", "comment_added", "comment_gone"]


async def test_what_was_removed_is_no_longer_among_its_authors_comments(shared: Client) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "tomek", thread)
    document = '{ user(handle: "tomek") { comments(first: 1) { nodes { id } } } }'
    assert (await shared.data(document))["user"]["comments"]["nodes"] == [{"id": comment}]
    await write(shared, "deleteComment", "tomek", id=comment)
    for handle in (None, "tomek", "otto"):
        assert (await shared.data(document, handle))["user"]["comments"]["nodes"] != [{"id": comment}]


async def test_removing_twice_is_a_replay(shared: Client) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    first = await write(shared, "deleteComment", "ines", id=comment)
    async with untouched(shared, "otto"):
        again = [await write(shared, "deleteComment", handle, id=comment) for handle in ("ines", "otto")]
    assert (first["replayed"], [payload["replayed"] for payload in again]) == (False, [True, True])
    assert first["comment"]["id"] == comment
    assert await counts(shared, thread) == (0, 0)


async def test_removing_many_times_at_once_counts_once(shared: Client) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    await a_comment(shared, "ines", thread)
    await asyncio.gather(shared.caller("ines"), shared.caller("otto"))
    payloads = await asyncio.gather(
        *(write(shared, "deleteComment", handle, id=comment) for handle in ["ines", "otto"] * 5)
    )
    assert sorted(payload["replayed"] for payload in payloads) == [False] + [True] * 9
    assert await counts(shared, thread) == (1, 1)
    assert (await told(shared, thread)).count("comment_gone") == 1


async def test_counts_stay_right_while_some_write_some_edit_and_some_remove(shared: Client) -> None:
    thread = await a_thread(shared)
    comments = [await a_comment(shared, "ines", thread) for _ in range(20)]
    await asyncio.gather(shared.caller("ines"), shared.caller("hank"))
    await asyncio.gather(
        *(write(shared, "deleteComment", "ines", id=comment) for comment in comments[:10]),
        *(write(shared, "editComment", "ines", id=one, body="Edited.", expectedVersion=1) for one in comments[10:]),
        *(a_comment(shared, "hank", thread, parentId=comments[15]) for _ in range(10)),
    )
    assert await counts(shared, thread) == (20, 20)
    stream = await log.read(shared.backend.database, row_id(thread), 0, 1_000)
    assert [notice.seq for notice in stream] == list(range(1, 51))
    replies = "select reply_count as n from comments where id = :id"
    assert await number(shared.backend, replies, id=row_id(comments[15])) == 10


@pytest.mark.parametrize("handle", ["hank", "mara"])
async def test_nobody_but_author_and_staff_removes_a_comment(shared: Client, handle: str) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    error = await refused(shared, "deleteComment", handle, id=comment)
    assert (error["__typename"], error["code"], error["path"]) == ("AccessError", "FORBIDDEN", ["input", "id"])


async def test_what_was_removed_is_not_edited(shared: Client) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    await write(shared, "deleteComment", "ines", id=comment)
    error = await refused(shared, "editComment", "ines", id=comment, body="Back.", expectedVersion=2)
    assert (error["code"], error["path"]) == ("CLOSED", ["input", "id"])


async def test_a_frozen_thread_keeps_its_comments_as_they_are(shared: Client) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    await shared.backend.database.write(
        "update subjects set frozen_at = {now}, banner = 'Closed.', state = state + 1 where id = :id",
        {"id": row_id(thread)},
    )
    for name, more in (("editComment", {"body": "New.", "expectedVersion": 1}), ("deleteComment", {})):
        error = await refused(shared, name, "ines", id=comment, **more)
        assert (error["__typename"], error["code"], error["message"]) == ("FrozenError", "ARCHIVED", "Closed.")
        assert error["path"] == ["input", "id"]
    await write(shared, "deleteComment", "otto", id=comment)  # staff still keep it civil
    assert await counts(shared, thread) == (0, 0)
