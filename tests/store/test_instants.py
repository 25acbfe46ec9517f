from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.instants import from_text, now, to_text, whole

OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=OFFSETS)  # noqa: DTZ001 - the zone is drawn, too


@given(INSTANTS)
def test_every_instant_has_one_text_of_one_width_that_reads_back(at: datetime):
    text = to_text(at)
    assert len(text) == len("2026-11-22T17:00:00.123Z")
    assert from_text(text) == whole(at)
    assert from_text(text).tzinfo is UTC


@given(INSTANTS, INSTANTS)
def test_texts_sort_like_the_times(one: datetime, other: datetime):
    assert (to_text(one) < to_text(other)) == (whole(one.astimezone(UTC)) < whole(other.astimezone(UTC)))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22T17:00:00Z", "2026-11-22T17:00:00.000Z"),
        ("2026-11-22T17:00:00.1239Z", "2026-11-22T17:00:00.123Z"),
        ("2026-11-22T17:00:00+02:00", "2026-11-22T15:00:00.000Z"),
    ],
)
def test_a_text_with_an_offset_is_read_as_utc_and_cut_to_milliseconds(text: str, instant: str):
    assert to_text(from_text(text)) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-22",
        "2026-11-22T17:00:00",
        "2026-13-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "9" * 400,
    ],
)
def test_what_is_no_instant_is_a_value_error(text: str):
    with pytest.raises(ValueError):  # noqa: PT011 - it has no message of its own
        from_text(text)


def test_now_has_whole_milliseconds_of_utc():
    assert now().microsecond % 1000 == 0
    assert now().tzinfo is UTC
