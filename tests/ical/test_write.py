from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.calendar import Event, Window
from hub.ical.child import Expander
from hub.ical.read import busy_from_ical, event_from_ical
from hub.ical.write import LONGEST_DESCRIPTION, LONGEST_LINE_TEXT, event_to_ical

START = 1_773_133_200  # 10 March 2026, 09:00 UTC
NASTY = "Ada\r\nATTENDEE:mailto:cyd@example.org\r\nEND:VEVENT\r\nBEGIN:VEVENT\nORGANIZER:x\rATTACH:file:///etc/passwd"


def event(**changes: object) -> Event:
    values = {"uid": "ours", "start": START, "end": START + 3600, "zone": "Europe/Berlin", "summary": "Visit"}
    return Event(**{**values, **changes})  # type: ignore[arg-type]


def lines_of(text: bytes) -> list[str]:
    return icalendar.parser.Contentlines.from_ical(text.decode())[:-1]


def names(text: bytes) -> set[str]:
    return {line.split(":")[0].split(";")[0] for line in lines_of(text)}


def test_an_event_says_when_what_and_where_and_nothing_else() -> None:
    text = event_to_ical(event(description="Boiler\nCellar", location="Main St 1", sequence=3), now=1_772_000_000)

    body = lines_of(text)
    assert [line for line in body if line.startswith("DTSTART;")] == ["DTSTART;TZID=Europe/Berlin:20260310T100000"]
    assert set(body[body.index("BEGIN:VEVENT") : -1]) == {
        "BEGIN:VEVENT",
        "UID:ours",
        "DTSTAMP:20260225T061320Z",
        "DTSTART;TZID=Europe/Berlin:20260310T100000",
        "DTEND;TZID=Europe/Berlin:20260310T110000",
        "SEQUENCE:3",
        "SUMMARY:Visit",
        "DESCRIPTION:Boiler\\nCellar",
        "LOCATION:Main St 1",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "END:VEVENT",
    }
    assert body[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Frontdesk//Integration hub//EN"]


@pytest.mark.parametrize("field", ["uid", "summary", "description", "location"])
def test_no_text_can_become_a_property(field: str) -> None:
    text = event_to_ical(event(description="a", location="b"), now=0)

    nasty = event_to_ical(event(**{"description": "a", "location": "b", field: NASTY}), now=0)

    assert names(nasty) == names(text)
    assert len(icalendar.Calendar.from_ical(nasty).events) == 1


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=400),
    st.text(st.sampled_from('\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\t :;,\\"Aü😀\ud800\0'), max_size=300),
)
def test_any_text_stays_inside_its_line_for_every_way_of_cutting_lines(first: str, second: str) -> None:
    text = event_to_ical(event(summary=first, description=second, location=first + second), now=0)

    decoded = text.decode("utf-8")
    assert decoded.count("\r") == decoded.count("\n") == decoded.count("\r\n")
    physical = decoded.splitlines()
    assert len(physical) == decoded.count("\r\n")
    assert all(len(line.encode()) <= 75 for line in physical)
    logical = names(text)
    assert logical <= {*names(event_to_ical(event(description="a", location="b"), now=0))}


def test_long_texts_are_cut_where_it_is_documented() -> None:
    text = event_to_ical(event(summary="ü" * 10_000, description="d" * 10_000, location="l" * 10_000), now=0)

    (read,) = icalendar.Calendar.from_ical(text).events
    assert read["SUMMARY"] == "ü" * (LONGEST_LINE_TEXT - 1) + "…"
    assert read["DESCRIPTION"] == "d" * (LONGEST_DESCRIPTION - 1) + "…"
    assert len(read["LOCATION"]) == LONGEST_LINE_TEXT


def test_the_hour_that_comes_twice_is_written_in_utc() -> None:
    second_time = int(datetime(2026, 10, 25, 1, 30, tzinfo=UTC).timestamp())

    text = event_to_ical(event(start=second_time, end=second_time + 3600), now=0)

    assert "DTSTART:20261025T013000Z" in lines_of(text)
    assert b"VTIMEZONE" not in text


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "", "Nowhere/Land", "x\r\nATTENDEE:y"])
def test_without_a_zone_of_its_own_an_event_is_written_in_utc(zone: str) -> None:
    text = event_to_ical(event(zone=zone), now=0)

    assert "DTSTART:20260310T090000Z" in lines_of(text)
    assert b"VTIMEZONE" not in text


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(0, 4_000_000_000),
    length=st.integers(1, 40 * 3600),
    zone=st.sampled_from(sorted(zoneinfo.available_timezones())),
    summary=st.text(max_size=80),
    sequence=st.integers(0, 1000),
)
def test_what_is_written_is_read_back_as_the_same_span(
    expander: Expander, start: int, length: int, zone: str, summary: str, sequence: int
) -> None:
    ours = event(start=start, end=start + length, zone=zone, summary=summary, sequence=sequence)
    text = event_to_ical(ours, now=0)
    window = Window(max(start - 86_400, 0), start + length + 86_400)

    ((found,),) = busy_from_ical([text], window, zone="", expander=expander)
    again = event_from_ical(text, "ours", expander=expander)

    assert (found.start, found.end, found.kind, found.uid) == (start, start + length, "busy", "ours")
    assert again is not None
    assert (again.start, again.end, again.sequence, again.cancelled) == (start, start + length, sequence, False)
