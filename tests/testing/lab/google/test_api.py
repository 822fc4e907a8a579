"""Where the stand-in is as strict as Google could be; what Google documents is asked in `test_document`."""

from __future__ import annotations

from typing import Any

import pytest

from hub.testing.lab.google.app import ADA, BEN, GoogleLab
from hub.testing.lab.switches import Fault
from tests.testing.lab.google.conftest import Call, event

EVENTS = "calendars/primary/events"


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["errors"][0]["reason"]


def test_a_limit_says_when_to_come_back_and_a_broken_server_does_not(lab: GoogleLab, call: Call) -> None:
    for fault, expected, after in (
        (Fault.TOO_MANY, (429, "rateLimitExceeded"), "7"),
        (Fault.DOWN, (503, "backendError"), None),
        (Fault.UNAUTHORIZED, (401, "authError"), None),
    ):
        with lab.state.switches.on(fault):
            answer = call("GET", EVENTS)
        assert error(answer) == expected
        assert answer.headers.get("Retry-After") == after


def test_free_busy_joins_times_and_has_a_longest_span(call: Call) -> None:
    call("POST", EVENTS, json=event(9))
    call("POST", EVENTS, json=event(10))
    asked = {"timeMin": "2027-03-01T00:00:00Z", "timeMax": "2027-03-02T00:00:00Z", "items": [{"id": "primary"}]}
    answer = call("POST", "freeBusy", json=asked).json()
    assert answer["calendars"]["primary"]["busy"] == [{"start": "2027-03-01T09:00:00Z", "end": "2027-03-01T11:00:00Z"}]
    for wrong, reason in (
        ({"timeMax": "2027-06-10T00:00:00Z"}, "timeRangeTooLong"),
        ({"timeMax": "2027-03-02T00:00:00"}, "badRequest"),
        ({"timeZone": "Olympus Mons"}, "invalid"),
    ):
        assert error(call("POST", "freeBusy", json={**asked, **wrong})) == (400, reason)


def test_a_token_ends_where_rights_change(lab: GoogleLab, call: Call) -> None:
    shared, roles = f"calendars/{BEN.email}/events", lab.state.calendars[BEN.email].roles
    roles[ADA.email] = "reader"
    asked = {"syncToken": call("GET", shared).json()["nextSyncToken"]}
    assert call("GET", shared, params=asked).status_code == 200
    roles[ADA.email] = "writer"
    assert error(call("GET", shared, params=asked)) == (410, "fullSyncRequired")


def test_a_page_is_given_to_the_query_of_the_first_one_alone(call: Call) -> None:
    for hour in range(3):
        call("POST", EVENTS, json=event(hour))
    first = {"maxResults": "2", "singleEvents": "true"}
    next_one = {"pageToken": call("GET", EVENTS, params=first).json()["nextPageToken"]}
    assert call("GET", EVENTS, params={**first, **next_one}).status_code == 200
    for other in ({"maxResults": "1"}, {"singleEvents": "false"}, {"q": "x"}):
        assert call("GET", EVENTS, params={**first, **next_one, **other}).status_code == 400


def test_an_event_that_is_patched_is_a_day_or_a_time_and_never_both(call: Call) -> None:
    """Objects are merged, so who makes a day a time must take the date away."""
    call("POST", EVENTS, json=event(id="abcde", start={"date": "2027-03-01"}, end={"date": "2027-03-02"}))
    times = {name: event()[name] for name in ("start", "end")}
    assert error(call("PATCH", f"{EVENTS}/abcde", json=times)) == (400, "invalid")
    bare = {name: {**one, "date": None} for name, one in times.items()}
    assert call("PATCH", f"{EVENTS}/abcde", json=bare).json()["start"] == {"dateTime": "2027-03-01T10:00:00+01:00"}


def test_what_google_has_and_the_stand_in_does_not_is_never_passed_over(call: Call) -> None:
    call("POST", EVENTS, json=event(id="abcde"))
    for path, query in (
        (EVENTS, {"timeZone": "Asia/Tokyo"}),
        (f"{EVENTS}/abcde", {"timeZone": "Asia/Tokyo"}),
        ("users/me/calendarList", {"showHidden": "true"}),
        (f"{EVENTS}/abcde/instances", {}),
    ):
        assert error(call("GET", path, params=query)) == (501, "notImplemented")


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", EVENTS, {"params": {"unknown": "1"}}),
        ("GET", EVENTS, {"params": {"maxResults": "many"}}),
        ("GET", EVENTS, {"params": {"singleEvents": "yes"}}),
        ("GET", EVENTS, {"params": {"timeMin": "2027-03-01T00:00:00"}}),
        ("GET", EVENTS, {"params": [("orderBy", "updated"), ("orderBy", "updated")]}),
        ("GET", EVENTS, {"params": {"orderBy": "startTime"}}),
        ("GET", EVENTS, {"params": {"fields": "items(id"}}),
        ("POST", EVENTS, {"json": event(unknown=1)}),
        ("POST", EVENTS, {"json": event(summary=7)}),
        ("POST", EVENTS, {"json": event(id="ABC")}),
        ("POST", EVENTS, {"json": event(id="abcde", iCalUID="x")}),
        ("POST", EVENTS, {"json": event(recurrence=["RRULE:FREQ=DAILY"])}),
        ("POST", EVENTS, {"json": {"start": event()["start"]}}),
        ("POST", EVENTS, {"json": []}),
        ("POST", EVENTS, {"data": "start=1"}),
        ("POST", f"{EVENTS}/watch", {"json": {"id": "x", "type": "web_hook", "address": "http://hub.example/"}}),
        ("DELETE", EVENTS, {}),
        ("GET", "calendars/primary/nothing", {}),
    ],
)
def test_a_request_that_the_document_does_not_know_is_refused(call: Call, method: str, path: str, more: Any) -> None:
    answer = call(method, path, **more)
    assert answer.status_code in {400, 404, 405}
    assert answer.json()["error"]["errors"][0]["reason"]


def test_a_narrow_scope_reaches_what_its_text_says(lab: GoogleLab, call: Call) -> None:
    made = call("POST", "calendars", scopes=("calendar.app.created",), json={"summary": "Ours"}).json()["id"]
    own = f"calendars/{made}/events"
    assert call("POST", own, scopes=("calendar.app.created",), json=event()).status_code == 200
    assert call("POST", own, scopes=("calendar.app.created",), client="other", json=event()).status_code == 404
    assert call("POST", EVENTS, scopes=("calendar.app.created",), json=event()).status_code == 404
    assert call("GET", EVENTS, scopes=("calendar.freebusy",)).status_code == 403
    lab.state.calendars[BEN.email].roles[ADA.email] = "writer"
    theirs = f"calendars/{BEN.email}/events"
    assert call("POST", theirs, scopes=("calendar.events.owned",), json=event()).status_code == 404
    written = call("POST", theirs, scopes=("calendar.events",), json=event())
    assert written.status_code == 200
    lab.state.calendars[BEN.email].roles[ADA.email] = "freeBusyReader"
    [seen] = call("GET", theirs, scopes=("calendar.events",)).json()["items"]
    assert "summary" not in seen
    assert call("POST", theirs, scopes=("calendar.events",), json=event()).status_code == 403
    reduced = call("GET", EVENTS, scopes=("calendar.events.freebusy",)).json()["items"]
    assert not any("summary" in one for one in reduced)


def zoned(hour: int) -> dict[str, str]:
    return {"dateTime": f"2027-03-01T{hour:02}:00:00", "timeZone": "Europe/Berlin"}
