"""Sequences are dense and each is one stream's own, whoever writes, and however many at once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from hub.archive.planting import PlantedSubject, plant
from hub.comments.commands.adding import add_comment
from hub.comments.commands.changing import delete_comment, edit_comment
from hub.live import log
from hub.live.backend import Backend
from hub.refusals import Refusal
from hub.store.audience import Standing, Viewer
from hub.store.database import Database
from hub.store.instants import now
from hub.users.commands import add_person
from tests.live.telling import TELL, begin, seqs_in, write

OpenBackend = Callable[..., Awaitable[Backend]]


async def last_seq(database: Database, stream: int) -> int:
    return (await log.positions(database, [stream]))[stream].last_seq


async def people(database: Database, many: int) -> list[Viewer]:
    ids = [await add_person(database, handle=f"u{n}", name="") for n in range(many)]
    return [Viewer(user_id=user_id, standing=Standing.MEMBER) for user_id in ids]


async def subject(database: Database) -> int:
    planted = PlantedSubject(kind="THREAD", author_id=None, created_at=now(), comments=[])
    await database.transact(lambda transaction: plant(transaction, [planted]))
    return planted.id


async def test_notices_get_the_next_numbers_in_the_order_given(database: Database):
    stream, other = await begin(database), await begin(database)
    assert await write(database, stream, 30, 10, 2**62) == [1, 2, 3]
    assert await write(database, other, 5) == [1]
    assert await write(database, stream, 20) == [4]
    told = await log.read(database, stream, 0, 100)
    assert [(n.stream_id, n.seq, n.kind, n.ref_id) for n in told] == [
        (stream, seq, "said", ref) for seq, ref in enumerate((30, 10, 2**62, 20), 1)
    ]
    assert all(abs(n.at - now()) < timedelta(seconds=30) for n in told)


async def test_reading_begins_after_a_number_and_ends_at_the_limit(database: Database):
    stream = await begin(database)
    await write(database, stream, *range(10))
    assert [n.seq for n in await log.read(database, stream, 3, 4)] == [4, 5, 6, 7]
    assert [n.seq for n in await log.read(database, stream, 8, 4)] == [9, 10]
    assert await log.read(database, stream, 10, 4) == []


async def test_a_stream_that_is_not_there_has_no_position_and_takes_nothing(database: Database):
    stream = await begin(database)
    assert set(await log.positions(database, [stream, 5])) == {stream}
    assert await write(database, 5, 1) == []
    assert await seqs_in(database, 5) == []


async def test_nothing_to_tell_moves_nothing(database: Database):
    stream = await begin(database)
    assert await write(database, stream) == []
    assert await last_seq(database, stream) == 0


async def test_a_write_that_is_undone_leaves_no_gap(database: Database):
    stream = await begin(database)
    await write(database, stream, 1)

    async def work(transaction):
        await TELL.run_in(transaction, {"stream": stream, "facts": log.facts("said", 2, 3)})
        raise LookupError

    with pytest.raises(LookupError):
        await database.transact(work)
    assert await write(database, stream, 4) == [2]
    assert [n.ref_id for n in await log.read(database, stream, 0, 10)] == [1, 4]


@pytest.mark.parametrize("backends", [1, 2])
async def test_writers_at_once_get_dense_numbers(open_backend: OpenBackend, backends: int):
    opened = [await open_backend() for _ in range(backends)]
    stream = await begin(opened[0].database)
    async with asyncio.timeout(20):
        written = await asyncio.gather(
            *(write(opened[n % backends].database, stream, *range(n % 3 + 1)) for n in range(60))
        )
    total = sum(n % 3 + 1 for n in range(60))
    assert sorted(seq for seqs in written for seq in seqs) == list(range(1, total + 1))
    assert await seqs_in(opened[0].database, stream) == list(range(1, total + 1))
    assert await last_seq(opened[0].database, stream) == total


@pytest.mark.parametrize("backends", [1, 2])
async def test_fifty_comments_at_once_are_numbered_without_a_gap(open_backend: OpenBackend, backends: int):
    opened = [await open_backend(comment_batch=7) for _ in range(backends)]
    database = opened[0].database
    authors, place = await people(database, 5), await subject(database)
    async with asyncio.timeout(20):
        written = await asyncio.gather(
            *(
                add_comment(
                    opened[n % backends], authors[n % 5], subject_id=place, parent_id=None, body=f"c{n}", key=f"k{n}"
                )
                for n in range(50)
            )
        )
    assert len({one.id for one in written}) == 50
    rows = await database.fetch(
        """select c.number, c.id, l.seq from comments c join log l on l.ref_id = c.id and l.stream_id = c.subject_id
           order by c.number"""
    )
    assert [row["number"] for row in rows] == [row["seq"] for row in rows] == list(range(1, 51))
    assert await seqs_in(database, place) == list(range(1, 51))
    assert await last_seq(database, place) == 50
    assert {row["id"] for row in rows} == {one.id for one in written}
    counted = await database.fetch("select comment_count, last_number from subjects where id = :id", {"id": place})
    assert counted == [{"comment_count": 50, "last_number": 50}]


async def test_comments_edits_and_removals_at_once_keep_the_log_dense_and_the_count_right(open_backend: OpenBackend):
    opened = [await open_backend() for _ in range(2)]
    database = opened[0].database
    (author,), place = await people(database, 1), await subject(database)
    at = {"subject_id": place, "parent_id": None}
    first = [await add_comment(opened[0], author, **at, body="c", key=f"a{n}") for n in range(20)]
    backends = [opened[n % 2] for n in range(20)]
    async with asyncio.timeout(30):
        ends = await asyncio.gather(
            *(add_comment(b, author, **at, body="d", key=f"b{n}") for n, b in enumerate(backends)),
            *(
                edit_comment(b, author, comment_id=one.id, body="e", expected_version=1)
                for b, one in zip(backends, first)
            ),
            *(delete_comment(b, author, comment_id=one.id) for b, one in zip(backends, first[:10])),
            return_exceptions=True,
        )
    assert {type(end) for end in ends if isinstance(end, BaseException)} <= {Refusal, *Refusal.__subclasses__()}
    done = sum(not isinstance(end, BaseException) for end in ends)
    assert await seqs_in(database, place) == list(range(1, 20 + done + 1))
    assert await last_seq(database, place) == 20 + done
    rows = await database.fetch(
        """select comment_count, (select count(*) from comments where subject_id = :id and status = 'PUBLISHED') as n
           from subjects where id = :id""",
        {"id": place},
    )
    assert rows[0]["comment_count"] == rows[0]["n"]
    numbers = await database.fetch("select number from comments order by number")
    assert [row["number"] for row in numbers] == list(range(1, 41))


async def prune(database: Database, *, keep: int = 1_000, days: int = 90) -> None:
    await log.prune(database, keep=keep, before=now() - timedelta(days=days))


async def kept(database: Database, stream: int) -> tuple[int, list[int]]:
    return (await log.positions(database, [stream]))[stream].kept_from, await seqs_in(database, stream)


async def make_old(database: Database, stream: int, last: int) -> None:
    await database.write(
        "update log set at = {as_instant at} where stream_id = :stream and seq <= :last",
        {"at": now() - timedelta(days=100), "stream": stream, "last": last},
    )


async def test_the_newest_notices_of_each_stream_are_kept(database: Database):
    long, short = await begin(database), await begin(database)
    await write(database, long, *range(10))
    await write(database, short, *range(3))
    await prune(database, keep=4)
    assert await kept(database, long) == (7, [7, 8, 9, 10])
    assert await kept(database, short) == (1, [1, 2, 3])
    await prune(database, keep=4)
    assert await kept(database, long) == (7, [7, 8, 9, 10])
    await prune(database, keep=3)
    assert await kept(database, long) == (8, [8, 9, 10])
    assert await kept(database, short) == (1, [1, 2, 3])


async def test_old_notices_are_dropped_even_all_of_them(database: Database):
    some, all_, none = [await begin(database) for _ in range(3)]
    for stream in (some, all_, none):
        await write(database, stream, *range(5))
    await make_old(database, some, 3)
    await make_old(database, all_, 5)
    await prune(database)
    assert await kept(database, some) == (4, [4, 5])
    assert await kept(database, all_) == (6, [])
    assert await kept(database, none) == (1, [1, 2, 3, 4, 5])
    assert await write(database, all_, 9) == [6]


async def test_of_length_and_age_the_stricter_counts_and_the_mark_never_moves_back(database: Database):
    stream = await begin(database)
    await write(database, stream, *range(10))
    await make_old(database, stream, 3)
    await prune(database, keep=2)
    assert await kept(database, stream) == (9, [9, 10])
    await prune(database, keep=100)
    assert await kept(database, stream) == (9, [9, 10])


async def test_pruning_while_others_write_leaves_a_dense_end(open_backend: OpenBackend):
    first, second = await open_backend(), await open_backend()
    stream = await begin(first.database)

    async def prune_often() -> None:
        for _ in range(10):
            await prune(second.database, keep=5)

    async with asyncio.timeout(20):
        await asyncio.gather(prune_often(), *(write(first.database, stream, n) for n in range(50)))
    kept_from, seqs = await kept(first.database, stream)
    assert seqs == list(range(kept_from, 51))
