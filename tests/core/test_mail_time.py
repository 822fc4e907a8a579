"""Times written out, in the reader's zone."""

from __future__ import annotations

import pytest

from hub.core.mail_time import spell_span, spell_time

MONDAY = 1_805_094_000  # 2027-03-15 07:00 UTC
HOUR = 3600


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Europe/Berlin", "Monday, 15 March 2027, 8:00 am to 8:30 am CET (Europe/Berlin)"),
        ("America/New_York", "Monday, 15 March 2027, 3:00 am to 3:30 am EDT (America/New_York)"),
        ("Pacific/Kiritimati", "Monday, 15 March 2027, 9:00 pm to 9:30 pm UTC+14 (Pacific/Kiritimati)"),
        ("Asia/Kathmandu", "Monday, 15 March 2027, 12:45 pm to 1:15 pm UTC+0545 (Asia/Kathmandu)"),
        ("UTC", "Monday, 15 March 2027, 7:00 am to 7:30 am UTC"),
        ("Nowhere/Land", "Monday, 15 March 2027, 7:00 am to 7:30 am UTC"),
        ("", "Monday, 15 March 2027, 7:00 am to 7:30 am UTC"),
    ],
)
def test_a_span_is_written_with_weekday_date_clock_and_zone(zone: str, text: str) -> None:
    assert spell_span(MONDAY, MONDAY + 1800, zone) == text


def test_midnight_and_noon_are_twelve() -> None:
    assert spell_time(MONDAY + 5 * HOUR, "UTC") == "Monday, 15 March 2027, 12:00 pm UTC"
    assert spell_time(MONDAY - 7 * HOUR, "UTC") == "Monday, 15 March 2027, 12:00 am UTC"


def test_a_span_over_midnight_names_both_days() -> None:
    late = MONDAY + 15 * HOUR + 1800
    wanted = "Monday, 15 March 2027, 10:30 pm to Tuesday, 16 March 2027, 12:30 am UTC"
    assert spell_span(late, late + 2 * HOUR, "UTC") == wanted


def test_a_span_over_a_clock_change_says_which_clock_is_meant_at_each_end() -> None:
    change = 1_806_195_600  # 2027-03-28 01:00 UTC
    wanted = "Sunday, 28 March 2027, 1:30 am CET to 3:30 am CEST (Europe/Berlin)"
    assert spell_span(change - 1800, change + 1800, "Europe/Berlin") == wanted
