"""The time of day with 24 hours or with 12, by the habit of a place."""

from __future__ import annotations

from importlib.resources import files
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.clock_style import TWELVE, clock_text, has_twelve

ZONE_TAB = files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
COUNTRY_OF = {
    row[2]: row[0] for row in (line.split("\t") for line in ZONE_TAB.splitlines() if not line.startswith("#"))
}
AREAS = {"AQ", "AS", "GU", "MP", "PR", "UM", "VI"}
"""Areas without a habit of their own: some of their zones are those of the countries that they belong to."""


@pytest.mark.parametrize("country", sorted(TWELVE))
def test_every_zone_of_a_country_with_am_and_pm_is_known(country: str) -> None:
    zones = [zone for zone, of in COUNTRY_OF.items() if of == country]
    assert zones
    assert [zone for zone in zones if not has_twelve(zone)] == []


def test_no_zone_of_another_country_has_am_and_pm() -> None:
    found = {COUNTRY_OF[zone] for zone in available_timezones() if zone in COUNTRY_OF and has_twelve(zone)}
    assert found - AREAS == TWELVE


@pytest.mark.parametrize("zone", ["", "UTC", "Etc/GMT+5", "Europe/Berlin", "Europe/London", "Nowhere/Land", "America/"])
def test_what_is_no_place_with_that_habit_has_24_hours(zone: str) -> None:
    assert not has_twelve(zone)


@pytest.mark.parametrize("zone", ["US/Eastern", "Canada/Pacific", "Asia/Calcutta", "America/Indiana/Knox", "NZ"])
def test_old_names_of_a_zone_have_the_habit_of_the_new_one(zone: str) -> None:
    assert has_twelve(zone)


@given(st.integers(0, 23), st.integers(0, 59))
def test_both_ways_of_writing_mean_the_same_time(hour: int, minute: int) -> None:
    assert clock_text(hour, minute, twelve=False) == f"{hour:02}:{minute:02}"
    clock, half = clock_text(hour, minute, twelve=True).split(" ")
    shown, minutes = clock.split(":")
    assert int(shown) % 12 + (12 if half == "pm" else 0) == hour
    assert int(minutes) == minute
    assert 1 <= int(shown) <= 12
    assert len(minutes) == 2


@given(st.integers(0, 1439), st.integers(0, 1439), st.booleans())
def test_two_times_of_a_day_are_never_written_alike(one: int, other: int, twelve: bool) -> None:
    texts = [clock_text(*divmod(minute, 60), twelve=twelve) for minute in (one, other)]
    assert (texts[0] == texts[1]) == (one == other)


def test_the_end_of_a_day_is_24_00_or_midnight() -> None:
    assert clock_text(24, 0, twelve=False) == "24:00"
    assert clock_text(24, 0, twelve=True) == "12:00 am"
