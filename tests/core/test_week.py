from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from hub.core.errors import InputError
from hub.core.week import LocalDay, local_week, window_of

HOUR = 3600


@pytest.mark.parametrize(
    ("zone", "monday", "lengths"),
    [
        ("Europe/Berlin", date(2027, 3, 15), [24] * 7),
        ("Europe/Berlin", date(2027, 3, 22), [24] * 6 + [23]),
        ("Europe/Berlin", date(2027, 10, 25), [24] * 6 + [25]),
        ("Australia/Lord_Howe", date(2027, 3, 29), [24] * 6 + [24.5]),
        ("Pacific/Apia", date(2011, 12, 26), [24, 24, 24, 24, 0, 24, 24]),  # the Friday never was
        ("UTC", date(2024, 2, 26), [24] * 7),
    ],
)
def test_the_days_are_as_long_as_the_clock_says_and_leave_no_gap(zone: str, monday: date, lengths: list[float]) -> None:
    days = local_week(zone, monday)
    assert [(one.end - one.start) / HOUR for one in days] == lengths
    assert [one.day for one in days] == [monday + timedelta(days=n) for n in range(7)]
    assert [one.end for one in days[:-1]] == [one.start for one in days[1:]]
    assert (window_of(days).start, window_of(days).end) == (days[0].start, days[-1].end)


def test_a_day_begins_at_local_midnight() -> None:
    (monday, *_) = local_week("America/New_York", date(2027, 3, 15))
    assert datetime.fromtimestamp(monday.start, UTC) == datetime(2027, 3, 15, 4, tzinfo=UTC)


def test_a_span_is_cut_at_midnight() -> None:
    day = LocalDay(date(2027, 3, 15), 100, 200)
    assert day.part([(50, 120), (150, 250), (10, 100), (200, 300)]) == ((100, 120), (150, 200))
    assert day.meets(199, 300)
    assert not day.meets(200, 300)
    assert not day.meets(0, 100)


@pytest.mark.parametrize(
    ("zone", "monday", "field"),
    [
        ("Europe/Berlin", date(2027, 3, 16), "monday"),
        ("Europe/Nowhere", date(2027, 3, 15), "zone"),
        ("UTC", date(1, 1, 1), "monday"),
        ("UTC", date(9999, 12, 27), "monday"),
    ],
)
def test_a_week_that_is_none_is_refused(zone: str, monday: date, field: str) -> None:
    with pytest.raises(InputError) as caught:
        local_week(zone, monday)
    assert caught.value.field == field
