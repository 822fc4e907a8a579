from __future__ import annotations

import io
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st

from hub.core.calendar import Event, Window
from hub.ical.moments import DefinedZone, Moment, Moments, Period
from hub.ical.objects import Component, calendars_in
from hub.ical.write import event_to_ical
from hub.ical.zones import seconds

BusyTimes = Callable[..., list[str]]
Wrap = Callable[..., bytes]

NOON = "DTSTART;TZID={}:20260310T120000\nDURATION:PT1H"
FIXED = """BEGIN:VTIMEZONE
TZID:{}
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0000
TZOFFSETTO:{}
END:STANDARD
END:VTIMEZONE"""
NEW_YORK = """BEGIN:VTIMEZONE
TZID:Mine
BEGIN:STANDARD
DTSTART:16010101T020000
RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
END:VTIMEZONE"""


def defined(text: str, low: datetime = datetime(2025, 1, 1), high: datetime = datetime(2027, 12, 31)) -> DefinedZone:
    calendar = calendars_in(f"BEGIN:VCALENDAR\n{text}\nEND:VCALENDAR".encode())[0]
    return DefinedZone(next(calendar.inner("VTIMEZONE")), low, high)


def test_a_zone_that_the_object_defines_is_used(busy: BusyTimes) -> None:
    assert busy(NOON.format("Mine"), around=FIXED.format("Mine", "+0530")) == ["03-10 06:30 - 03-10 07:30"]


def test_what_one_object_defines_means_nothing_in_the_next(busy: BusyTimes) -> None:
    assert busy(NOON.format("Mine"), around=FIXED.format("Mine", "+0530")) == ["03-10 06:30 - 03-10 07:30"]
    assert busy(NOON.format("Mine"), around=FIXED.format("Mine", "-0300")) == ["03-10 15:00 - 03-10 16:00"]
    assert busy(NOON.format("Mine")) == ["03-09 22:00 - 03-11 01:00 unreadable"]


def test_a_known_name_beats_a_definition_and_a_definition_beats_the_end_of_a_path(busy: BusyTimes) -> None:
    assert busy(NOON.format("Asia/Tokyo"), around=FIXED.format("Asia/Tokyo", "-0300")) == ["03-10 03:00 - 03-10 04:00"]
    assert busy(NOON.format("/x/Asia/Tokyo"), around=FIXED.format("/x/Asia/Tokyo", "-0300")) == [
        "03-10 15:00 - 03-10 16:00"
    ]
    assert busy(NOON.format("/x/Asia/Tokyo")) == ["03-10 03:00 - 03-10 04:00"]


def test_a_definition_may_say_which_place_it_means(busy: BusyTimes) -> None:
    around = FIXED.format("Mine", "-0300").replace("TZID:Mine", "TZID:Mine\nX-LIC-LOCATION:Asia/Tokyo")

    assert busy(NOON.format("Mine"), around=around) == ["03-10 03:00 - 03-10 04:00"]


@pytest.mark.parametrize(
    "broken",
    [
        "BEGIN:VTIMEZONE\nTZID:Mine\nEND:VTIMEZONE",
        FIXED.format("Mine", "0530"),
        FIXED.format("Mine", "+9900"),
        FIXED.format("Mine", "+0100").replace("DTSTART:19700101T000000\n", ""),
        FIXED.format("Mine", "+0100").replace("END:STANDARD", "RRULE:FREQ=SECONDLY\nEND:STANDARD"),
        FIXED.format("Mine", "+0100").replace("END:STANDARD", "RRULE:nonsense\nEND:STANDARD"),
        FIXED.format("Mine", "+0100").replace("END:STANDARD", "RDATE:nonsense\nEND:STANDARD"),
        "BEGIN:VTIMEZONE\nTZID;TZID=Mine:Mine\nBEGIN:STANDARD\nDTSTART;TZID=Mine:x\nEND:STANDARD\nEND:VTIMEZONE",
    ],
)
def test_a_zone_that_is_defined_badly_is_an_unknown_one(busy: BusyTimes, broken: str) -> None:
    assert busy(NOON.format("Mine"), around=broken) == ["03-09 22:00 - 03-11 01:00 unreadable"]


@pytest.mark.parametrize(
    ("wall", "utc"),
    [
        (datetime(2026, 3, 8, 1, 59), datetime(2026, 3, 8, 6, 59)),
        (datetime(2026, 3, 8, 2, 30), datetime(2026, 3, 8, 7, 30)),  # skipped: the offset from before
        (datetime(2026, 3, 8, 3, 0), datetime(2026, 3, 8, 7, 0)),
        (datetime(2026, 7, 1, 12, 0), datetime(2026, 7, 1, 16, 0)),
        (datetime(2026, 11, 1, 1, 30), datetime(2026, 11, 1, 5, 30)),  # twice: the first
        (datetime(2026, 11, 1, 2, 0), datetime(2026, 11, 1, 7, 0)),
    ],
)
def test_a_defined_zone_reads_the_skipped_and_the_repeated_hour_as_a_named_one(wall: datetime, utc: datetime) -> None:
    assert defined(NEW_YORK).utc(wall) == (seconds(utc), seconds(utc))


@given(st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)))
def test_a_defined_zone_agrees_with_the_database(wall: datetime) -> None:
    wall = wall.replace(second=0, microsecond=0)
    expected = int(wall.replace(tzinfo=zoneinfo.ZoneInfo("America/New_York")).timestamp())

    assert defined(NEW_YORK).utc(wall) == (expected, expected)


@given(
    st.sampled_from(("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata")),
    st.integers(1_700_000_000, 2_000_000_000),
)
def test_the_zones_that_we_write_are_right_by_their_rules_alone(name: str, instant: int) -> None:
    text = event_to_ical(Event("u", instant, instant + 3600, name, "x"), now=0).decode()
    body = text[text.index("BEGIN:VTIMEZONE") : text.index("BEGIN:VEVENT")]
    wall = datetime.fromtimestamp(instant, zoneinfo.ZoneInfo(name)).replace(tzinfo=None)
    expected = int(wall.replace(tzinfo=zoneinfo.ZoneInfo(name)).timestamp())

    assert defined(body, wall - timedelta(days=30), wall + timedelta(days=30)).utc(wall) == (expected, expected)
    other = tzical(io.StringIO(body.replace("\r\n", "\n"))).get()
    assert datetime.fromtimestamp(instant, UTC).astimezone(other).replace(tzinfo=None) == wall


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Tokyo", ["03-09 15:00 - 03-10 15:00", "03-10 03:00 - 03-10 04:00"]),
        ("", ["03-09 10:00 - 03-11 12:00 unreadable", "03-09 22:00 - 03-11 01:00 unreadable"]),
    ],
)
def test_dates_and_floating_times_belong_to_the_calendars_zone(busy: BusyTimes, zone: str, expected: list[str]) -> None:
    events = """BEGIN:VEVENT
        UID:a
        DTSTART;VALUE=DATE:20260310
        END:VEVENT
        BEGIN:VEVENT
        UID:b
        DTSTART:20260310T120000
        DURATION:PT1H
        END:VEVENT"""

    assert busy(events, "", zone=zone) == expected


def test_a_feed_may_name_its_zone_itself(busy: BusyTimes) -> None:
    floating = "DTSTART:20260310T120000\nDURATION:PT1H"

    assert busy(floating, around="X-WR-TIMEZONE:Asia/Tokyo") == ["03-10 03:00 - 03-10 04:00"]
    assert busy(floating, around="X-WR-TIMEZONE:Nowhere") == ["03-10 11:00 - 03-10 12:00"]


def test_days_begin_when_the_clock_skips_midnight(busy: BusyTimes, instant: Callable[[str], int]) -> None:
    window = Window(instant("2026-04-01"), instant("2026-05-01"))

    # Egypt's clocks go from 00:00 to 01:00 on 24 April 2026.
    assert busy("DTSTART;VALUE=DATE:20260424", zone="Africa/Cairo", window=window) == ["04-23 22:00 - 04-24 21:00"]


@pytest.mark.parametrize("value", ["20260310T115960Z", "20260310t115959z"])
def test_leap_seconds_and_small_letters_are_understood(busy: BusyTimes, value: str) -> None:
    assert busy(f"DTSTART:{value}\nDTEND:20260310T123000Z") == ["03-10 11:59 - 03-10 12:30"]


def test_values_that_no_calendar_has_are_refused(march: Window, wrap: Wrap) -> None:
    calendar = calendars_in(wrap("DTSTART:20260230\nDTEND:20260310T240000Z\nRDATE:20260310T1000/PT1H"))[0]
    moments, event = Moments(calendar, "", march), next(calendar.inner("VEVENT"))

    for name in ("DTSTART", "DTEND", "RDATE"):
        line = event.first(name)
        assert line is not None
        with pytest.raises(ValueError, match=r"\d"):
            moments.read(line)


def test_a_list_may_hold_dates_times_and_periods(march: Window) -> None:
    calendar = calendars_in(
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nRDATE:20260310,20260311T100000Z,20260312T100000Z/PT1H\nEND:VEVENT\nEND:VCALENDAR"
    )[0]
    event: Component = next(calendar.inner("VEVENT"))
    line = event.first("RDATE")
    assert line is not None

    day, moment, period = Moments(calendar, "UTC", march).read_all(line)

    assert isinstance(day, Moment)
    assert day.whole_day
    assert isinstance(moment, Moment)
    assert moment.earliest == moment.latest == seconds(datetime(2026, 3, 11, 10))
    assert isinstance(period, Period)
    assert period.end == timedelta(hours=1)
