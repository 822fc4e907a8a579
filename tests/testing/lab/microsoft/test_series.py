"""When series take place: the examples of Graph's page on recurrence patterns, and the clock changes between."""

from __future__ import annotations

from datetime import datetime

import pytest

from hub.testing.lab.microsoft import series

SPAN = {"type": "noEnd", "startDate": "2026-09-01"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"type": "daily", "interval": 3}, ["09-01", "09-04", "09-07"]),
        ({"type": "weekly", "interval": 1, "daysOfWeek": ["monday", "tuesday"]}, ["09-01", "09-07", "09-08"]),
        (
            {"type": "weekly", "interval": 2, "daysOfWeek": ["monday", "tuesday"], "firstDayOfWeek": "monday"},
            ["09-01", "09-14", "09-15"],
        ),
        ({"type": "absoluteMonthly", "interval": 3, "dayOfMonth": 15}, ["09-15", "12-15", "03-15"]),
        (
            {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["thursday", "friday"], "index": "second"},
            ["09-04", "10-02", "11-06"],
        ),
        (
            {"type": "relativeMonthly", "interval": 3, "daysOfWeek": ["friday"], "index": "last"},
            ["09-25", "12-25", "03-26"],
        ),
        (
            {"type": "relativeMonthly", "interval": 2, "daysOfWeek": ["tuesday"], "index": "first"},
            ["09-01", "11-03", "01-05"],
        ),
        ({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 15, "month": 3}, ["03-15", "03-15", "03-15"]),
        (
            {"type": "relativeYearly", "interval": 1, "daysOfWeek": ["friday"], "index": "second", "month": 11},
            ["11-13", "11-12", "11-10"],
        ),
    ],
    ids=lambda one: one["type"] if isinstance(one, dict) else "",
)
def test_a_pattern_gives_its_dates(pattern: dict[str, object], expected: list[str]) -> None:
    recurrence = {"pattern": pattern, "range": SPAN}
    found = series.dates(recurrence, datetime(2026, 9, 1, 9), datetime(2030, 1, 1))
    assert [f"{day:%m-%d}" for day, _n in zip(found, range(3), strict=False)] == expected


def test_every_other_month_counts_from_the_first_date_that_fits() -> None:
    """Page: outlook-schedule-recurring-events: begun after the first Thursday of a month, it is in the next one."""
    pattern = {"type": "relativeMonthly", "interval": 2, "daysOfWeek": ["thursday"], "index": "first"}
    recurrence = {"pattern": pattern, "range": {"type": "noEnd", "startDate": "2026-08-27"}}
    found = series.dates(recurrence, datetime(2026, 8, 27, 14), datetime(2026, 12, 31))
    assert [f"{day:%m-%d}" for day in found] == ["09-03", "11-05"]


def test_a_range_ends_with_its_last_day_or_after_its_number() -> None:
    daily = {"type": "daily", "interval": 1}
    ended = {"pattern": daily, "range": {"type": "endDate", "startDate": "2026-09-01", "endDate": "2026-09-03"}}
    numbered = {"pattern": daily, "range": {"type": "numbered", "startDate": "2026-09-01", "numberOfOccurrences": 2}}
    until, first = datetime(2027, 1, 1), datetime(2026, 9, 1, 9)
    assert len(list(series.dates(ended, first, until))) == 3
    assert len(list(series.dates(numbered, first, until))) == 2


def test_a_series_keeps_to_the_wall_clock_of_its_zone() -> None:
    recurrence = {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "noEnd", "startDate": "2026-10-24", "recurrenceTimeZone": "W. Europe Standard Time"},
    }
    start = {"dateTime": "2026-10-24T09:00:00", "timeZone": "W. Europe Standard Time"}
    since = int(datetime.fromisoformat("2026-10-24T00:00:00+00:00").timestamp())
    found = [at for _day, at in series.starts(recurrence, start, 3600, since, since + 2 * 86_400)]
    assert [one - since for one in found] == [7 * 3600, 86_400 + 8 * 3600]


@pytest.mark.parametrize(
    ("pattern", "span"),
    [
        ({"type": "daily"}, SPAN),
        ({"type": "hourly", "interval": 1}, SPAN),
        ({"type": "weekly", "interval": 1}, SPAN),
        ({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 1}, SPAN),
        ({"type": "daily", "interval": 1}, {"type": "noEnd"}),
        ({"type": "daily", "interval": 1}, {"type": "endDate", "startDate": "2026-09-01"}),
        ({"type": "daily", "interval": 1}, {"type": "numbered", "startDate": "2026-09-01"}),
        ({"type": "daily", "interval": 1}, {"type": "noEnd", "startDate": "2026-09-02"}),
    ],
)
def test_what_lacks_a_part_or_begins_on_another_day_is_no_series(
    pattern: dict[str, object], span: dict[str, object]
) -> None:
    start = {"dateTime": "2026-09-01T09:00:00", "timeZone": "UTC"}
    assert series.problem({"pattern": pattern, "range": span}, start)
