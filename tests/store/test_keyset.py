import base64
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.refusals import ErrorCode, FieldRefusal
from hub.store.instants import whole
from hub.store.keyset import from_cursor, to_cursor
from hub.store.sql import Kind

VALUES: dict[Kind, st.SearchStrategy] = {
    "id": st.integers(-(2**63), 2**63 - 1),
    "int": st.integers(-(2**31), 2**31 - 1),
    "text": st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=120),
    "instant": st.datetimes(timezones=st.just(UTC)).map(whole),
}
POSITIONS = st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=2).flatmap(
    lambda kinds: st.tuples(st.just(tuple(kinds)), st.tuples(*(VALUES[kind] for kind in kinds)))
)


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def ensure_refused(cursor: str, kinds: tuple[Kind, ...]) -> None:
    with pytest.raises(FieldRefusal) as refusal:
        from_cursor(cursor, kinds, "after")
    assert (refusal.value.code, refusal.value.path) == (ErrorCode.INVALID, ("after",))


@given(POSITIONS)
def test_a_cursor_gives_back_the_position_it_was_made_of(position):
    kinds, values = position
    assert from_cursor(to_cursor(values), kinds, "after") == values


def test_a_cursor_of_the_longest_name_is_taken_back():
    values = ("車" * 120, 2**63 - 1)
    assert from_cursor(to_cursor(values), ("text", "id"), "after") == values
    values = ("🚗" * 120, 2**63 - 1)
    assert from_cursor(to_cursor(values), ("text", "id"), "after") == values


@given(st.text(max_size=40))
def test_garbage_is_refused(garbage: str):
    ensure_refused(garbage, ("instant", "id"))


@given(st.binary(max_size=40))
def test_packed_garbage_is_refused(garbage: bytes):
    ensure_refused(base64.urlsafe_b64encode(garbage).decode().rstrip("="), ("instant", "id"))


ORDERS: dict[tuple[Kind, ...], tuple] = {
    ("int",): (7,),
    ("text",): ("like",),
    ("int", "id"): (7, 2**60),
    ("text", "id"): ("Lone Star", 2**60),
    ("instant", "id"): (datetime(2026, 1, 1, tzinfo=UTC), 2**60),
}


@pytest.mark.parametrize("made_for", ORDERS)
@pytest.mark.parametrize("used_for", ORDERS)
def test_a_cursor_of_a_list_with_another_order_is_refused(made_for: tuple[Kind, ...], used_for: tuple[Kind, ...]):
    if made_for == used_for or (made_for, used_for) == (("instant", "id"), ("text", "id")):
        return  # an instant is a text as well: what it finds is harmless
    ensure_refused(to_cursor(ORDERS[made_for]), used_for)


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ([True, 1], ("int", "id")),
        ([1, False], ("int", "id")),
        ([1.0], ("id",)),
        ([None], ("id",)),
        (["1"], ("id",)),
        ([1], ("text",)),
        ([[1]], ("id",)),
        ([{"a": 1}], ("text",)),
        ([2**31], ("int",)),
        ([-(2**31) - 1], ("int",)),
        ([2**63], ("id",)),
        ([2**64 - 1], ("id",)),
        (["a\0b"], ("text",)),
        (["2026-11-22T17:00:00"], ("instant",)),
        (["0001-01-01T00:00:00+14:00"], ("instant",)),
        (["9999-12-31T23:59:59-14:00"], ("instant",)),
        ([17], ("instant",)),
        ([1, 2], ("id",)),
        ([], ("id",)),
        ([1], ("id", "id")),
        ({"0": 1}, ("id",)),
        (1, ("id",)),
        (None, ("id",)),
        ([1], ("bool",)),
    ],
)
def test_a_forged_value_is_refused(value: object, kinds: tuple[Kind, ...]):
    ensure_refused(packed(value), kinds)


def test_what_is_too_long_is_refused_before_it_is_read():
    ensure_refused(packed(["a" * 100_000]), ("text",))


@pytest.mark.parametrize("cursor", ["", "=", "====", "Wz=Fd", "Wz Fd", "WzFd\n", "ü", "\ud800", "WzFd" * 3, "Wz+/"])
def test_what_is_no_base64_of_ours_is_refused(cursor: str):
    ensure_refused(cursor, ("id",))


def test_an_instant_in_a_cursor_is_cut_to_the_milliseconds_that_are_stored():
    at = datetime(2026, 1, 1, 0, 0, 0, 1_999, tzinfo=UTC)
    assert from_cursor(to_cursor((at,)), ("instant",), "after") == (whole(at),)
