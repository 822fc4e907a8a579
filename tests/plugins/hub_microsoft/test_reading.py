"""Calendars and their times: what is asked for, by how many requests, and when nothing has changed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from hub.plugin import Calendar, NeedsReconnect, Retry, Window
from hub_microsoft import meaning, reading
from tests.plugins.hub_microsoft.scripted import Scripted, refused

NINE = 1_793_610_000
WINDOW = Window(NINE - 3600, NINE + 86_400)
CALENDAR = Calendar("x", "x", "Europe/Berlin")


def event(ref: str = "1", **more: Any) -> dict[str, Any]:
    times = {
        "start": {"dateTime": "2026-11-02T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-02T10:00:00.0000000", "timeZone": "UTC"},
    }
    return {"id": ref, "showAs": "busy", "isAllDay": False, "isCancelled": False, **times, **more}


def test_a_view_is_one_request_for_chosen_fields_a_day_wider_than_the_window() -> None:
    session = Scripted({"value": [event()]})
    (busy,) = reading.free_busy(session.client, [CALENDAR], WINDOW)["x"]
    assert (busy.start, busy.end) == (NINE, NINE + 3600)
    ((_method, url, more),) = session.asked
    assert urlsplit(url).path.endswith("/me/calendars/x/calendarView")
    assert more["params"] == {
        "startDateTime": meaning.utc(WINDOW.start - meaning.MARGIN),
        "endDateTime": meaning.utc(WINDOW.end + meaning.MARGIN),
        "$select": meaning.FIELDS,
        "$top": "1000",
    }
    assert not set(meaning.FIELDS.split(",")) & {"subject", "body", "bodyPreview", "attendees", "organizer", "location"}


def test_nothing_is_told_when_nothing_changed_and_everything_when_anything_did() -> None:
    first = reading.changes(Scripted({"value": [event()]}).client, CALENDAR, None, WINDOW)
    assert first.complete
    same = reading.changes(Scripted({"value": [event()]}).client, CALENDAR, first.cursor, WINDOW)
    assert (same.items, same.complete, same.cursor) == ((), False, first.cursor)
    other = reading.changes(Scripted({"value": [event("2")]}).client, CALENDAR, first.cursor, WINDOW)
    assert other.complete
    assert [item.item for item in other.items] == ["2"]


@pytest.mark.parametrize("cursor", ["", "view 1 2 x", "sync 1 2 token", "\n"])
def test_a_cursor_that_is_none_leads_to_a_complete_answer(cursor: str) -> None:
    assert reading.changes(Scripted({"value": []}).client, CALENDAR, cursor, WINDOW).complete


def test_the_order_of_an_answer_is_no_change() -> None:
    one = reading.changes(Scripted({"value": [event("1"), event("2")]}).client, CALENDAR, None, WINDOW)
    two = reading.changes(Scripted({"value": [event("2"), event("1")]}).client, CALENDAR, one.cursor, WINDOW)
    assert two.items == ()


def test_another_window_is_read_anew() -> None:
    one = reading.changes(Scripted({"value": []}).client, CALENDAR, None, WINDOW)
    wider = Window(WINDOW.start, WINDOW.end + 86_400)
    assert reading.changes(Scripted({"value": []}).client, CALENDAR, one.cursor, wider).complete


def test_a_time_of_more_than_five_years_is_asked_for_in_parts() -> None:
    session = Scripted({"value": [event()]}, {"value": [event()]})
    far = Window(WINDOW.start, WINDOW.start + (reading.MOST_DAYS + 100) * 86_400)
    assert len(reading.free_busy(session.client, [CALENDAR], far)["x"]) == 1
    assert session.asked[0][2]["params"]["endDateTime"] == session.asked[1][2]["params"]["startDateTime"]


@pytest.mark.parametrize("ref", [None, 7, "", "x" * 1001])
def test_a_busy_event_without_an_id_is_an_error_and_a_free_one_is_nothing(ref: Any) -> None:
    with pytest.raises(Retry):
        reading.changes(Scripted({"value": [event(id=ref)]}).client, CALENDAR, None, WINDOW)
    free = event(id=ref, showAs="free")
    assert reading.changes(Scripted({"value": [free]}).client, CALENDAR, None, WINDOW).items == ()


def test_calendars_say_which_is_the_main_one_and_which_can_be_written() -> None:
    mine = {"id": "1", "name": "Calendar", "canEdit": True, "isDefaultCalendar": True}
    shared = {"id": "2", "name": None, "canEdit": False, "isDefaultCalendar": False}
    found = reading.calendars(Scripted({"value": [mine, shared, mine]}).client)
    assert [(one.ref, one.name, one.writable, one.primary) for one in found] == [
        ("1", "Calendar", True, True),
        ("2", "Calendar", False, False),
    ]


def test_an_account_of_which_no_calendar_may_be_seen_is_to_be_connected_again() -> None:
    with pytest.raises(NeedsReconnect) as lost:
        reading.calendars(Scripted(refused(403, "ErrorAccessDenied")).client)
    assert lost.value.code == "scopes"
