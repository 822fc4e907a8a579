from __future__ import annotations

import pytest

from hub.core.errors import InputError
from hub.ical.objects import calendars_in


def test_a_text_becomes_a_tree_of_components_with_their_lines() -> None:
    (calendar,) = calendars_in(
        b'\xef\xbb\xbfBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\n b\r\ndtstart;tzid="Europe/Berlin";X=1:20260310\r\n'
        b"BEGIN:VALARM\r\nUID:c\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    (event,) = calendar.inner("VEVENT")
    start = event.first("DTSTART")

    assert [line.value for line in event.all("UID")] == ["ab"]
    assert start is not None
    assert (start.params["TZID"], start.value) == ("Europe/Berlin", "20260310")
    assert [child.name for child in event.children] == ["VALARM"]


def test_plain_line_feeds_and_small_letters_are_understood() -> None:
    (calendar,) = calendars_in(b"begin:vcalendar\nbegin:vevent\nstatus:cancelled\nend:vevent\nend:vcalendar")

    assert next(calendar.inner("VEVENT")).word("STATUS") == "CANCELLED"


def test_what_does_not_decide_about_time_is_not_kept() -> None:
    (calendar,) = calendars_in(
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:secret\nDESCRIPTION:secret\nLOCATION:secret\n;;;garbage\nEND:VEVENT\n"
        b"END:VCALENDAR"
    )

    assert "secret" not in repr(calendar)


def test_a_broken_line_that_matters_is_refused_when_it_is_asked_for() -> None:
    (calendar,) = calendars_in(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;;=:2026\nEND:VEVENT\nEND:VCALENDAR")

    with pytest.raises(ValueError, match="DTSTART"):
        next(calendar.inner("VEVENT")).first("DTSTART")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html></html>",
        b"BEGIN:VCALENDAR",
        b"END:VCALENDAR",
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT",
        b"BEGIN:VEVENT\nEND:VEVENT",
        b"BEGIN:VCALENDAR\n" * 9 + b"END:VCALENDAR\n" * 9,
    ],
)
def test_what_is_no_complete_calendar_is_refused(text: bytes) -> None:
    with pytest.raises(InputError):
        calendars_in(text)
