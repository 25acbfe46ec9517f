from datetime import UTC, datetime, timedelta, timezone

import pytest

from hub.store.database import Database
from hub.store.sql import Dialect, adapt, prepare, to_json

BOTH: tuple[Dialect, ...] = ("postgres", "sqlite")


def test_parameters_are_numbered_in_the_order_of_their_first_use():
    sql = "select :b, :a, :b where x = :c"
    assert prepare(sql, "postgres").text == "select $1, $2, $1 where x = $3"
    assert prepare(sql, "sqlite").text == "select ?1, ?2, ?1 where x = ?3"
    assert prepare(sql, "postgres").names == prepare(sql, "sqlite").names == ("b", "a", "c")


def test_a_name_that_begins_like_another_is_its_own_parameter():
    assert prepare("select :at, :at_most, :a", "postgres").text == "select $1, $2, $3"


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize("text", ["to_char(at, 'HH24:MI:SS')", "x::text", "'1:00'", "a[1:2]", "'10:am'"])
def test_colons_that_begin_no_name_are_left_alone(dialect: Dialect, text: str):
    assert prepare(f"select {text}", dialect).text == f"select {text}"
    assert prepare(f"select {text}", dialect).names == ()


@pytest.mark.parametrize("dialect", BOTH)
def test_an_unknown_macro_is_an_error_and_no_text(dialect: Dialect):
    with pytest.raises(KeyError):
        prepare("select {nonsense}", dialect)


def test_each_macro_stands_on_both_databases():
    macros = ["{now}", "{for_update}", "{cascade}"]
    macros += [f"{{{name} ids}}" for name in ("in", "in_text", "any", "any_text")]
    macros += [f"{{as_{kind} ids}}" for kind in ("id", "int", "float", "text", "bool", "instant", "json")]
    for macro in macros:
        texts = [prepare(macro, dialect) for dialect in BOTH]
        assert "{" not in texts[0].text + texts[1].text
        assert texts[0].names == texts[1].names


async def test_membership_takes_any_number_of_values(database: Database):
    sql = "select (:id {in ids}) as here, ({as_text name} {in_text names}) as named"
    for ids, here in (([], False), ([7], True), ([2**53 + 1], False), (range(5_000), True), ({1, 7}, True)):
        rows = await database.fetch(sql, {"id": 7, "ids": list(ids), "name": "b", "names": ("a", "b")})
        assert [(bool(row["here"]), bool(row["named"])) for row in rows] == [(here, True)]


async def test_a_list_is_read_in_its_own_order_with_places_that_rise(database: Database):
    ids = [5, 2**60 + 1, 5, -3]
    rows = await database.fetch("select value from {any ids} order by place", {"ids": ids})
    assert [row["value"] for row in rows] == ids
    words = ["b", "a'", '"c"', "🚗", ""]
    rows = await database.fetch("select value from {any_text words} order by place", {"words": words})
    assert [row["value"] for row in rows] == words


async def test_parameters_are_values_and_never_sql(database: Database):
    evil = "'; drop table users; -- :name {now} $1 ?1"
    assert await database.fetch("select {as_text evil} as given", {"evil": evil}) == [{"given": evil}]
    assert await database.fetch("select count(*) as n from users") == [{"n": 0}]


async def test_a_missing_parameter_is_an_error(database: Database):
    with pytest.raises(KeyError):
        await database.fetch("select {as_id missing}", {"other": 1})


async def test_the_databases_clock_gives_whole_milliseconds_of_utc(database: Database):
    before = datetime.now(UTC)
    rows = await database.fetch("select {now} as at")
    at = rows[0]["at"]
    if isinstance(at, str):
        assert len(at) == len("2026-11-22T17:00:00.123Z")
        at = datetime.fromisoformat(at)
    assert at.microsecond % 1000 == 0
    assert at.utcoffset() == timedelta(0)
    assert abs(at - before) < timedelta(seconds=30)


def test_values_are_adapted_to_what_each_driver_takes():
    at = datetime(2026, 11, 22, 17, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=2)))
    assert adapt(at, "sqlite") == "2026-11-22T15:00:00.123Z"
    assert adapt(at, "postgres") is at
    assert adapt({"a": [1, None]}, "sqlite") == adapt({"a": [1, None]}, "postgres") == '{"a":[1,null]}'
    for many in ([1, 2], (1, 2), {1, 2}, frozenset({1, 2})):
        assert adapt(many, "sqlite") == "[1,2]"
        assert adapt(many, "postgres") == [1, 2]
    for plain in (None, 1, 1.5, "a", True):
        assert adapt(plain, "sqlite") is adapt(plain, "postgres") is plain


def test_json_keeps_big_numbers_and_writes_instants_as_their_one_text():
    at = datetime(2026, 1, 2, 3, 4, 5, 6_000, tzinfo=UTC)
    assert to_json([2**63 - 1, at, {1}]) == '[9223372036854775807,"2026-01-02T03:04:05.006Z",[1]]'
    with pytest.raises(TypeError):
        to_json(object())
