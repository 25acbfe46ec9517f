"""When people are told: in their zone, outside quiet hours, right over every change of the clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hub.notifications.outside.schedule import Rhythm, clock_of, quiet_of, zone_of

CHICAGO = ZoneInfo("America/Chicago")
ZONES = [
    ZoneInfo(name) for name in ("UTC", "America/Chicago", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe")
]
clocks = some.times().map(lambda at: at.replace(second=0, microsecond=0))
instants = some.integers(1_700_000_000, 1_830_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
rhythms = some.builds(
    Rhythm,
    some.sampled_from(ZONES),
    some.tuples(clocks, clocks).filter(lambda pair: pair[0] != pair[1]),
    some.integers(0, 23),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("frequency", "at", "due"),
    [
        ("INSTANT", "2026-11-27T18:00:00", "2026-11-27T18:00:00"),
        ("HOURLY", "2026-11-27T18:00:00", "2026-11-27T19:00:00"),
        ("HOURLY", "2026-11-27T18:59:59", "2026-11-27T19:00:00"),
        # Eight o'clock in Chicago is 14:00 in winter and 13:00 in summer.
        ("DAILY", "2026-11-27T13:59:59", "2026-11-27T14:00:00"),
        ("DAILY", "2026-11-27T14:00:00", "2026-11-28T14:00:00"),
        ("DAILY", "2026-03-07T20:00:00", "2026-03-08T13:00:00"),
        ("DAILY", "2026-10-31T20:00:00", "2026-11-01T14:00:00"),
        # 2026-11-30 is a Monday.
        ("WEEKLY", "2026-11-27T18:00:00", "2026-11-30T14:00:00"),
        ("WEEKLY", "2026-11-30T14:00:00", "2026-12-07T14:00:00"),
    ],
)
def test_what_happened_is_due_by_the_persons_clock(frequency: str, at: str, due: str):
    assert Rhythm(CHICAGO).due(frequency, utc(at)) == utc(due)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-11-28T03:59:00", "2026-11-28T03:59:00"),  # 21:59
        ("2026-11-28T04:00:00", "2026-11-28T13:00:00"),  # 22:00 to 7:00
        ("2026-11-28T12:59:59", "2026-11-28T13:00:00"),
        ("2026-11-28T13:00:00", "2026-11-28T13:00:00"),
        ("2026-03-08T05:00:00", "2026-03-08T12:00:00"),  # the night that has an hour less
        ("2026-11-01T04:00:00", "2026-11-01T13:00:00"),  # and the one that has an hour more
    ],
)
def test_quiet_hours_over_midnight_put_off_to_their_end(at: str, due: str):
    assert Rhythm(CHICAGO, (time(22), time(7))).awake(utc(at)) == utc(due)


def test_quiet_hours_that_end_in_the_hour_that_is_left_out_end_where_the_clock_goes_on():
    # In Chicago 2:00 to 3:00 is left out on 2026-03-08; it is 8:00 UTC then.
    assert Rhythm(CHICAGO, (time(22), time(2, 30))).awake(utc("2026-03-08T06:00:00")) == utc("2026-03-08T08:00:00")


def test_quiet_hours_that_end_in_the_hour_that_comes_twice_end_each_time():
    rhythm = Rhythm(CHICAGO, (time(23), time(1, 30)))
    assert rhythm.awake(utc("2026-11-01T05:30:00")) == utc("2026-11-01T06:30:00")
    assert rhythm.awake(utc("2026-11-01T07:10:00")) == utc("2026-11-01T07:30:00")


@given(rhythms, instants)
def test_nothing_is_told_before_it_happened_or_in_quiet_hours(rhythm: Rhythm, at: datetime):
    assert rhythm.quiet is not None
    begin, end = rhythm.quiet
    for frequency in ("INSTANT", "HOURLY", "DAILY", "WEEKLY"):
        due = rhythm.due(frequency, at)
        clock = due.astimezone(rhythm.zone).time()
        assert at <= due <= at + timedelta(days=10)
        assert not (begin <= clock < end if begin < end else clock >= begin or clock < end)


@given(rhythms, instants)
def test_what_waits_is_due_at_a_whole_minute(rhythm: Rhythm, at: datetime):
    for frequency in ("HOURLY", "DAILY", "WEEKLY"):
        assert rhythm.due(frequency, at).second == 0


@given(rhythms, instants)
def test_a_day_begins_before_each_of_its_moments(rhythm: Rhythm, at: datetime):
    begin = rhythm.day_of(at)
    assert begin <= at
    assert begin.astimezone(rhythm.zone).date() == at.astimezone(rhythm.zone).date()


@pytest.mark.parametrize("text", ["24:00", "7", "07:60", "", "aa:bb", "07:00:00"])
def test_what_is_no_time_of_day_is_refused(text: str):
    with pytest.raises(ValueError, match="does not match|unconverted"):
        clock_of(text)


def test_a_zone_that_nobody_knows_is_utc_and_half_of_quiet_hours_is_none():
    assert zone_of("Mars/Olympus") == zone_of(None) == zone_of("../etc/passwd") == ZoneInfo("UTC")
    assert quiet_of("22:00", None) is None
    assert quiet_of("22:00", "22:00") is None
