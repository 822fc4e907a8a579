from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.ical.zones import UTC as UTC_ZONE
from hub.ical.zones import NamedZone, UnknownZone, naive, seconds, zone_at_end_of, zone_named, zone_of_calendar


@pytest.mark.parametrize(
    ("tzid", "key"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/berlin ", "Europe/Berlin"),
        ("/Europe/Berlin", "Europe/Berlin"),
        ("UTC", "UTC"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Eastern Standard Time", "America/New_York"),
        ("US/Eastern", "US/Eastern"),
    ],
)
def test_zones_are_known_by_iana_and_windows_names(tzid: str, key: str) -> None:
    zone = zone_named(tzid)

    assert zone is not None
    assert zone.rules.key == key


@pytest.mark.parametrize(
    "tzid", ["", "Nowhere", "../../etc/passwd", "localtime", "Factory", "posixrules", "\0", "a" * 10_000]
)
def test_other_names_are_no_zones(tzid: str) -> None:
    assert zone_named(tzid) is None
    assert zone_at_end_of(tzid) is None


@pytest.mark.parametrize(
    ("tzid", "key"),
    [
        ("/mozilla.org/20050126_1/Europe/Berlin", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/Tzfile/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("vendor.example/Europe/Berlin", "Europe/Berlin"),
        ("/vendor.example/UTC", "UTC"),
        ("vendor.example/UTC", ""),
        ("/vendor.example/Berlin", ""),
        ("/" * 5000 + "Europe/Berlin" + "/" * 5000, ""),
    ],
)
def test_a_path_may_end_in_a_name(tzid: str, key: str) -> None:
    zone = zone_at_end_of(tzid)

    assert (zone.rules.key if zone else "") == key


def test_a_named_zone_reads_the_skipped_and_the_repeated_hour_as_the_rfc_says() -> None:
    berlin = NamedZone(zoneinfo.ZoneInfo("Europe/Berlin"))

    assert naive(berlin.utc(datetime(2026, 3, 29, 2, 30))[0]) == datetime(2026, 3, 29, 1, 30)
    assert naive(berlin.utc(datetime(2026, 10, 25, 2, 30))[0]) == datetime(2026, 10, 25, 0, 30)


@given(st.sampled_from(sorted(zoneinfo.available_timezones())), st.integers(0, 4_000_000_000))
def test_an_unknown_zone_is_as_wide_as_every_zone_there_is(name: str, instant: int) -> None:
    wall = datetime.fromtimestamp(instant, zoneinfo.ZoneInfo(name)).replace(tzinfo=None, microsecond=0)

    earliest, latest = UnknownZone("?").utc(wall)

    assert earliest <= instant <= latest


@given(st.integers(-10_000_000_000, 4_000_000_000))
def test_naive_and_seconds_undo_each_other(instant: int) -> None:
    assert seconds(naive(instant)) == instant
    assert UTC_ZONE.utc(naive(instant)) == (instant, instant)
    assert naive(instant) == datetime.fromtimestamp(instant, UTC).replace(tzinfo=None)


TIMEZONE = "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\n{}\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (TIMEZONE.format("TZID:Europe/Berlin"), "Europe/Berlin"),
        (TIMEZONE.format("TZID:W. Europe Standard Time"), "Europe/Berlin"),
        (TIMEZONE.format("TZID:/mozilla.org/1/Europe/Berlin"), "Europe/Berlin"),
        (TIMEZONE.format("TZID:Mine\r\nX-LIC-LOCATION:Europe/Berlin"), "Europe/Berlin"),
        (TIMEZONE.format("tzid;X-A=b:Europe/\r\n Berlin"), "Europe/Berlin"),
        (TIMEZONE.format("TZID:Mine"), ""),
        (TIMEZONE.format("X-TZID:Europe/Berlin"), ""),
        ("Europe/Berlin", "Europe/Berlin"),
        ("", ""),
        ("<html>", ""),
        ("TZID:" * 1_000_000, ""),
        ("\r\n " * 1_000_000, ""),
    ],
    ids=range(12),
)
def test_the_zone_of_a_calendar_is_found_in_its_property(text: str, name: str) -> None:
    assert zone_of_calendar(text) == name
    assert zone_of_calendar(text.encode()) == name
