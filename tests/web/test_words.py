from __future__ import annotations

import pytest

from hub.core.booking import State
from hub.web import words
from tests.world import DAY, HOUR, MINUTE, MONDAY


def test_an_instant_is_told_in_the_readers_zone() -> None:
    assert words.day(MONDAY, "Europe/Berlin") == "Monday, 15 March 2027"
    assert words.short_day(MONDAY, "Pacific/Kiritimati") == "Mon 15 Mar"
    assert words.short_day(MONDAY, "Pacific/Pago_Pago") == "Sun 14 Mar"
    assert words.clock(MONDAY, "Europe/Berlin") == "08:00"
    assert words.clock(MONDAY, "Asia/Kathmandu") == "12:45"
    assert words.moment(MONDAY, "Europe/Berlin") == "Mon 15 Mar 2027, 08:00"
    assert words.until(MONDAY - 8 * HOUR, "Europe/Berlin") == "Sun 14 Mar 2027, 23:59"
    assert words.until(MONDAY, "Europe/Berlin") == "Mon 15 Mar 2027, 08:00"
    assert words.day_minute(9 * 60, "Europe/Berlin") == "09:00"
    assert words.closing(MONDAY - 8 * HOUR, "Europe/Berlin") == "24:00"
    assert words.local_hour(MONDAY, "Europe/Berlin") == 8
    assert words.iso(MONDAY) == "2027-03-15T07:00:00Z"


def test_the_business_decides_how_the_clock_is_written_wherever_the_reader_is() -> None:
    assert words.clock(MONDAY, "America/New_York") == "3:00 am"
    assert words.clock(MONDAY, "America/New_York", "Europe/Berlin") == "03:00"
    assert words.moment(MONDAY, "Europe/Berlin", "America/New_York") == "Mon 15 Mar 2027, 8:00 am"
    assert words.closing(MONDAY - 3 * HOUR, "America/New_York") == "12:00 am"
    assert words.day_minute(1440, "America/New_York") == "12:00 am"
    assert words.day_minute(1440, "Europe/Berlin") == "24:00"


def test_a_telephone_number_is_written_for_people() -> None:
    assert words.phone("+4930901820", "DE") == "030 901820"
    assert words.phone("+4930901820", "US") == words.phone("+4930901820") == "+49 30 901820"


@pytest.mark.parametrize("instant", [None, 0])
def test_no_instant_is_a_dash_and_never(instant: int | None) -> None:
    assert words.moment(instant, "UTC") == "\u2013"
    assert words.ago(instant, MONDAY) == "never"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "none"),
        (0, "none"),
        (45, "45 s"),
        (90 * MINUTE, "1 h 30 min"),
        (DAY, "1 day"),
        (2 * DAY + 5 * MINUTE + 3, "2 days 5 min"),
        (DAY + HOUR + MINUTE, "1 day 1 h"),
    ],
)
def test_a_length_has_at_most_two_units(seconds: int, text: str) -> None:
    assert words.span(seconds) == text


@pytest.mark.parametrize(
    ("gone", "text"), [(-90, "just now"), (4, "just now"), (45, "45 s ago"), (3661, "1 h ago"), (3 * DAY, "3 days ago")]
)
def test_how_long_ago_is_told_in_one_unit(gone: int, text: str) -> None:
    assert words.ago(MONDAY - gone, MONDAY) == text


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "UTC+0"),
        ("Europe/Berlin", "UTC+1"),
        ("America/New_York", "UTC-4"),
        ("Asia/Kolkata", "UTC+5:30"),
        ("America/St_Johns", "UTC-2:30"),
    ],
)
def test_an_offset_is_told_with_its_sign(zone: str, text: str) -> None:
    assert words.offset(MONDAY, zone) == text


def test_a_zone_is_named_by_its_place() -> None:
    assert words.zone_name("America/New_York") == "New York (America)"
    assert words.zone_name("America/Argentina/Buenos_Aires") == "Argentina/Buenos Aires (America)"
    assert words.zone_name("UTC") == "UTC"


def test_machine_words_are_written_as_people_write_them() -> None:
    assert words.words("needs_reconnect") == "needs reconnect"
    assert words.words(State.CONFIRMED) == "confirmed"


@pytest.mark.parametrize("state", State)
def test_every_state_of_a_booking_has_a_tone(state: State) -> None:
    assert words.tone(state) in {"good", "info", "warn", "bad", "quiet"}
    assert state in words._TONES


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Windows"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36 Edg/131.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Safari/604.1", "Safari on iPhone"),
        ("curl/8.5.0", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_device_is_told_in_two_words(text: str, told: str) -> None:
    assert words.device(text) == told
