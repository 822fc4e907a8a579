from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.calendar import Window
from hub.core.errors import InputError
from hub.core.hours import DayWindow, Override, WeeklyHours, always_open, open_spans
from hub.core.interval import Span, merge
from hub.core.reason import Reason
from tests.core.oracle import MINUTE, working_minutes
from tests.core.situations import DAYS, people

UTC_OF = Callable[[str], int]


def every_day(zone: str, *windows: Span) -> WeeklyHours:
    return WeeklyHours(zone, tuple(DayWindow(weekday, *window) for weekday in range(7) for window in windows))


def opened_on(hours: WeeklyHours, day: str, utc: UTC_OF) -> list[Span]:
    """Return the openings of one local day, found by what the search around it returns."""
    noon = utc(f"{day}T12:00Z")
    found = open_spans(hours, Window(noon - 2 * 86_400, noon + 2 * 86_400), holidays=[])
    others = open_spans(
        hours, Window(noon - 2 * 86_400, noon + 2 * 86_400), overrides=[Override(date.fromisoformat(day))]
    )
    return sorted({(start, end) for start, end, _ in found.opened} - {(start, end) for start, end, _ in others.opened})


@pytest.mark.parametrize(
    ("zone", "day", "from_hour", "to_hour", "start", "end"),
    [
        ("Europe/Berlin", "2027-03-28", 0, 6, "2027-03-27T23:00Z", "2027-03-28T04:00Z"),
        ("Europe/Berlin", "2027-10-31", 0, 6, "2027-10-30T22:00Z", "2027-10-31T05:00Z"),
        ("Europe/Berlin", "2027-03-28", 2, 5, "2027-03-28T01:00Z", "2027-03-28T03:00Z"),
        ("America/New_York", "2027-03-14", 0, 6, "2027-03-14T05:00Z", "2027-03-14T10:00Z"),
        ("America/New_York", "2027-11-07", 0, 6, "2027-11-07T04:00Z", "2027-11-07T11:00Z"),
        ("America/New_York", "2027-03-14", 14, 18, "2027-03-14T18:00Z", "2027-03-14T22:00Z"),
        ("Europe/Berlin", "2027-03-28", 10, 16, "2027-03-28T08:00Z", "2027-03-28T14:00Z"),
        ("Europe/Berlin", "2027-10-31", 12, 18, "2027-10-31T11:00Z", "2027-10-31T17:00Z"),
        ("America/New_York", "2027-11-07", 10, 16, "2027-11-07T15:00Z", "2027-11-07T21:00Z"),
        ("Asia/Kolkata", "2027-03-28", 9, 12, "2027-03-28T03:30Z", "2027-03-28T06:30Z"),
        ("Asia/Kathmandu", "2027-03-28", 9, 12, "2027-03-28T03:15Z", "2027-03-28T06:15Z"),
        # Clocks go forward at midnight: the day begins at 01:00.
        ("America/Santiago", "2027-09-05", 0, 6, "2027-09-05T04:00Z", "2027-09-05T09:00Z"),
        ("America/Havana", "2027-03-14", 0, 6, "2027-03-14T05:00Z", "2027-03-14T10:00Z"),
        ("Asia/Beirut", "2027-03-28", 0, 6, "2027-03-27T22:00Z", "2027-03-28T03:00Z"),
        # Clocks go back at midnight: the last hour of the day before is shown twice, or the first of the day.
        ("America/Santiago", "2027-04-03", 18, 24, "2027-04-03T21:00Z", "2027-04-04T04:00Z"),
        ("America/Havana", "2027-11-07", 0, 6, "2027-11-07T04:00Z", "2027-11-07T11:00Z"),
        ("America/Havana", "2027-11-06", 18, 24, "2027-11-06T22:00Z", "2027-11-07T04:00Z"),
        # Half an hour.
        ("Australia/Lord_Howe", "2027-10-03", 0, 6, "2027-10-02T13:30Z", "2027-10-02T19:00Z"),
        ("Australia/Lord_Howe", "2027-04-04", 0, 6, "2027-04-03T13:00Z", "2027-04-03T19:30Z"),
    ],
)
def test_windows_on_days_when_clocks_change(
    zone: str, day: str, from_hour: int, to_hour: int, start: str, end: str, utc: UTC_OF
) -> None:
    assert opened_on(every_day(zone, (from_hour * 60, to_hour * 60)), day, utc) == [(utc(start), utc(end))]


@pytest.mark.parametrize(
    ("day", "window", "start", "end"),
    [
        ("2027-03-28", (90, 150), "2027-03-28T00:30Z", "2027-03-28T01:00Z"),
        ("2027-10-31", (150, 240), "2027-10-31T00:30Z", "2027-10-31T03:00Z"),
        ("2027-10-31", (60, 150), "2027-10-30T23:00Z", "2027-10-31T01:30Z"),
        ("2027-10-31", (0, 120), "2027-10-30T22:00Z", "2027-10-31T00:00Z"),
    ],
)
def test_windows_that_begin_or_end_in_a_change(day: str, window: Span, start: str, end: str, utc: UTC_OF) -> None:
    assert opened_on(every_day("Europe/Berlin", window), day, utc) == [(utc(start), utc(end))]


def test_two_windows_that_meet_in_a_repeated_hour_open_it_once(utc: UTC_OF) -> None:
    noon = utc("2027-10-31T12:00Z")
    hours = WeeklyHours("Europe/Berlin", (DayWindow(6, 0, 150), DayWindow(6, 150, 240)))
    start, split, end = utc("2027-10-30T22:00Z"), utc("2027-10-31T00:30Z"), utc("2027-10-31T03:00Z")
    assert open_spans(hours, Window(noon - 86_400, noon)).opened == ((start, split, end), (split, end, end))


def test_a_window_that_the_clock_skips_altogether_does_not_open(utc: UTC_OF) -> None:
    assert opened_on(every_day("Europe/Berlin", (120, 180)), "2027-03-28", utc) == []
    assert opened_on(every_day("Pacific/Apia", (540, 1020)), "2011-12-30", utc) == []


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(DAYS), st.integers(-24, 18), st.data())
def test_openings_are_the_minutes_at_which_the_wall_clock_shows_working_hours(
    place: tuple[str, date], shift: int, data: st.DataObject
) -> None:
    ada = data.draw(people("ada", *place))
    middle = int(datetime(place[1].year, place[1].month, place[1].day, tzinfo=UTC).timestamp())
    assert ada.hours is not None
    window = Window(middle + shift * 3600, middle + (shift + 24) * 3600)
    margin = Window(window.start - 86_400, window.end + 86_400)
    working = working_minutes(ada, margin)
    openings = ada.holder(window).openings
    found = {moment: close for start, end, close in openings.opened for moment in range(start, end, MINUTE)}
    assert set(clip_moments(found, window)) == set(clip_moments(working, window))
    close = {end - MINUTE: end for _, end in merge((moment, moment + MINUTE) for moment in working)}
    for moment in sorted(working, reverse=True):
        close.setdefault(moment, close.get(moment + MINUTE, 0))
        if window.start <= moment < window.end:
            assert min(found[moment], margin.end) == close[moment]


def clip_moments(moments: Iterable[int], window: Window) -> list[int]:
    return [moment for moment in moments if window.start <= moment < window.end]


def test_openings_do_not_depend_on_where_the_search_begins(utc: UTC_OF) -> None:
    hours = every_day("Europe/Berlin", (0, 120), (540, 720), (720, 1020), (1320, 1440))
    wide = open_spans(hours, Window(utc("2027-03-20T00:00Z"), utc("2027-04-10T00:00Z")))
    narrow = open_spans(hours, Window(utc("2027-03-28T10:30Z"), utc("2027-03-28T10:31Z")))
    assert len(narrow.opened) == 1
    assert narrow.opened[0] in wide.opened


def test_a_run_over_midnight_may_be_used_to_its_end(utc: UTC_OF) -> None:
    hours = WeeklyHours("Europe/Berlin", (DayWindow(4, 1320, 1440), DayWindow(5, 0, 120)))
    found = open_spans(hours, Window(utc("2027-06-18T00:00Z"), utc("2027-06-18T21:30Z")))
    assert found.opened == ((utc("2027-06-18T20:00Z"), utc("2027-06-18T22:00Z"), utc("2027-06-19T00:00Z")),)


def test_an_override_replaces_the_day_and_wins_over_a_holiday(utc: UTC_OF) -> None:
    hours, day = every_day("UTC", (540, 1020)), date(2027, 6, 16)
    window = Window(utc("2027-06-16T00:00Z"), utc("2027-06-17T00:00Z"))
    found = open_spans(hours, window, overrides=[Override(day, ((600, 660),))], holidays={day})
    assert found.opened == ((utc("2027-06-16T10:00Z"), utc("2027-06-16T11:00Z"), utc("2027-06-16T11:00Z")),)
    assert found.closed == ()


def test_closed_days_holidays_and_time_off_say_why(utc: UTC_OF) -> None:
    hours = every_day("UTC", (540, 1020))
    away = (utc("2027-06-18T00:00Z"), utc("2027-06-18T12:00Z"))
    found = open_spans(
        hours,
        Window(utc("2027-06-16T00:00Z"), utc("2027-06-19T00:00Z")),
        overrides=[Override(date(2027, 6, 16))],
        holidays=[date(2027, 6, 17), date(2035, 1, 1)],
        time_off=[away],
    )
    assert found.opened == ((utc("2027-06-18T12:00Z"), utc("2027-06-18T17:00Z"), utc("2027-06-18T17:00Z")),)
    assert set(found.closed) == {
        (*away, Reason.TIME_OFF),
        (utc("2027-06-16T00:00Z"), utc("2027-06-17T00:00Z"), Reason.CLOSED_DAY),
        (utc("2027-06-17T00:00Z"), utc("2027-06-18T00:00Z"), Reason.HOLIDAY),
    }


def test_hours_in_an_unknown_zone_are_refused() -> None:
    with pytest.raises(InputError, match="no time zone 'Mars/Olympus'"):
        WeeklyHours("Mars/Olympus")


@pytest.mark.parametrize(("start", "end"), [(540, 540), (1020, 540), (1320, 120)])
def test_hours_that_end_before_they_begin_are_refused(start: int, end: int) -> None:
    with pytest.raises(InputError, match="ends before it begins; split hours past midnight"):
        DayWindow(0, start, end)
    with pytest.raises(InputError, match="ends before it begins"):
        Override(date(2027, 1, 1), ((start, end),))


@pytest.mark.parametrize(("start", "end"), [(-1, 60), (540, 1441), (1440, 1441)])
def test_hours_that_leave_the_day_are_refused(start: int, end: int) -> None:
    with pytest.raises(InputError, match=r"Monday .* leaves the day; use minutes from 0 to 1440"):
        DayWindow(0, start, end)


@pytest.mark.parametrize("weekday", [-1, 7])
def test_a_weekday_that_does_not_exist_is_refused(weekday: int) -> None:
    with pytest.raises(InputError, match="is no weekday"):
        DayWindow(weekday, 0, 60)


def test_windows_of_a_day_may_touch_but_not_overlap() -> None:
    WeeklyHours("UTC", (DayWindow(0, 540, 600), DayWindow(0, 600, 660)))
    with pytest.raises(InputError, match="Tuesday has windows that overlap at minute 599"):
        WeeklyHours("UTC", (DayWindow(1, 599, 660), DayWindow(1, 540, 600)))
    with pytest.raises(InputError, match="2027-01-01 has windows that overlap"):
        Override(date(2027, 1, 1), ((540, 600), (560, 570)))


def test_two_overrides_of_a_day_are_refused() -> None:
    twice = [Override(date(2027, 1, 1)), Override(date(2027, 1, 1), ((0, 60),))]
    with pytest.raises(InputError, match="2027-01-01 has two overrides"):
        open_spans(WeeklyHours("UTC"), Window(10**9, 10**9 + 1), overrides=twice)


@given(st.integers(0, 2**40))
def test_what_is_always_open_is_open_at_any_time(instant: int) -> None:
    openings = always_open()
    assert [start <= instant < end <= close for start, end, close in openings.opened] == [True]
    assert openings.origin_at(instant) == 0


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 300)), max_size=5))
def test_time_off_may_come_in_any_order_and_overlap(pairs: list[tuple[int, int]]) -> None:
    base = 1_812_000_000
    away = [(base + start * 60, base + (start + length) * 60) for start, length in pairs]
    hours = every_day("UTC", (0, 1440))
    found = open_spans(hours, Window(base, base + 86_400), time_off=away).opened
    assert not any(low < end and high > start for low, high in merge(away) for start, end, _ in found)
