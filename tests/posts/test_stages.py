"""A post's way: every step that is allowed and none that is not, times kept by the timer, ends by the clock."""

import asyncio
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from hub.app import worker_of
from hub.jobs import queue
from hub.live import log
from hub.live.backend import Backend
from hub.posts.notices import POST_PUBLISHED, POSTS_DUE, PostDue
from hub.posts.rules import MOVES
from hub.store.instants import now, to_text
from tests.client import Client
from tests.jobs.chores import quick
from tests.jobs.test_worker import until
from tests.mutations import attempt, refused, row_id, write
from tests.notifications.told import do_jobs

TEXT = {"kind": "ANNOUNCEMENT", "title": "A draft", "body": "Not *yet*."}
STAGES = tuple(MOVES)
PATHS = {
    "DRAFT": [],
    "IN_REVIEW": ["IN_REVIEW"],
    "SCHEDULED": ["SCHEDULED"],
    "PUBLISHED": ["PUBLISHED"],
    "CLOSED": ["PUBLISHED", "CLOSED"],
    "ARCHIVED": ["PUBLISHED", "ARCHIVED"],
}


def ahead(**delta: float) -> str:
    return to_text(now() + timedelta(**delta))


async def a_draft(client: Client, **changes: Any) -> str:
    return (await write(client, "savePost", "mara", **{**TEXT, **changes}))["post"]["id"]


async def at(client: Client, stage: str, **changes: Any) -> str:
    post = await a_draft(client, publishAt=ahead(days=1), **changes)
    for step in PATHS[stage]:
        await write(client, "movePost", "mara", id=post, to=step)
    return post


async def stage(client: Client, post: str, handle: str | None = "mara") -> str | None:
    found = (await client.data("query ($id: ID!) { post(id: $id) { status } }", handle, id=post))["post"]
    return found["status"] if found else None


async def shows(client: Client, post: str) -> bool:
    return await stage(client, post, None) is not None


async def published(backend: Backend, post: str) -> int:
    """How often the post's stream tells that it was published."""
    notices = await log.read(backend.database, row_id(post), 0, 100)
    return sum(notice.kind == POST_PUBLISHED for notice in notices)


async def come(backend: Backend, column: str, post: str) -> None:
    """Let a time of the post come: its row and the job that waits for it."""
    table = "posts" if column == "publish_at" else "subjects"
    past = {"past": now() - timedelta(seconds=1), "id": row_id(post)}
    await backend.database.write(f"update {table} set {column} = {{as_instant past}} where id = :id", past)
    await backend.database.write("update jobs set run_at = {as_instant past}", {"past": past["past"]})


@pytest.mark.parametrize(("before", "after"), [*product(STAGES, STAGES)])
async def test_a_post_goes_from_stage_to_stage_as_the_table_says(client: Client, before: str, after: str):
    post = await at(client, before)
    payload = await attempt(client, "movePost", "mara", id=post, to=after)
    if before == after:
        assert (payload["errors"], payload["replayed"]) == ([], True)
    elif after in MOVES[before]:
        assert (payload["errors"], payload["replayed"], payload["post"]["status"]) == ([], False, after)
    else:
        assert [(error["code"], error["path"]) for error in payload["errors"]] == [("INVALID", ["input", "to"])]
        assert await stage(client, post) == before


async def test_each_step_stands_in_the_audit_log(client: Client):
    post = await at(client, "CLOSED")
    rows = await client.backend.database.fetch(
        "select action from audit_log where target_id = :id order by id", {"id": row_id(post)}
    )
    assert [row["action"] for row in rows] == ["post.created", "post.published", "post.moved"]


async def test_a_scheduled_post_shows_when_its_time_comes_and_tells_it_once(client: Client):
    post = await at(client, "SCHEDULED")
    await do_jobs(client.backend)
    assert (await stage(client, post), await shows(client, post)) == ("SCHEDULED", False)
    await come(client.backend, "publish_at", post)
    assert await shows(client, post) is False
    await do_jobs(client.backend)
    assert (await stage(client, post, None), await published(client.backend, post)) == ("PUBLISHED", 1)


async def test_publishing_a_draft_with_a_time_ahead_schedules_it(client: Client):
    post = await a_draft(client, publishAt=ahead(hours=1))
    payload = await write(client, "publishPost", "mara", id=post)
    assert (payload["post"]["status"], payload["post"]["publishedAt"]) == ("SCHEDULED", None)
    assert (await write(client, "publishPost", "mara", id=post))["replayed"] is True


async def test_two_workers_publish_at_the_second_and_once(client: Client):
    """Both see the same timers and the same clock."""
    posts = [await a_draft(client, publishAt=ahead(seconds=1.5)) for _ in range(5)]
    for post in posts:
        await write(client, "publishPost", "mara", id=post)
    first = client.backend
    second = await Backend.open(quick(first.settings))
    workers = [worker_of(first), worker_of(second)]
    for worker in workers:
        worker.start()

    async def all_shown() -> bool:
        return all([await shows(client, post) for post in posts])

    try:
        async with asyncio.timeout(20):
            await until(all_shown)
    finally:
        for worker in workers:
            await worker.stop(0)
        await second.close()
    assert [await published(first, post) for post in posts] == [1] * len(posts)
    rows = await first.database.fetch(
        "select count(*) as early from posts where id {in ids} and published_at < publish_at",
        {"ids": [row_id(post) for post in posts]},
    )
    assert rows[0]["early"] == 0


async def test_a_post_whose_second_passed_while_nobody_worked_is_published_by_the_next_who_does(client: Client):
    post = await at(client, "SCHEDULED")
    await come(client.backend, "publish_at", post)
    worker = worker_of(client.backend)
    worker.start()
    try:
        async with asyncio.timeout(20):
            await until(lambda: shows(client, post))
    finally:
        await worker.stop(0)
    assert await published(client.backend, post) == 1


async def test_a_timer_that_runs_twice_publishes_once(client: Client):
    post = await at(client, "SCHEDULED")
    await come(client.backend, "publish_at", post)
    for _ in range(2):
        await queue.enqueue(client.backend.database, POSTS_DUE.job(PostDue(row_id(post))))
        await do_jobs(client.backend)
    assert await published(client.backend, post) == 1


@pytest.mark.parametrize("back", ["DRAFT", "IN_REVIEW"])
async def test_what_is_cancelled_does_not_show_when_its_time_comes(client: Client, back: str):
    post = await at(client, "SCHEDULED")
    await write(client, "movePost", "mara", id=post, to=back)
    await come(client.backend, "publish_at", post)
    await do_jobs(client.backend)
    assert (await stage(client, post), await shows(client, post)) == (back, False)


async def test_what_is_put_off_shows_at_its_new_time_only(client: Client):
    post = await at(client, "SCHEDULED")
    changed = {**TEXT, "publishAt": ahead(days=3)}
    version = (await client.data("query ($id: ID!) { post(id: $id) { version } }", "mara", id=post))["post"]["version"]
    await write(client, "savePost", "mara", **changed, id=post, expectedVersion=version)
    await client.backend.database.write(
        "update jobs set run_at = {as_instant past} where key like :key",
        {"past": now(), "key": f"%{(now() + timedelta(days=1)).date()}%"},
    )
    await do_jobs(client.backend)
    assert (await stage(client, post), await shows(client, post)) == ("SCHEDULED", False)
    await come(client.backend, "publish_at", post)
    await do_jobs(client.backend)
    assert (await shows(client, post), await published(client.backend, post)) == (True, 1)


async def test_what_is_scheduled_without_a_time_is_refused(client: Client):
    post = await a_draft(client)
    error = await refused(client, "movePost", "mara", id=post, to="SCHEDULED")
    assert (error["code"], error["path"]) == ("REQUIRED", ["input", "to"])
    scheduled = await at(client, "SCHEDULED")
    version = 2
    error = await refused(client, "savePost", "mara", **TEXT, id=scheduled, expectedVersion=version)
    assert (error["code"], error["path"]) == ("REQUIRED", ["input", "publishAt"])


@pytest.mark.parametrize(
    ("times", "field"),
    [
        ({"publishAt": "2020-01-01T00:00:00Z"}, "publishAt"),
        ({"closesAt": "2020-01-01T00:00:00Z"}, "closesAt"),
        ({"publishAt": "2999-01-02T00:00:00Z", "closesAt": "2999-01-01T00:00:00Z"}, "closesAt"),
    ],
)
async def test_times_lie_ahead_and_in_order(client: Client, times: dict[str, str], field: str):
    error = await refused(client, "savePost", "mara", **TEXT, **times)
    assert (error["code"], error["path"]) == ("INVALID", ["input", field])


async def test_an_end_holds_by_the_clock_before_any_timer_tells_it(client: Client):
    post = await at(client, "PUBLISHED", closesAt=ahead(days=2))
    await come(client.backend, "closes_at", post)
    assert await stage(client, post, None) == "CLOSED"
    error = await refused(client, "addComment", "ines", subjectId=post, body="Late.")
    assert error["code"] == "CLOSED"
    before = len(await log.read(client.backend.database, row_id(post), 0, 100))
    await do_jobs(client.backend)
    kinds = [notice.kind for notice in await log.read(client.backend.database, row_id(post), 0, 100)]
    assert kinds[before:] == ["state_changed"]


async def test_what_is_opened_again_has_no_end(client: Client):
    post = await at(client, "CLOSED")
    payload = await write(client, "movePost", "mara", id=post, to="PUBLISHED")
    assert (payload["post"]["status"], payload["post"]["closesAt"]) == ("PUBLISHED", None)
    await write(client, "addComment", "ines", subjectId=post, body="Again!")
    assert await published(client.backend, post) == 1


async def test_what_is_archived_can_only_be_read(client: Client):
    post = await at(client, "ARCHIVED")
    assert await shows(client, post)
    comment = await refused(client, "addComment", "ines", subjectId=post, body="Late.")
    change = await refused(client, "savePost", "mara", **TEXT, id=post, expectedVersion=3)
    update = await refused(client, "addPostUpdate", "mara", postId=post, body="More.")
    assert {one["code"] for one in (comment, change, update)} == {"ARCHIVED"}
