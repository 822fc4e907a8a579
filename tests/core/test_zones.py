from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.core.zones import DAY, Twice, check_zone, day_of, local_day, local_to_utc

ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "America/Havana",
    "Asia/Beirut",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
)
zones = st.sampled_from(ZONES)
ordinals = st.integers(date(2005, 1, 1).toordinal(), date(2032, 1, 1).toordinal())


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "europe/berlin", "../etc/passwd", "localtime", "America", "a\0b"])
def test_an_unknown_zone_is_refused_with_the_way_out(name: str) -> None:
    with pytest.raises(InputError, match="use an IANA name such as") as refused:
        check_zone(name)
    assert refused.value.field == "zone"


@given(zones, ordinals, st.integers(0, DAY))
def test_within_a_stretch_the_clock_shows_the_seconds_since_its_origin(zone: str, ordinal: int, after: int) -> None:
    for start, end, origin in local_day(zone, ordinal):
        instant = start + after % (end - start)
        wall = datetime.fromtimestamp(instant, ZoneInfo(zone))
        assert wall.toordinal() == ordinal
        assert instant - origin == wall.hour * 3600 + wall.minute * 60 + wall.second


@given(zones, ordinals)
def test_the_stretches_of_two_days_follow_each_other_without_a_hole(zone: str, ordinal: int) -> None:
    stretches = [*local_day(zone, ordinal - 1), *local_day(zone, ordinal), *local_day(zone, ordinal + 1)]
    assert all(one.end == other.start for one, other in itertools.pairwise(stretches))
    assert all(part.start < part.end for part in stretches)


@given(zones, st.integers(1_100_000_000, 1_950_000_000))
def test_the_local_day_of_an_instant_holds_it(zone: str, instant: int) -> None:
    ordinal = day_of(zone, instant)
    assert datetime.fromtimestamp(instant, ZoneInfo(zone)).toordinal() == ordinal
    assert any(part.start <= instant < part.end for part in local_day(zone, ordinal))


@given(zones, st.integers(18_300_000, 32_500_000))
def test_a_local_time_read_off_the_clock_leads_back_to_the_instant(zone: str, epoch_minute: int) -> None:
    wall = datetime.fromtimestamp(epoch_minute * 60, ZoneInfo(zone))
    twice = Twice.LATER if wall.fold else Twice.EARLIER
    assert local_to_utc(zone, wall.date(), wall.hour * 60 + wall.minute, twice) == epoch_minute * 60


@given(zones, ordinals)
def test_exactly_the_minutes_that_the_clock_skips_are_refused(zone: str, ordinal: int) -> None:
    day = date.fromordinal(ordinal)
    shown = set()
    instant = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) - 15 * 3600
    for _ in range(56 * 4):
        wall = datetime.fromtimestamp(instant, ZoneInfo(zone))
        if wall.date() == day:
            shown.add(wall.hour * 60 + wall.minute)
        instant += 900
    for minute in range(0, 1440, 15):
        if minute in shown:
            local_to_utc(zone, day, minute)
        else:
            with pytest.raises(InputError, match="skips") as refused:
                local_to_utc(zone, day, minute)
            assert refused.value.code == "nonexistent_time"


def test_a_time_that_is_shown_twice_is_the_earlier_one_unless_the_later_is_chosen(utc: Callable[[str], int]) -> None:
    day = date(2027, 10, 31)
    assert local_to_utc("Europe/Berlin", day, 150) == utc("2027-10-31T00:30Z")
    assert local_to_utc("Europe/Berlin", day, 150, Twice.LATER) == utc("2027-10-31T01:30Z")


@pytest.mark.parametrize("minute", [-1, 1440])
def test_a_minute_outside_the_day_is_refused(minute: int) -> None:
    with pytest.raises(InputError, match="use 0 to 1439"):
        local_to_utc("UTC", date(2027, 1, 1), minute)


@pytest.mark.parametrize("instant", [-1, 10**12, 10**18])
def test_an_instant_beyond_the_calendar_is_refused(instant: int) -> None:
    with pytest.raises(InputError, match="1970 to 9998"):
        day_of("UTC", instant)


def test_a_day_that_the_zone_skipped_has_no_stretch() -> None:
    skipped = date(2011, 12, 30)
    assert local_day("Pacific/Apia", skipped.toordinal()) == ()
    assert local_day("Pacific/Apia", (skipped + timedelta(days=1)).toordinal())
