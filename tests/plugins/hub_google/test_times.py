"""What an event of Google's means for free and busy: whatever makes no sense is busy."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.plugin import Busy, BusyKind, Window
from hub_google.event_ids import MOST, event_id, uid_of
from hub_google.times import busy_of, moment_of, span_of, text_of, zone_of

DAY = 86_400
START = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp())
WINDOW = Window(START - DAY, START + 3 * DAY)
NINE = {"start": {"dateTime": "2026-12-01T10:00:00+01:00"}, "end": {"dateTime": "2026-12-01T10:00:00Z"}}


def busy(**event: Any) -> tuple[Busy, ...]:
    return busy_of({"id": "x", **NINE, **event}, "Europe/Berlin", WINDOW)


def mine(answer: str, **more: Any) -> dict[str, Any]:
    return {"attendees": [{"responseStatus": "accepted"}, {"self": True, "responseStatus": answer}], **more}


def test_an_event_is_busy_at_its_very_times() -> None:
    assert busy() == (Busy(START + 9 * 3600, START + 10 * 3600),)


@pytest.mark.parametrize(
    "event",
    [
        {"status": "cancelled"},
        {"transparency": "transparent"},
        {"eventType": "workingLocation"},
        mine("declined"),
        {"start": {"dateTime": "2026-12-09T10:00:00Z"}, "end": {"dateTime": "2026-12-09T11:00:00Z"}},
        {"end": NINE["start"]},
    ],
)
def test_what_takes_no_time_is_free(event: dict[str, Any]) -> None:
    assert busy(**event) == ()


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"eventType": "outOfOffice"}, BusyKind.BUSY),
        ({"eventType": "focusTime"}, BusyKind.BUSY),
        ({"eventType": "somethingNew"}, BusyKind.BUSY),
        ({"status": "tentative"}, BusyKind.TENTATIVE),
        (mine("tentative"), BusyKind.TENTATIVE),
        (mine("needsAction"), BusyKind.UNANSWERED),
        (mine("accepted"), BusyKind.BUSY),
        ({"attendees": [{"responseStatus": "declined"}]}, BusyKind.BUSY),
        ({"attendees": "many"}, BusyKind.BUSY),
    ],
)
def test_what_takes_time_says_how_sure_it_is(event: dict[str, Any], kind: BusyKind) -> None:
    assert [one.kind for one in busy(**event)] == [kind]


def test_a_day_is_one_of_the_calendars_zone_and_wider_where_that_is_unknown() -> None:
    day = {"start": {"date": "2026-12-01"}, "end": {"date": "2026-12-02"}}
    assert span_of(day, "Europe/Berlin") == (START - 3600, START + DAY - 3600)
    assert span_of(day, "America/New_York") == (START + 5 * 3600, START + DAY + 5 * 3600)
    assert span_of(day, "Olympus Mons") == (START - 14 * 3600, START + DAY + 14 * 3600)


@pytest.mark.parametrize(
    "event",
    [
        {"start": None},
        {"start": {}},
        {"start": {"dateTime": "2026-12-01T10:00:00"}},
        {"start": {"dateTime": "2026-13-45T99:99:99Z"}},
        {"start": {"dateTime": 7}},
        {"start": {"date": "yesterday"}},
        {"start": {"date": "0000-00-00"}},
        {"end": {"dateTime": "2025-01-01T00:00:00Z"}},
        {"end": []},
        {"start": {"dateTime": "9" * 50}},
    ],
)
def test_what_makes_no_sense_is_busy_for_the_whole_window(event: dict[str, Any]) -> None:
    assert busy(**event) == (Busy(WINDOW.start, WINDOW.end, BusyKind.UNREADABLE),)


@pytest.mark.parametrize("value", ["", "Olympus Mons", "../../etc/passwd", "/etc/passwd", "x" * 99, None, 7, "a b"])
def test_a_zone_that_is_none_is_unknown(value: object) -> None:
    assert zone_of(value) == ""
    assert zone_of("Europe/Berlin") == "Europe/Berlin"


def test_moments_go_there_and_back() -> None:
    assert moment_of(text_of(START)) == START
    assert moment_of("2026-12-01T00:00:00.123Z") == START
    assert moment_of("") is None


@pytest.mark.parametrize("uid", ["a", "0f8e2a1c-77", "Grüße/..%2F", "x" * 200])
def test_an_id_is_base32hex_and_says_whose_it_is(uid: str) -> None:
    ids = [event_id(uid, turn) for turn in range(MOST)]
    for ref in ids:
        assert set(ref) <= set("0123456789abcdefghijklmnopqrstuv")
        assert 5 <= len(ref) <= 1_024
        assert uid_of(ref) == uid
    assert len(set(ids)) == MOST


@pytest.mark.parametrize("ref", ["", "abc", "frontdesk", "frontdesk9ab", "frontdesk0!!", "frontdesk01", None, 7])
def test_an_id_of_somebody_else_is_nobodys(ref: object) -> None:
    assert uid_of(ref) == ""


def test_an_instance_of_a_series_is_never_taken_for_the_booking() -> None:
    assert [one.uid for one in busy(id=event_id("b1"))] == ["b1"]
    assert [one.uid for one in busy(id=event_id("b1"), recurringEventId=event_id("b1"))] == [""]
    assert [one.uid for one in busy(id=event_id("b1") + "_20261201T090000Z", recurringEventId=event_id("b1"))] == [""]
