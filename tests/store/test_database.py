"""The door to the database: what is begun is finished, what is refused changes nothing, nothing leaks."""

import asyncio
import random
from collections.abc import AsyncIterator

import asyncpg
import pytest

from hub.refusals import ErrorCode, Refusal
from hub.settings import Settings
from hub.store.connections import Connections, Overloaded, TooSlow, Unreachable
from hub.store.database import Database, Transaction, UniqueViolation

CANCELS = 300
Open = AsyncIterator[Database]


@pytest.fixture
async def boxes(database: Database) -> Database:
    await database.write("create table boxes (id bigint primary key, batch bigint not null, name text unique)")
    return database


@pytest.fixture
async def narrow(settings: Settings) -> Open:
    """A database that hands out one connection at a time and waits for it only shortly."""
    opened = await Database.open(settings.model_copy(update={"database_connections": 1, "database_wait": 1.0}))
    yield opened
    await opened.close()


async def put(where: Database | Transaction, row_id: int, batch: int = 0, name: str | None = None) -> None:
    send = where.write if isinstance(where, Database) else where.fetch
    await send(
        "insert into boxes (id, batch, name) values (:id, :batch, {as_text name})",
        {"id": row_id, "batch": batch, "name": name},
    )


async def ids_in(database: Database) -> list[int]:
    return [row["id"] for row in await database.fetch("select id from boxes order by id")]


async def ensure_usable(database: Database, connections: int) -> None:
    """All connections at once, each in a transaction of its own; a leaked one would be missed here."""
    together = asyncio.Barrier(connections)

    async def meet(transaction: Transaction) -> None:
        await transaction.fetch("select 1 as one")
        await together.wait()

    async with asyncio.timeout(10):
        await asyncio.gather(*(database.transact(meet) for _ in range(connections)))
        assert await database.fetch("select 1 as one") == [{"one": 1}]


async def settled(database: Database) -> None:
    """Wait until what callers left behind is finished."""
    async with asyncio.timeout(10):
        while database._unfinished:
            await asyncio.wait(database._unfinished)


def places_of(database: Database) -> int:
    return 1 if database.dialect == "sqlite" else 20


async def test_a_transaction_keeps_all_that_it_wrote(boxes: Database):
    async def work(transaction: Transaction) -> str:
        await put(transaction, 1)
        await put(transaction, 2)
        return "answer"

    assert await boxes.transact(work) == "answer"
    assert await ids_in(boxes) == [1, 2]


async def test_a_transaction_that_raises_keeps_nothing(boxes: Database):
    async def work(transaction: Transaction) -> None:
        await put(transaction, 1)
        raise LookupError

    with pytest.raises(LookupError):
        await boxes.transact(work)
    assert await ids_in(boxes) == []
    await ensure_usable(boxes, places_of(boxes))


@pytest.mark.parametrize(
    "problem", [FileNotFoundError("a file of theirs"), TimeoutError(), asyncpg.InterfaceError("misused"), KeyError("k")]
)
async def test_what_the_callers_own_work_raises_keeps_its_name(boxes: Database, problem: Exception):
    async def work(transaction: Transaction) -> None:
        await put(transaction, 1)
        raise problem

    with pytest.raises(type(problem)) as raised:
        await boxes.transact(work)
    assert raised.value is problem
    assert await ids_in(boxes) == []
    await ensure_usable(boxes, places_of(boxes))


async def test_a_value_that_does_not_fit_is_a_mistake_of_ours_and_no_lost_database(boxes: Database):
    async def work(transaction: Transaction) -> None:
        await put(transaction, 1)
        await put(transaction, 10**30)

    for wrong in (put(boxes, 10**30), boxes.transact(work)):
        with pytest.raises(Exception, match=r"(?i)int|overflow") as raised:
            await wrong
        assert not isinstance(raised.value, Refusal)
    assert await ids_in(boxes) == []
    await ensure_usable(boxes, places_of(boxes))


class TestOfALostConnection:
    @pytest.fixture
    def form(self) -> str:
        from tests.conftest import BACKENDS

        if "scaled" not in BACKENDS:
            pytest.skip("needs PostgreSQL")
        return "scaled"

    async def test_what_a_living_connection_says_of_misuse_is_a_mistake_of_ours(self, boxes: Database):
        async def two_at_once(transaction: Transaction) -> None:
            await asyncio.gather(put(transaction, 1), put(transaction, 2))

        with pytest.raises(asyncpg.InterfaceError, match="another operation"):
            await boxes.transact(two_at_once)
        await ensure_usable(boxes, places_of(boxes))

    async def test_one_that_ends_within_a_statement_is_unreachable(self, boxes: Database):
        end_oneself = "select pg_terminate_backend(pg_backend_pid())"

        async def work(transaction: Transaction) -> None:
            await put(transaction, 1)
            await transaction.fetch(end_oneself)

        for lost in (boxes.fetch(end_oneself), boxes.transact(work)):
            with pytest.raises(Unreachable):
                await lost
        assert await ids_in(boxes) == []
        await ensure_usable(boxes, places_of(boxes))

    async def test_one_that_ends_between_two_statements_or_before_the_commit_is_unreachable(self, boxes: Database):
        async def cut(transaction: Transaction) -> None:
            await put(transaction, 1)
            (here,) = await transaction.fetch("select pg_backend_pid() as pid")
            await boxes.fetch("select pg_terminate_backend({as_int pid})", {"pid": here["pid"]})

        async def cut_and_ask(transaction: Transaction) -> None:
            await cut(transaction)
            await put(transaction, 2)

        for work in (cut, cut_and_ask):
            with pytest.raises(Unreachable):
                await boxes.transact(work)
        assert await ids_in(boxes) == []
        await ensure_usable(boxes, places_of(boxes))

    async def test_a_statement_that_the_database_ends_took_too_long(self, settings: Settings, boxes: Database):
        hasty = settings.model_copy(update={"statement_timeout": 0.05})
        database = await Database.open(hasty)
        with pytest.raises(TooSlow) as refusal:
            await database.fetch("select pg_sleep(5)")
        assert refusal.value.code is ErrorCode.OVERLOADED
        assert await database.fetch("select 1 as one") == [{"one": 1}]
        await database.close()

    async def test_a_server_that_is_not_there_is_unreachable(self, settings: Settings):
        away = settings.model_copy(update={"database_url": "postgres://nobody@127.0.0.1:1/nowhere"})
        database = await Database.open(away)
        with pytest.raises(Unreachable) as refusal:
            await database.fetch("select 1 as one")
        assert (refusal.value.code, refusal.value.retry_after_ms) == (ErrorCode.OVERLOADED, 2_000)
        with pytest.raises(Unreachable):
            await database.transact(lambda transaction: transaction.fetch("select 1 as one"))
        await database.close()


async def test_a_statement_that_fails_undoes_its_transaction(boxes: Database):
    async def work(transaction: Transaction) -> None:
        await put(transaction, 1)
        await put(transaction, 1)

    with pytest.raises(UniqueViolation):
        await boxes.transact(work)
    assert await ids_in(boxes) == []
    await ensure_usable(boxes, places_of(boxes))


async def test_a_commit_that_fails_leaves_no_transaction_open(boxes: Database):
    await boxes.write(
        "create table lids (id bigint primary key, box_id bigint references boxes (id) deferrable initially deferred)"
    )

    async def work(transaction: Transaction) -> None:
        await put(transaction, 1)
        await transaction.fetch("insert into lids (id, box_id) values (1, 99)")

    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await boxes.transact(work)
    assert await ids_in(boxes) == []
    await put(boxes, 2)
    await boxes.transact(lambda transaction: put(transaction, 3))
    assert await ids_in(boxes) == [2, 3]
    await ensure_usable(boxes, places_of(boxes))


async def test_a_key_that_is_taken_is_told_by_the_name_of_its_columns(boxes: Database):
    await put(boxes, 1, name="one")
    with pytest.raises(UniqueViolation) as violation:
        await put(boxes, 2, name="one")
    assert "name" in violation.value.constraint
    with pytest.raises(UniqueViolation):
        await put(boxes, 1, name="two")
    assert await ids_in(boxes) == [1]


async def test_another_broken_constraint_is_no_unique_violation(boxes: Database):
    with pytest.raises(Exception, match=r"(?i)null") as error:
        await boxes.write("insert into boxes (id, batch) values (1, null)")
    assert not isinstance(error.value, UniqueViolation)


async def test_no_connection_in_time_is_overloaded(narrow: Database):
    holding, done = asyncio.Event(), asyncio.Event()

    async def hold(transaction: Transaction) -> None:
        holding.set()
        await done.wait()

    holder = asyncio.create_task(narrow.transact(hold))
    await holding.wait()
    for asked in (narrow.fetch("select 1 as one"), narrow.write("select 1 as one"), narrow.transact(hold)):
        with pytest.raises(Overloaded) as refusal:
            await asked
        assert (refusal.value.code, refusal.value.retry_after_ms) == (ErrorCode.OVERLOADED, 1_000)
    done.set()
    await holder
    await ensure_usable(narrow, 1)


async def test_every_wait_is_bounded_however_many_connections_there_may_be(settings: Settings):
    """SQLite has one, whatever the settings say: who waits for it is refused in time too."""
    database = await Database.open(settings.model_copy(update={"database_connections": 3, "database_wait": 1.0}))
    holding, done = asyncio.Semaphore(0), asyncio.Event()

    async def hold(transaction: Transaction) -> None:
        holding.release()
        await done.wait()

    places = 1 if database.dialect == "sqlite" else 3
    holders = [asyncio.create_task(database.transact(hold)) for _ in range(places)]
    async with asyncio.timeout(10):
        for _ in holders:
            await holding.acquire()
        with pytest.raises(Overloaded):
            await database.fetch("select 1 as one")
        done.set()
        await asyncio.gather(*holders)
        await ensure_usable(database, places)
    await database.close()


async def test_a_statement_has_a_deadline(settings: Settings):
    """SQLite knows none: there all wait is for other processes' writes, and bounded too."""
    if settings.tortoise_url().startswith("sqlite"):
        pytest.skip("the deadline is the server's")
    database = await Database.open(settings.model_copy(update={"statement_timeout": 0.1}))
    async with asyncio.timeout(5):
        with pytest.raises(TooSlow):
            await database.fetch("select pg_sleep(60)")
        await ensure_usable(database, 1)
    await database.close()


async def test_a_statement_that_was_never_run_leaves_no_deadline_to_the_next(settings: Settings):
    if settings.tortoise_url().startswith("sqlite"):
        pytest.skip("the deadline is the server's")
    alone = {"statement_timeout": 0.2, "database_connections": 1}
    database = await Database.open(settings.model_copy(update=alone))
    with pytest.raises(asyncpg.DataError):
        await database.fetch("select {as_id given} as one", {"given": "no number"})
    await asyncio.sleep(0.5)
    assert await database.fetch("select 1 as one") == [{"one": 1}]
    await database.close()


async def test_who_waits_gets_the_next_free_connection(narrow: Database):
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*(narrow.fetch("select {as_int n} as n", {"n": n}) for n in range(50)))
    assert [rows[0]["n"] for rows in answers] == list(range(50))


async def test_a_write_is_finished_though_its_caller_went_away(boxes: Database):
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work(transaction: Transaction) -> None:
        await put(transaction, 1)
        begun.set()
        await go_on.wait()
        await put(transaction, 2)

    caller = asyncio.create_task(boxes.transact(work))
    await begun.wait()
    caller.cancel()
    await asyncio.wait([caller])
    assert caller.cancelled()
    go_on.set()
    await settled(boxes)
    assert await ids_in(boxes) == [1, 2]


async def test_a_write_that_fails_after_its_caller_went_away_is_undone_quietly(boxes: Database):
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work(transaction: Transaction) -> None:
        await put(transaction, 1)
        begun.set()
        await go_on.wait()
        raise LookupError

    caller = asyncio.create_task(boxes.transact(work))
    await begun.wait()
    caller.cancel()
    await asyncio.wait([caller])
    go_on.set()
    await settled(boxes)
    assert await ids_in(boxes) == []
    await ensure_usable(boxes, places_of(boxes))


async def test_closing_waits_for_the_writes_under_way(settings: Settings, boxes: Database):
    closing = await Database.open(settings)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work(transaction: Transaction) -> None:
        await transaction.fetch("insert into boxes (id, batch) values (1, 1)")
        begun.set()
        await go_on.wait()

    caller = asyncio.create_task(closing.transact(work))
    await begun.wait()
    caller.cancel()
    closed = asyncio.create_task(closing.close())
    await asyncio.wait([caller])
    assert not closed.done()
    go_on.set()
    async with asyncio.timeout(5):
        await closed
    assert await ids_in(boxes) == [1]


async def test_closing_gives_back_all_connections_also_beside_one_that_does_not_answer():
    class Held:
        def __init__(self) -> None:
            self.connection = self
            self.given_back = False

        async def __aenter__(self) -> None: ...

        async def __aexit__(self, *_: object) -> None:
            self.given_back = True
            raise TimeoutError

    class Client:
        def __init__(self) -> None:
            self.lent: list[Held] = []

        def acquire_connection(self) -> Held:
            self.lent.append(Held())
            return self.lent[-1]

    client = Client()
    connections = Connections(client, most=2, wait=1.0, keep=True)
    for held in [await connections.take() for _ in range(2)]:
        await connections.put_back(held, well=True)
    await connections.close()
    assert [one.given_back for one in client.lent] == [True, True]


async def test_a_closed_database_stays_closed(settings: Settings):
    database = await Database.open(settings)
    await database.fetch("select 1 as one")
    await database.close()
    with pytest.raises(Overloaded):
        await database.fetch("select 1 as one")
    with pytest.raises(Overloaded):
        await database.transact(lambda transaction: transaction.fetch("select 1 as one"))


async def test_the_first_caller_to_go_away_leaves_a_connection_with_all_its_settings(settings: Settings):
    for turns in range(30):
        database = await Database.open(settings)
        first = asyncio.create_task(database.fetch("select 1 as one"))
        for _ in range(turns):
            await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        if database.dialect == "sqlite":
            pragmas = [await database.fetch(f"pragma {name}") for name in ("foreign_keys", "busy_timeout")]
            assert [list(rows[0].values()) for rows in pragmas] == [[1], [10_000]], turns
        else:
            assert await database.fetch("show timezone") == [{"TimeZone": "UTC"}]
        await database.close()


@pytest.mark.parametrize("kind", ["transact", "write", "fetch"])
async def test_hundreds_of_cancels_leave_everything_usable_and_nothing_half_done(boxes: Database, kind: str):
    chance = random.Random(kind)
    connections = places_of(boxes)

    async def three(transaction: Transaction, batch: int) -> None:
        for number in range(3):
            await put(transaction, batch * 3 + number, batch)

    async def one(batch: int) -> None:
        if kind == "transact":
            await boxes.transact(lambda transaction: three(transaction, batch))
        elif kind == "write":
            values = {"id": batch * 3, "batch": batch}
            await boxes.write(
                "insert into boxes (id, batch) values (:id, :batch), (:id + 1, :batch), (:id + 2, :batch)", values
            )
        else:
            await boxes.fetch("select count(*) as n from boxes, (select 1 union select 2) twice")

    async def then_leave(batch: int) -> str:
        task = asyncio.create_task(one(batch))
        for _ in range(chance.randrange(12)):
            await asyncio.sleep(0)
        await asyncio.sleep(chance.choice([0, 0, 0.0005, 0.002]))
        task.cancel()
        await asyncio.wait([task])
        return "left" if task.cancelled() else "answered"

    async with asyncio.timeout(30):
        ends = []
        for start in range(0, CANCELS, 30):
            ends += await asyncio.gather(*(then_leave(batch) for batch in range(start, start + 30)))
        await settled(boxes)
    assert len(ends) == CANCELS
    assert ends.count("left") > CANCELS / 10
    counts = await boxes.fetch("select batch, count(*) as n from boxes group by batch")
    assert {row["n"] for row in counts} <= {3}
    if kind == "transact":
        assert len(counts) >= ends.count("answered")
    await ensure_usable(boxes, connections)


async def test_watching_notes_what_is_sent_here_and_in_tasks_begun_here_and_nowhere_else(database: Database):
    async def ask(n: int) -> None:
        await database.fetch("select {as_int n} as n", {"n": n})

    async with database.watching() as log:
        await ask(1)
        await asyncio.gather(ask(2), ask(3))
        await database.write("select 4 as n")
    await ask(5)
    assert len(log.statements) == 4


async def test_two_databases_may_be_open_in_one_process(database: Database, settings: Settings):
    other = await Database.open(settings)
    await database.write("create table boxes (id bigint primary key)")
    await other.write("insert into boxes (id) values (1)")
    assert await database.fetch("select id from boxes") == [{"id": 1}]
    await other.close()
    assert await database.fetch("select id from boxes") == [{"id": 1}]


async def test_writers_of_two_processes_wait_for_each_other(boxes: Database, settings: Settings):
    """On SQLite a transaction that reads first and writes later must not find the database locked."""
    other = await Database.open(settings)

    async def count_up(transaction: Transaction) -> None:
        rows = await transaction.fetch("select batch from boxes where id = 1 {for_update}")
        await transaction.fetch("update boxes set batch = :n where id = 1", {"n": rows[0]["batch"] + 1})

    await put(boxes, 1)
    async with asyncio.timeout(20):
        await asyncio.gather(*((boxes, other)[n % 2].transact(count_up) for n in range(60)))
    await other.close()
    assert await boxes.fetch("select batch from boxes") == [{"batch": 60}]


async def test_a_plan_that_was_made_over_an_empty_table_reads_by_its_index(database: Database):
    """It is kept while the table fills: a queue is empty before a rush."""
    await database.write("create table queue (id bigint primary key)")
    await database.fetch("vacuum queue" if database.dialect == "postgres" else "analyze")
    mark = "$1" if database.dialect == "postgres" else "?1"
    plan = await database.explain(f"select id from queue where id = {mark}", [1])
    assert "index" in plan[0].lower()
