from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.core.calendar import Window

BusyTimes = Callable[..., list[str]]

DAILY = "UID:a\nDTSTART;TZID=Europe/Berlin:20260310T100000\nDTEND;TZID=Europe/Berlin:20260310T110000\n"


def series(master: str, *exceptions: str) -> str:
    parts = (DAILY + master, *(f"UID:a\n{exception}" for exception in exceptions))
    return "\n".join(f"BEGIN:VEVENT\n{part}\nEND:VEVENT" for part in parts)


def days(*numbers: int) -> list[str]:
    return [f"03-{day} 09:00 - 03-{day} 10:00" for day in numbers]


# Length


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("DTSTART:20260310T110000Z", []),
        ("DTSTART:20260310T110000Z\nDTEND:20260310T110000Z", []),
        ("DTSTART:20260310T110000Z\nDURATION:PT0S", []),
        ("DTSTART:20260310T110000Z\nDURATION:PT90M", ["03-10 11:00 - 03-10 12:30"]),
        ("DTSTART:20260310T110000Z\nDTEND:20260310T100000Z", ["03-10 10:00 - 03-10 11:00"]),
        ("DTSTART:20260310T110000Z\nDURATION:-PT1H", ["03-10 10:00 - 03-10 11:00"]),
        (
            "DTSTART;TZID=Europe/Berlin:20260310T110000\nDTEND;TZID=America/New_York:20260310T110000",
            ["03-10 10:00 - 03-10 15:00"],
        ),
        ("DTSTART;VALUE=DATE:20260310", ["03-09 23:00 - 03-10 23:00"]),
        ("DTSTART;VALUE=DATE:20260310\nDTEND;VALUE=DATE:20260310", ["03-09 23:00 - 03-10 23:00"]),
        ("DTSTART;VALUE=DATE:20260310\nDTEND;VALUE=DATE:20260313", ["03-09 23:00 - 03-12 23:00"]),
        ("DTSTART:20260310\nDURATION:P2D", ["03-09 23:00 - 03-11 23:00"]),
        ("DTSTART;VALUE=DATE:20260328\nDURATION:P2D", ["03-27 23:00 - 03-29 22:00"]),
        ("DTSTART;VALUE=DATE:20260310\nDTEND:20260310T120000Z", ["03-09 23:00 - 03-10 12:00"]),
        ("DTSTART:19700101T000000Z\nDTEND:99991231T235959Z", ["01-01 00:00 - 12-31 23:59"]),
    ],
)
def test_start_end_and_duration_in_all_their_forms(busy: BusyTimes, lines: str, expected: list[str]) -> None:
    assert busy(lines) == expected


def test_an_event_that_began_before_the_window_and_lasts_into_it_counts(busy: BusyTimes) -> None:
    assert busy("DTSTART:20251201T000000Z\nDTEND:20260302T000000Z") == ["12-01 00:00 - 03-02 00:00"]


def test_a_repeated_event_longer_than_its_interval_is_found_from_before_the_window(busy: BusyTimes) -> None:
    lines = "DTSTART:20260101T000000Z\nDURATION:P20D\nRRULE:FREQ=MONTHLY;COUNT=3"

    assert busy(lines) == ["03-01 00:00 - 03-21 00:00"]
    assert busy(lines.replace("P20D", "P29D")) == ["02-01 00:00 - 03-02 00:00", "03-01 00:00 - 03-30 00:00"]


# The clock changes: Berlin goes forward on 29 March 2026 at 01:00 UTC


def test_a_series_keeps_its_wall_clock_time_over_the_change(busy: BusyTimes) -> None:
    lines = DAILY.replace("20260310", "20260327") + "RRULE:FREQ=DAILY;COUNT=4"

    assert busy(lines) == [
        "03-27 09:00 - 03-27 10:00",
        "03-28 09:00 - 03-28 10:00",
        "03-29 08:00 - 03-29 09:00",
        "03-30 08:00 - 03-30 09:00",
    ]


def test_a_time_that_the_clock_skips_is_read_with_the_offset_before(busy: BusyTimes) -> None:
    skipped = "DTSTART;TZID=Europe/Berlin:20260329T023000\nDURATION:PT1H"

    assert busy(skipped) == ["03-29 01:30 - 03-29 02:30"]


@pytest.mark.parametrize(("end", "expected"), [("031500", "02:15"), ("033000", "02:30"), ("040000", "02:00")])
def test_an_event_that_begins_in_the_skipped_hour_is_not_lost(busy: BusyTimes, end: str, expected: str) -> None:
    lines = f"DTSTART;TZID=Europe/Berlin:20260329T023000\nDTEND;TZID=Europe/Berlin:20260329T{end}"

    assert busy(lines) == [f"03-29 01:30 - 03-29 {expected}"]


def test_a_time_that_comes_twice_is_the_first_one(busy: BusyTimes, instant: Callable[[str], int]) -> None:
    autumn = Window(instant("2026-10-25"), instant("2026-10-26"))

    assert busy("DTSTART;TZID=Europe/Berlin:20261025T023000\nDURATION:PT30M", window=autumn) == [
        "10-25 00:30 - 10-25 01:00"
    ]


def test_a_night_over_the_change_takes_the_longer_reading(busy: BusyTimes) -> None:
    night = (
        "DTSTART;TZID=Europe/Berlin:20260327T220000\nDTEND;TZID=Europe/Berlin:20260328T060000\nRRULE:FREQ=DAILY;COUNT=2"
    )

    assert busy(night) == ["03-27 21:00 - 03-28 05:00", "03-28 21:00 - 03-29 05:00"]


# The recurrence set


def test_excluded_dates_are_free_however_they_are_written(busy: BusyTimes) -> None:
    master = """RRULE:FREQ=DAILY;COUNT=8
        EXDATE;TZID=Europe/Berlin:20260311T100000,20260312T100000
        EXDATE:20260313T090000Z
        EXDATE;TZID=America/New_York:20260314T050000
        EXDATE;VALUE=DATE:20260315
        EXDATE:20260316T100000"""

    assert busy(series(master), "") == days(10, 17)


@pytest.mark.parametrize("line", ["EXDATE:nonsense", "EXDATE;;:20260310T090000Z", "EXDATE:20260310T091500Z"])
def test_an_exclusion_that_fits_nothing_excludes_nothing(busy: BusyTimes, line: str) -> None:
    assert busy(DAILY + line) == days(10)


def test_all_day_series_exclude_days(busy: BusyTimes) -> None:
    lines = """DTSTART;VALUE=DATE:20260310
        RRULE:FREQ=DAILY;COUNT=4
        EXDATE;VALUE=DATE:20260311
        EXDATE:20260312T000000"""

    assert busy(lines) == ["03-09 23:00 - 03-10 23:00", "03-12 23:00 - 03-13 23:00"]


def test_extra_dates_and_periods_are_added(busy: BusyTimes) -> None:
    lines = """RDATE;TZID=Europe/Berlin:20260312T100000
        RDATE:20260311T090000Z
        RDATE;VALUE=PERIOD:20260313T090000Z/PT3H,20260314T090000Z/20260314T093000Z"""

    assert busy(DAILY + lines) == [*days(10, 11, 12), "03-13 09:00 - 03-13 12:00", "03-14 09:00 - 03-14 09:30"]


def test_the_start_counts_even_where_the_rule_does_not_make_it(busy: BusyTimes) -> None:
    assert busy(DAILY + "RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=2") == days(10, 13, 20)


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20260312T090000Z", 12),
        ("20260312T085959Z", 11),
        ("20260312T100000", 12),
        ("20260312T095959", 11),
        ("20260312", 12),
        ("20260309", 10),
    ],
)
def test_until_is_inclusive_in_every_form(busy: BusyTimes, until: str, last: int) -> None:
    assert busy(DAILY + f"RRULE:FREQ=DAILY;UNTIL={until}") == days(*range(10, last + 1))


@pytest.mark.parametrize("until", ["20260312", "20260312T000000Z", "20260311T230000Z", "20260312T120000"])
def test_until_of_all_day_series_means_the_day(busy: BusyTimes, until: str) -> None:
    lines = f"DTSTART;VALUE=DATE:20260311\nRRULE:FREQ=DAILY;UNTIL={until}"

    assert busy(lines) == ["03-10 23:00 - 03-11 23:00", "03-11 23:00 - 03-12 23:00"]


def test_two_rules_are_joined(busy: BusyTimes) -> None:
    assert busy(DAILY + "RRULE:FREQ=DAILY;COUNT=2\nRRULE:FREQ=WEEKLY;COUNT=2") == days(10, 11, 17)


# Exceptions


def test_a_moved_occurrence_frees_its_old_place(busy: BusyTimes) -> None:
    moved = "RECURRENCE-ID;TZID=Europe/Berlin:20260311T100000\nDTSTART:20260311T150000Z\nDURATION:PT2H"

    assert busy(series("RRULE:FREQ=DAILY;COUNT=3", moved), "") == [
        *days(10),
        "03-11 15:00 - 03-11 17:00",
        *days(12),
    ]


@pytest.mark.parametrize(
    "place", ["RECURRENCE-ID:20260311T090000Z", "RECURRENCE-ID:20260311T100000", "RECURRENCE-ID;VALUE=DATE:20260311"]
)
def test_a_cancelled_occurrence_is_free_however_its_place_is_written(busy: BusyTimes, place: str) -> None:
    cancelled = f"{place}\nDTSTART:20260311T090000Z\nDURATION:PT1H\nSTATUS:CANCELLED"

    assert busy(series("RRULE:FREQ=DAILY;COUNT=3", cancelled), "") == days(10, 12)


def test_an_occurrence_moved_into_the_window_from_far_outside_counts(busy: BusyTimes) -> None:
    moved = "RECURRENCE-ID:20270601T080000Z\nDTSTART:20260320T090000Z\nDURATION:PT1H"

    assert busy(series("RRULE:FREQ=DAILY;COUNT=1", moved), "") == days(10, 20)


def test_an_exception_without_its_master_counts(busy: BusyTimes) -> None:
    assert busy("UID:a\nRECURRENCE-ID:20260311T090000Z\nDTSTART:20260310T090000Z\nDURATION:PT1H") == days(10)


def test_a_series_that_a_server_expanded_counts_each_time_once(busy: BusyTimes) -> None:
    events = "\n".join(
        f"BEGIN:VEVENT\nUID:a\n{place}\nDTSTART:202603{day}T090000Z\nDTEND:202603{day}T100000Z\nEND:VEVENT"
        for day, place in ((10, ""), (11, "RECURRENCE-ID:20260311T090000Z"), (12, "RECURRENCE-ID:20260312T090000Z"))
    )

    assert busy(events, "") == days(10, 11, 12)
    assert busy(events.replace("\n\n", "\nRECURRENCE-ID:20260310T090000Z\n"), "") == days(10, 11, 12)


def test_rules_that_a_server_copied_into_an_exception_are_not_obeyed(busy: BusyTimes) -> None:
    rule = "RRULE:FREQ=DAILY;COUNT=3"
    moved = f"RECURRENCE-ID:20260311T090000Z\nDTSTART:20260315T090000Z\nDURATION:PT1H\n{rule}\nRDATE:20260320T090000Z"

    assert busy(series(rule, moved), "") == days(10, 12, 15)


def test_this_and_future_moves_what_follows(busy: BusyTimes) -> None:
    moved = "RECURRENCE-ID;RANGE=THISANDFUTURE:20260312T090000Z\nDTSTART:20260312T140000Z\nDURATION:PT30M"
    single = "RECURRENCE-ID:20260314T090000Z\nDTSTART:20260314T170000Z\nDURATION:PT15M"

    assert busy(series("RRULE:FREQ=DAILY;COUNT=6", moved, single), "") == [
        *days(10, 11),
        "03-12 14:00 - 03-12 14:30",
        "03-13 14:00 - 03-13 14:30",
        "03-14 17:00 - 03-14 17:15",
        "03-15 14:00 - 03-15 14:30",
    ]


def test_this_and_future_cancelled_ends_the_series(busy: BusyTimes) -> None:
    ended = (
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260312T090000Z\nDTSTART:20260312T090000Z\nDURATION:PT1H\nSTATUS:CANCELLED"
    )

    assert busy(series("RRULE:FREQ=DAILY;COUNT=6", ended), "") == days(10, 11)


def test_this_and_future_makes_a_free_series_busy_from_there_on(busy: BusyTimes) -> None:
    taken = "RECURRENCE-ID;RANGE=THISANDFUTURE:20260312T090000Z\nDTSTART:20260312T090000Z\nDURATION:PT1H"

    assert busy(series("RRULE:FREQ=DAILY;COUNT=4\nTRANSP:TRANSPARENT", taken), "") == days(12, 13)


# Zones


@pytest.mark.parametrize("tzid", ["Nowhere/Land", "Customized Time Zone", "../../etc/passwd", "localtime", "x" * 5000])
def test_an_unknown_zone_could_be_any_and_is_busy_in_all_of_them(busy: BusyTimes, tzid: str) -> None:
    lines = f"DTSTART;TZID={tzid}:20260310T120000\nDTEND;TZID={tzid}:20260310T130000"

    assert busy(lines) == ["03-09 22:00 - 03-11 01:00 unreadable"]


def test_a_series_in_an_unknown_zone_still_has_its_exceptions(busy: BusyTimes) -> None:
    lines = """DTSTART;TZID=Nowhere:20260310T120000
        DURATION:PT1H
        RRULE:FREQ=WEEKLY;COUNT=3
        EXDATE;TZID=Nowhere:20260317T120000"""

    assert busy(lines) == ["03-09 22:00 - 03-11 01:00 unreadable", "03-23 22:00 - 03-25 01:00 unreadable"]


def test_a_free_event_in_an_unknown_zone_is_free(busy: BusyTimes) -> None:
    assert busy("TRANSP:TRANSPARENT\nDTSTART;TZID=Nowhere:20260310T120000\nDURATION:PT1H") == []


def test_an_end_in_an_unknown_zone_is_as_late_as_it_can_be(busy: BusyTimes) -> None:
    lines = "DTSTART:20260310T120000Z\nDTEND;TZID=Nowhere:20260310T130000"

    assert busy(lines) == ["03-10 12:00 - 03-11 01:00"]
