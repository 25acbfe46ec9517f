"""The migrations make what the models say, on both databases, and what the models cannot say."""

import asyncio
import sys
from collections.abc import AsyncIterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector

from hub.settings import Settings
from hub.store.database import Database, Transaction, UniqueViolation, tortoise_config
from hub.store.emptying import empty
from hub.store.migrating import RunDialectSQL, migrate, pending
from hub.users.commands import add_person
from hub.users.handles import skeleton_sql
from tests.conftest import _admin, _database_url

ALL = sorted(path.stem for path in (Path(__file__).parents[2] / "migrations").glob("0*.py"))


@pytest.fixture
async def bare(settings: Settings) -> AsyncIterator[Settings]:
    """Settings of a database without any table."""
    if not settings.database_url:
        yield settings.model_copy(update={"data_dir": settings.data_dir / "bare"})
        return
    name = f"{settings.database_url.rpartition('/')[2]}_bare"
    await _admin(f'create database "{name}"')
    yield settings.model_copy(update={"database_url": _database_url(name)})
    await _admin(f'drop database "{name}" with (force)')


async def tables_of(database: Database) -> set[str]:
    sql = (
        "select table_name as name from information_schema.tables where table_schema = 'public'"
        if database.dialect == "postgres"
        else "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
    )
    return {row["name"] for row in await database.fetch(sql)}


async def unique_keys(database: Database) -> set[tuple[str, ...]]:
    """Table and columns of each unique key, the primary ones among them."""
    if database.dialect == "postgres":
        rows = await database.fetch(
            """select i.indrelid::regclass::text as name, array_agg(a.attname::text order by k.place) as columns
               from pg_index i cross join unnest(i.indkey::int[]) with ordinality k(number, place)
               join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
               join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
               where i.indisunique and n.nspname = 'public' group by i.indexrelid, i.indrelid"""
        )
        return {(row["name"], *row["columns"]) for row in rows}
    found = set()
    for table in await tables_of(database):
        for index in await database.fetch(f"pragma index_list('{table}')"):
            columns = await database.fetch(f"pragma index_info('{index['name']}')")
            if index["unique"]:
                found.add((table, *(column["name"] for column in columns)))
        key = [column for column in await database.fetch(f"pragma table_info('{table}')") if column["pk"]]
        found.add((table, *(column["name"] for column in sorted(key, key=lambda column: column["pk"]))))
    return found


def models_of(database: Database) -> list[Any]:
    apps: Any = database.context.apps
    return list(apps["models"].values())


async def test_models_and_migrations_agree(settings: Settings):
    config = tortoise_config(settings)
    async with TortoiseContext() as context:
        await context.init(config=config)
        writers = await MigrationAutodetector(context.apps, config["apps"]).changes()
    assert [writer.operations for writer in writers] == []


async def test_a_bare_database_gets_all_migrations_and_a_whole_one_none(bare: Settings):
    assert await migrate(bare) == ALL
    assert await migrate(bare) == []
    database = await Database.open(bare)
    assert await pending(database.client, bare) == []
    names = {model._meta.db_table for model in models_of(database)}
    assert await tables_of(database) == {*names, "log", "tortoise_migrations"}
    await database.close()


async def test_people_of_an_older_database_get_streams_of_their_own(settings: Settings):
    database = await Database.open(settings)
    people = [await add_person(database, handle=f"person{n}", name="A person") for n in range(3)]
    await database.write("delete from streams where id <> :kept", {"kept": people[0]})
    kept = await database.fetch("select epoch from streams")
    await database.write("delete from tortoise_migrations where name = :name", {"name": ALL[2]})
    assert await migrate(settings) == [ALL[2]]
    rows = await database.fetch("select id, epoch, last_seq, kept_from from streams order by id")
    assert [row["id"] for row in rows] == sorted(people)
    assert {(row["last_seq"], row["kept_from"]) for row in rows} == {(0, 1)}
    epochs = {row["id"]: row["epoch"] for row in rows}
    assert epochs[people[0]] == kept[0]["epoch"]
    assert len({*epochs.values()}) == 3
    assert all(0 <= epoch < 2**62 for epoch in epochs.values())
    await database.close()


async def test_bans_of_an_older_database_become_sanctions(database: Database):
    step = import_module("migrations.0004_accounts")
    kinds = {"BANNED": "BAN", "SUSPENDED": "SUSPENSION", "RESTRICTED": "MUTE", "ACTIVE": None, "LEGACY_STUB": None}
    for status in kinds:
        person = await add_person(database, handle=status, name="A person")
        await database.write("update users set status = :s where id = :id", {"s": status, "id": person})
    for operation in step.Migration.operations:
        if isinstance(operation, RunDialectSQL):
            for statement in operation._by_dialect[database.dialect]:
                await database.write(statement)
    rows = await database.fetch(
        """select u.handle, u.status, s.kind, s.expires_at, s.lifted_at from users u
           left join sanctions s on s.user_id = u.id"""
    )
    assert {row["handle"]: row["kind"] for row in rows} == kinds
    assert {row["status"] for row in rows} == {"ACTIVE", "LEGACY_STUB"}
    assert {(row["expires_at"], row["lifted_at"]) for row in rows} == {(None, None)}


async def test_handles_that_look_alike_are_found_by_an_index(database: Database):
    """The index holds what `skeleton_sql` says, word for word, so that it is used."""
    if database.dialect == "postgres":
        plan = f"set local enable_seqscan = off; explain select 1 from users where {skeleton_sql('handle_key')} = 'x'"
        rows = await database.transact(partial(_explained, plan.split("; ")))
    else:
        rows = await database.fetch(f"explain query plan select 1 from users where {skeleton_sql('handle_key')} = 'x'")
    assert "users_skeleton" in str(rows)


async def _explained(statements: list[str], transaction: Transaction) -> list[Any]:
    return [await transaction.fetch(statement) for statement in statements]


async def test_what_is_missing_is_named_and_nothing_is_applied_by_asking(bare: Settings):
    bare.data_dir.mkdir(exist_ok=True)
    database = await Database.open(bare)
    assert await pending(database.client, bare) == ALL
    assert await tables_of(database) - {"tortoise_migrations"} == set()
    await database.close()


async def test_an_emptied_database_can_be_filled_again_and_keeps_what_is_not_ours(settings: Settings):
    database = await Database.open(settings)
    await database.write("create table theirs (id bigint primary key)")
    await database.close()
    await empty(settings)
    database = await Database.open(settings)
    assert await tables_of(database) == {"theirs"}
    await database.close()
    assert await migrate(settings) == ALL


class TestSeveralAtOnce:
    """Only PostgreSQL is migrated by several; an embedded database has one process."""

    @pytest.fixture
    def form(self, request: pytest.FixtureRequest) -> str:
        from tests.conftest import BACKENDS

        if "scaled" not in BACKENDS:
            pytest.skip("needs PostgreSQL")
        return "scaled"

    async def test_contexts_of_one_process_wait_for_each_other(self, bare: Settings):
        async with asyncio.timeout(30):
            applied = await asyncio.gather(*(migrate(bare) for _ in range(4)))
        assert sorted(applied) == [[], [], [], ALL]

    async def test_processes_wait_for_each_other(self, bare: Settings):
        script = "import asyncio; from hub.settings import settings; from hub.store.migrating import migrate;"
        script += "print(len(asyncio.run(migrate(settings()))))"
        root = str(Path(__file__).parents[2])
        processes = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                script,
                env={"HUB_DATABASE_URL": bare.database_url, "PYTHONPATH": root},
                stdout=asyncio.subprocess.PIPE,
            )
            for _ in range(2)
        ]
        async with asyncio.timeout(30):
            said = [(await process.communicate())[0].strip() for process in processes]
        assert [process.returncode for process in processes] == [0, 0]
        assert sorted(said) == [b"0", str(len(ALL)).encode()]

    async def test_one_connection_is_enough(self, bare: Settings):
        async with asyncio.timeout(60):
            assert await migrate(bare.model_copy(update={"database_connections": 1})) == ALL

    async def test_a_migration_may_take_longer_than_a_request(self, bare: Settings):
        """So may the wait for another process that migrates: it takes its lock and holds it for a while."""
        from hub.store.migrating import _LOCK

        holder = await asyncpg.connect(bare.database_url)
        await holder.execute("select pg_advisory_lock($1)", _LOCK)
        waiting = asyncio.create_task(migrate(bare.model_copy(update={"statement_timeout": 0.1})))
        async with asyncio.timeout(60):
            while not await holder.fetchval(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted"
            ):
                assert not waiting.done()
            await holder.execute("select pg_sleep(0.3)")
            await holder.execute("select pg_advisory_unlock($1)", _LOCK)
            assert await waiting == ALL
        await holder.close()


async def test_the_log_is_keyed_by_stream_and_number(database: Database):
    assert ("log", "stream_id", "seq") in await unique_keys(database)
    insert = "insert into log (stream_id, seq, kind, ref_id, at) values (:stream, :seq, 'k', 1, {now})"
    for stream, seq in ((1, 1), (1, 2), (2, 1)):
        await database.write(insert, {"stream": stream, "seq": seq})
    with pytest.raises(UniqueViolation):
        await database.write(insert, {"stream": 1, "seq": 2})
    with pytest.raises(Exception, match=r"(?i)null"):
        await database.write("insert into log (stream_id, seq, kind, ref_id, at) values (1, null, 'k', 1, {now})")
    rows = await database.fetch("select tx from log order by stream_id, seq")
    assert len({str(row["tx"]) for row in rows}) == 3


async def test_each_unique_key_that_a_model_declares_stands_in_the_database(database: Database):
    keys = await unique_keys(database)
    declared = set()
    for model in models_of(database):
        meta = model._meta
        declared |= {(meta.db_table, *columns) for columns in meta.unique_together}
        declared |= {(meta.db_table, name) for name, field in meta.fields_map.items() if field.unique}
    assert len(declared) > 25
    assert declared - keys == set()


async def test_each_index_that_the_migrations_name_stands_in_the_database(database: Database):
    named = {*import_module("migrations.0002_log_and_indexes").INDEXES, "comments_roots", "log_at"}
    named |= {*import_module("migrations.0008_jobs").INDEXES}
    named |= {*import_module("migrations.0010_follows_and_inbox").INDEXES}
    named |= {*import_module("migrations.0004_accounts").INDEXES, "sanctions_in_force"}
    named |= {*import_module("migrations.0009_indexes").MISSING}
    named |= {*import_module("migrations.0017_actions_shown").INDEXES}
    named |= {*import_module("migrations.0021_delivered").INDEXES}
    named |= {*import_module("migrations.0023_shifts").INDEXES}
    named |= {*import_module("migrations.0025_stories").INDEXES}
    named |= {*import_module("migrations.0027_covering_indexes").WIDENED}
    sql = (
        "select indexname as name from pg_indexes"
        if database.dialect == "postgres"
        else "select name from sqlite_master where type = 'index'"
    )
    assert named - {row["name"] for row in await database.fetch(sql)} == set()


async def test_each_foreign_key_restricts(database: Database):
    if database.dialect == "postgres":
        rows = await database.fetch(
            "select conname as name, confdeltype::text as on_delete from pg_constraint where contype = 'f'"
        )
        rules = {row["name"]: row["on_delete"] for row in rows}
        assert set(rules.values()) == {"r"}
    else:
        rows = [
            row
            for name in await tables_of(database)
            for row in await database.fetch(f"pragma foreign_key_list('{name}')")
        ]
        rules = {(row["id"], row["table"], row["from"]): row["on_delete"] for row in rows}
        assert set(rules.values()) == {"RESTRICT"}
    declared = [name for model in models_of(database) for name in model._meta.fk_fields]
    assert len(rows) == len(declared) > 5


async def test_a_person_with_comments_cannot_be_deleted(story: Any):
    database: Database = story.database
    author = (await database.fetch("select author_id from comments limit 1"))[0]["author_id"]
    before = await database.fetch("select (select count(*) from users) as users, (select count(*) from comments) as n")
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await database.write("delete from users where id = :id", {"id": author})
    after = await database.fetch("select (select count(*) from users) as users, (select count(*) from comments) as n")
    assert after == before


async def test_no_description_of_a_model_holds_a_semicolon(database: Database):
    """Tortoise writes it into the table as an SQL comment on SQLite, and splits the script at each semicolon."""
    described = {model.__name__: model.__doc__ or "" for model in models_of(database)}
    assert len(described) > 15
    assert {name for name, text in described.items() if ";" in text} == set()


async def test_each_instant_is_kept_to_the_millisecond(database: Database):
    from hub.store.instants import InstantField

    columns = [
        (model._meta.db_table, name)
        for model in models_of(database)
        for name, field in model._meta.fields_map.items()
        if isinstance(field, InstantField)
    ] + [("log", "at")]
    if database.dialect == "postgres":
        rows = await database.fetch(
            """select table_name, column_name from information_schema.columns
               where table_schema = 'public' and data_type = 'timestamp with time zone' and datetime_precision = 3"""
        )
        found = {(row["table_name"], row["column_name"]) for row in rows}
    else:
        found = set()
        for table in {table for table, _ in columns}:
            rows = await database.fetch(f"pragma table_info('{table}')")
            found |= {(table, row["name"]) for row in rows if row["type"].upper() == "TEXT"}
    assert set(columns) - found == set()
