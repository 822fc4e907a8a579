from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.core.time_off import time_off_from_local

BERLIN = "Europe/Berlin"


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[arg-type,misc]


def test_whole_days_are_from_midnight_to_midnight_where_the_holder_is() -> None:
    day = date(2027, 3, 15)
    assert time_off_from_local(BERLIN, day, 0, day, 1440) == (utc(2027, 3, 14, 23), utc(2027, 3, 15, 23))


def test_a_day_with_a_change_of_the_clocks_has_its_true_length() -> None:
    spring, autumn = date(2027, 3, 28), date(2027, 10, 31)
    for day, hours in ((spring, 23), (autumn, 25)):
        start, end = time_off_from_local(BERLIN, day, 0, day, 1440)
        assert end - start == hours * 3600


def test_a_time_that_is_shown_twice_counts_from_the_first_and_to_the_second_showing() -> None:
    day = date(2027, 10, 31)
    assert time_off_from_local(BERLIN, day, 150, day, 150) == (utc(2027, 10, 31, 0, 30), utc(2027, 10, 31, 1, 30))


def test_a_time_that_is_skipped_is_the_moment_of_the_change() -> None:
    day = date(2027, 3, 28)
    assert time_off_from_local(BERLIN, day, 150, day, 240) == (utc(2027, 3, 28, 1), utc(2027, 3, 28, 2))
    # In Cairo the clock skips midnight: a whole day off begins at one.
    cairo = date(2027, 4, 30)
    start, end = time_off_from_local("Africa/Cairo", cairo, 0, cairo, 1440)
    assert (start, end - start) == (utc(2027, 4, 29, 22), 23 * 3600)


@pytest.mark.parametrize(
    ("zone", "first", "begin", "last", "end", "field"),
    [
        ("Mars/Olympus", date(2027, 1, 1), 0, date(2027, 1, 2), 0, "zone"),
        (BERLIN, date(2027, 1, 2), 0, date(2027, 1, 1), 1440, "time_off.end"),
        (BERLIN, date(2027, 1, 1), 60, date(2027, 1, 1), 60, "time_off.end"),
        (BERLIN, date(2027, 1, 1), -1, date(2027, 1, 1), 60, "time_off.start"),
        (BERLIN, date(2027, 1, 1), 0, date(2027, 1, 1), 1441, "time_off.end"),
        (BERLIN, date(1, 1, 1), 0, date(2027, 1, 1), 0, "time_off.start"),
        (BERLIN, date(2027, 1, 1), 0, date(9999, 12, 31), 1440, "time_off.end"),
        ("Pacific/Apia", date(2011, 12, 30), 0, date(2012, 1, 1), 0, "time_off.start"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused_under_its_field(
    zone: str, first: date, begin: int, last: date, end: int, field: str
) -> None:
    with pytest.raises(InputError) as caught:
        time_off_from_local(zone, first, begin, last, end)
    assert caught.value.field == field


@given(
    st.sampled_from([BERLIN, "America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "UTC"]),
    st.dates(date(1980, 1, 1), date(2100, 1, 1)),
    st.integers(0, 1439),
    st.integers(1, 3000),
)
def test_an_absence_is_never_shorter_than_the_clock_says_by_more_than_a_change(
    zone: str, first: date, begin: int, length: int
) -> None:
    days, end = divmod(begin + length, 1440)
    try:
        start, finish = time_off_from_local(zone, first, begin, first + timedelta(days=days), end)
    except InputError:
        start = finish = 0  # both ends within an hour that the clock skips
    assert finish > start or length <= 60
    assert abs(finish - start - 60 * length) <= 2 * 3600
