"""Many followers: each is told once, whoever dies meanwhile, and the one who writes does not feel them."""

import orjson
import pytest

from hub.comments.notices import COMMENTS_WRITTEN
from hub.jobs import queue
from hub.jobs.handlers import Job, LeaseLost
from hub.jobs.kinds import Priority
from hub.live.backend import Backend
from hub.notifications.comments import Telling
from hub.notifications.outside.preferences import Channels
from hub.store.ids import new_id
from hub.users.commands import add_person
from tests.client import Client
from tests.mutations import row_id
from tests.notifications.told import do_jobs, said

FOLLOWERS = 7


async def followed(backend: Backend, thread: str) -> list[int]:
    people: list[int] = []
    for n in range(FOLLOWERS):
        people.append(await add_person(backend.database, handle=f"fan-{n}", name="Fan"))
        await backend.database.write(
            """insert into follows (id, user_id, target_kind, target_id, level, reason, since)
               values ({as_id id}, {as_id user}, 'THREAD', {as_id thread}, 'ALL', 'MANUAL', {now})""",
            {"id": new_id(), "user": people[-1], "thread": row_id(thread)},
        )
    return people


async def taken(backend: Backend) -> Job:
    (held,) = await queue.claim(backend.database, [COMMENTS_WRITTEN.name], tuple(Priority), 1, 60)
    return Job(backend.database, held, 60)


async def told(backend: Backend, people: list[int]) -> list[tuple[int, int]]:
    rows = await backend.database.fetch(
        """select n.user_id, n.count, i.unread from notifications n join inboxes i on i.id = n.user_id
           where n.user_id {in people} order by n.user_id""",
        {"people": people},
    )
    assert all(row["unread"] == 1 for row in rows)
    return [(row["user_id"], row["count"]) for row in rows]


@pytest.mark.parametrize("batches", range(1, 4))
async def test_each_is_told_once_when_the_first_worker_dies_after_some_batches(
    client: Client, thread: str, batches: int
):
    backend = client.backend
    people = await followed(backend, thread)
    await said(client, "otis", thread)
    (queued,) = await backend.database.fetch(
        "select arguments from jobs where kind = :kind", {"kind": COMMENTS_WRITTEN.name}
    )
    telling, arguments = (
        Telling(2, Channels((), 8), backend.relay.tell),
        COMMENTS_WRITTEN.read(orjson.loads(queued["arguments"])),
    )
    dead = await taken(backend)
    for _ in range(batches):
        await telling([(arguments, dead)])
    await backend.database.write("update jobs set run_at = {now}")  # its lease ends
    heir = await taken(backend)
    while await telling([(arguments, heir)]) != [None]:
        # The one that was thought dead comes back, and changes nothing.
        with pytest.raises(LeaseLost):
            await telling([(arguments, dead)])
    assert await told(backend, people) == [(person, 1) for person in sorted(people)]


@pytest.mark.parametrize(("batch", "writes"), [(FOLLOWERS + 6, 1), (FOLLOWERS + 5, 2), (1, 4)])
async def test_as_many_jobs_as_have_no_more_people_than_a_batch_are_one_transaction(
    client: Client, thread: str, batch: int, writes: int
):
    """Four jobs of one thread: for those who follow it, otis among them, its author, and one more for each."""
    backend = client.backend
    people = await followed(backend, thread)
    for n in range(4):
        await add_person(backend.database, handle=f"friend-{n}", name="Friend")
        await said(client, "otis", thread, f"@friend-{n} look.")
    telling = Telling(batch, Channels((), 8), backend.relay.tell)
    held = await queue.claim(backend.database, [COMMENTS_WRITTEN.name], tuple(Priority), 10, 60)
    waiting = [(COMMENTS_WRITTEN.read(one.arguments), Job(backend.database, one, 60)) for one in held]
    async with backend.database.watching() as watched:
        answers = await telling(waiting)
    assert sum("insert into inboxes" in statement for statement in watched.statements) == writes
    assert [job.ended for _, job in waiting] == [again is None for again in answers] == [batch > 1] * 4
    shown = await backend.database.fetch("select id from notifications where user_id {in people}", {"people": people})
    assert (len(shown) == FOLLOWERS) == (batch > 1)


async def test_jobs_with_many_comments_for_many_are_told_in_shares(
    client: Client, thread: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hub.notifications.comments._PAIRS", 20)
    backend = client.backend
    people = await followed(backend, thread)
    for _ in range(5):
        await said(client, "otis", thread)
    telling = Telling(500, Channels((), 8), backend.relay.tell)
    held = await queue.claim(backend.database, [COMMENTS_WRITTEN.name], tuple(Priority), 10, 60)
    async with backend.database.watching() as watched:
        await telling([(COMMENTS_WRITTEN.read(one.arguments), Job(backend.database, one, 60)) for one in held])
    assert sum("insert into inboxes" in statement for statement in watched.statements) == 3
    assert await told(backend, people) == [(person, 5) for person in sorted(people)]


@pytest.mark.parametrize("batch", [1, 3, 100, 1_000])
async def test_comments_that_are_told_together_are_told_as_if_one_by_one(client: Client, thread: str, batch: int):
    backend = client.backend
    people = await followed(backend, thread)
    other = (await client.data("{ events(first: 1) { nodes { id } } }"))["events"]["nodes"][0]["id"]
    for body in ("One.", "@fan-0 two.", "Three."):
        await said(client, "otis", thread, body)
    await said(client, "otis", other, "@fan-1 elsewhere.")
    telling = Telling(batch, Channels((), 8), backend.relay.tell)
    held = await queue.claim(backend.database, [COMMENTS_WRITTEN.name], tuple(Priority), 10, 60)
    waiting = [(COMMENTS_WRITTEN.read(one.arguments), Job(backend.database, one, 60)) for one in held]
    assert len(waiting) == 4
    while waiting:
        answers = await telling(waiting)
        waiting = [work for work, again in zip(waiting, answers, strict=True) if again is not None]
    rows = await backend.database.fetch(
        "select user_id, kind, count from notifications where user_id {in people} order by user_id, kind",
        {"people": people},
    )
    expected = {(person, "REPLY"): 3 for person in people}
    expected |= {(people[0], "REPLY"): 2, (people[0], "MENTION"): 1, (people[1], "MENTION"): 1}
    assert {(row["user_id"], row["kind"]): row["count"] for row in rows} == expected


async def test_a_comment_costs_its_writer_the_same_with_followers_as_without(client: Client, thread: str):
    await said(client, "otis", thread)
    async with client.backend.database.watching() as alone:
        await said(client, "otis", thread)
    await followed(client.backend, thread)
    async with client.backend.database.watching() as watched:
        await said(client, "otis", thread)
    assert watched.statements == alone.statements
    assert not any("follows" in statement for statement in watched.statements)


async def test_marking_all_read_is_one_statement_on_one_row(client: Client, thread: str):
    for n in range(5):
        await said(client, "otis", thread, f"@gerda {n}")
    await do_jobs(client.backend)
    document = "mutation { markNotificationsRead(input: { all: true }) { unread { notifications } } }"
    await client.caller("gerda")
    async with client.backend.database.watching() as watched:
        await client.data(document, "gerda")
    writes = [statement for statement in watched.statements if "inboxes" in statement or "notifications" in statement]
    assert len(writes) == 1
    assert "notifications" not in writes[0]
