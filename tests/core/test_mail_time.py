"""Times written out, in the reader's zone."""

from __future__ import annotations

import pytest

from hub.core.mail_time import spell_end, spell_span, spell_time

MONDAY = 1_805_094_000  # 2027-03-15 07:00 UTC
HOUR = 3600


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Europe/Berlin", "Monday, 15 March 2027, 08:00 to 08:30 CET (Europe/Berlin)"),
        ("America/New_York", "Monday, 15 March 2027, 3:00 am to 3:30 am EDT (America/New_York)"),
        ("Pacific/Kiritimati", "Monday, 15 March 2027, 21:00 to 21:30 UTC+14 (Pacific/Kiritimati)"),
        ("Asia/Kathmandu", "Monday, 15 March 2027, 12:45 to 13:15 UTC+0545 (Asia/Kathmandu)"),
        ("UTC", "Monday, 15 March 2027, 07:00 to 07:30 UTC"),
        ("Nowhere/Land", "Monday, 15 March 2027, 07:00 to 07:30 UTC"),
        ("", "Monday, 15 March 2027, 07:00 to 07:30 UTC"),
    ],
)
def test_a_span_is_written_with_weekday_date_clock_and_zone(zone: str, text: str) -> None:
    assert spell_span(MONDAY, MONDAY + 1800, zone) == text


def test_midnight_and_noon_are_twelve() -> None:
    new_york = "America/New_York"
    assert spell_time(MONDAY + 9 * HOUR, new_york) == "Monday, 15 March 2027, 12:00 pm EDT (America/New_York)"
    assert spell_time(MONDAY - 3 * HOUR, new_york) == "Monday, 15 March 2027, 12:00 am EDT (America/New_York)"


def test_the_business_says_how_the_clock_is_written_and_the_reader_in_which_zone() -> None:
    abroad = "Monday, 15 March 2027, 13:00 EDT (America/New_York)"
    assert spell_time(MONDAY + 10 * HOUR, "America/New_York", "Europe/Berlin") == abroad
    assert spell_span(MONDAY, MONDAY + HOUR, "Europe/Berlin", "America/New_York").startswith(
        "Monday, 15 March 2027, 8:00 am to 9:00 am CET"
    )


def test_a_span_over_midnight_names_both_days() -> None:
    late = MONDAY + 15 * HOUR + 1800
    wanted = "Monday, 15 March 2027, 22:30 to Tuesday, 16 March 2027, 00:30 UTC"
    assert spell_span(late, late + 2 * HOUR, "UTC") == wanted


def test_a_span_over_a_clock_change_says_which_clock_is_meant_at_each_end() -> None:
    change = 1_806_195_600  # 2027-03-28 01:00 UTC
    wanted = "Sunday, 28 March 2027, 01:30 CET to 03:30 CEST (Europe/Berlin)"
    assert spell_span(change - 1800, change + 1800, "Europe/Berlin") == wanted


def test_what_ends_at_midnight_ends_with_the_day_before() -> None:
    midnight = 1_805_065_200  # the 15th of March 2027, 00:00 in Berlin
    assert spell_end(midnight, "Europe/Berlin") == "Sunday, 14 March 2027, 23:59 CET (Europe/Berlin)"
    assert spell_end(midnight, "Asia/Tokyo") == "Monday, 15 March 2027, 08:00 JST (Asia/Tokyo)"
