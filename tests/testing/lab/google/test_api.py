"""What Google documents, asked of the stand-in: requests of its guides, and the errors that it promises."""

from __future__ import annotations

from typing import Any

import pytest

from hub.testing.lab.google.app import ADA, BEN, GoogleLab
from hub.testing.lab.google.document import check_schema, discovery
from hub.testing.lab.switches import Fault
from tests.testing.lab.google.conftest import Call, Clock, event

EVENTS = "calendars/primary/events"


def error(answer: Any) -> tuple[int, str, str, str]:
    """Return what the guide "Handle API errors" tells clients to look at."""
    body = answer.json()["error"]
    one = body["errors"][0]
    assert body["code"] == answer.status_code
    assert body["message"] == one["message"]
    return answer.status_code, one["domain"], one["reason"], one["message"]


def test_errors_are_those_of_the_guide(lab: GoogleLab, call: Call) -> None:
    made = call("POST", EVENTS, json=event(id="abcde")).json()
    empty = {"timeMin": "2027-03-02T00:00:00Z", "timeMax": "2027-03-01T00:00:00Z"}
    assert error(call("GET", EVENTS, params=empty)) == (
        *(400, "calendar", "timeRangeEmpty"),
        "The specified time range is empty.",
    )
    assert error(call("GET", EVENTS, headers={"Authorization": "Bearer x"})) == (
        *(401, "global", "authError"),
        "Invalid Credentials",
    )
    assert error(call("GET", f"{EVENTS}/unknown")) == (404, "global", "notFound", "Not Found")
    assert error(call("POST", EVENTS, json=event(id="abcde"))) == (
        *(409, "global", "duplicate"),
        "An event has this id.",
    )
    old = {"If-Match": '"old"'}
    assert error(call("PUT", f"{EVENTS}/abcde", json=event(), headers=old)) == (
        *(412, "global", "conditionNotMet"),
        "Precondition Failed",
    )
    assert call("DELETE", f"{EVENTS}/abcde", headers={"If-Match": made["etag"]}).status_code == 204
    assert error(call("DELETE", f"{EVENTS}/abcde")) == (410, "global", "deleted", "The event was deleted")
    assert error(call("GET", EVENTS, params={"syncToken": "CPDAlvWDx70CEPDAlvWDx70CGAU="})) == (
        *(410, "calendar", "fullSyncRequired"),
        "This sync token is too old: read everything.",
    )


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.QUOTA, (403, "usageLimits", "userRateLimitExceeded", "User Rate Limit Exceeded")),
        (Fault.TOO_MANY, (429, "usageLimits", "rateLimitExceeded", "Rate Limit Exceeded")),
        (Fault.DOWN, (503, "global", "backendError", "Backend Error")),
        (Fault.UNAUTHORIZED, (401, "global", "authError", "Invalid Credentials")),
    ],
)
def test_faults_speak_googles_words(lab: GoogleLab, call: Call, fault: Fault, expected: tuple[Any, ...]) -> None:
    with lab.state.switches.on(fault):
        answer = call("GET", EVENTS)
    assert error(answer) == expected
    assert (answer.headers.get("Retry-After") == "7") is (fault is Fault.TOO_MANY)


def test_the_requests_of_the_sync_guide_lead_to_what_it_says(call: Call) -> None:
    """Pages, the token on the last page alone, changes with the token, and the next token at their end."""
    for hour in range(3):
        call("POST", EVENTS, json=event(hour))
    first = call("GET", EVENTS, params={"maxResults": "2", "singleEvents": "true"}).json()
    assert len(first["items"]) == 2
    assert "nextSyncToken" not in first
    more = {"maxResults": "2", "singleEvents": "true", "pageToken": first["nextPageToken"]}
    second = call("GET", EVENTS, params=more).json()
    assert "nextPageToken" not in second
    made = call("POST", EVENTS, json=event(5)).json()
    gone = second["items"][0]["id"]
    call("DELETE", f"{EVENTS}/{gone}")
    asked = {"maxResults": "10", "singleEvents": "true", "syncToken": second["nextSyncToken"]}
    changes = call("GET", EVENTS, params=asked).json()
    assert {one["id"]: one["status"] for one in changes["items"]} == {made["id"]: "confirmed", gone: "cancelled"}
    assert changes["nextSyncToken"] != second["nextSyncToken"]
    for name in ("iCalUID", "orderBy", "q", "timeMin", "timeMax", "updatedMin"):
        value = {"orderBy": "updated"}.get(name, "2027-03-01T00:00:00Z")
        assert call("GET", EVENTS, params={**asked, name: value}).status_code == 400


def test_the_request_of_the_push_guide_opens_a_channel(lab: GoogleLab, call: Call, clock: Clock) -> None:
    clock.now = 1_426_000_000  # when the guide's example was written
    body = {
        "id": "01234567-89ab-cdef-0123456789ab",
        "type": "web_hook",
        "address": "https://localhost:1/notifications",
        "token": "target=myApp-myCalendarChannelDest",
        "expiration": 1_426_325_213_000,
    }
    made = call("POST", f"{EVENTS}/watch", json=body).json()
    assert made["kind"] == "api#channel"
    assert (made["id"], made["token"], made["expiration"]) == (body["id"], body["token"], "1426325213000")
    again = error(call("POST", f"{EVENTS}/watch", json=body))
    assert (again[0], again[2]) == (400, "channelIdNotUnique")
    stop = {"id": made["id"], "resourceId": made["resourceId"]}
    assert call("POST", "channels/stop", json=stop).status_code == 204
    assert call("POST", "channels/stop", json=stop).status_code == 404


def test_free_busy_is_answered_as_the_reference_says(call: Call) -> None:
    call("POST", EVENTS, json=event(9))
    call("POST", EVENTS, json=event(10))
    call("POST", EVENTS, json=event(14, transparency="transparent"))
    asked = {"timeMin": "2027-03-01T00:00:00Z", "timeMax": "2027-03-02T00:00:00Z"}
    items = [{"id": "primary"}, {"id": BEN.email}]
    answer = call("POST", "freeBusy", json={**asked, "items": items}).json()
    assert answer["kind"] == "calendar#freeBusy"
    assert answer["calendars"]["primary"]["busy"] == [{"start": "2027-03-01T09:00:00Z", "end": "2027-03-01T11:00:00Z"}]
    assert answer["calendars"][BEN.email]["errors"] == [{"domain": "global", "reason": "notFound"}]
    many = call("POST", "freeBusy", json={**asked, "items": [{"id": f"c{n}"} for n in range(51)]}).json()
    assert {one["errors"][0]["reason"] for one in many["calendars"].values()} == {"tooManyCalendarsRequested"}
    long = {"timeMin": "2027-01-01T00:00:00Z", "timeMax": "2027-06-01T00:00:00Z", "items": items}
    assert error(call("POST", "freeBusy", json=long))[2] == "timeRangeTooLong"


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


def test_answers_have_the_documents_form(lab: GoogleLab, call: Call) -> None:
    made = call(
        "POST", EVENTS, json=event(recurrence=["RRULE:FREQ=DAILY;COUNT=2"], start=zoned(9), end=zoned(10))
    ).json()
    answers = {
        "Event": made,
        "Events": call("GET", EVENTS, params={"singleEvents": "true"}).json(),
        "CalendarList": call("GET", "users/me/calendarList").json(),
        "Calendar": call("GET", "calendars/primary").json(),
        "CalendarListEntry": call("GET", "users/me/calendarList/primary").json(),
    }
    for name, answer in answers.items():
        check_schema(answer, name)
        assert answer["kind"] == discovery()["schemas"][name]["properties"]["kind"]["default"]


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


def test_a_deleted_event_stays_as_cancelled_and_can_be_brought_back(call: Call) -> None:
    call("POST", EVENTS, json=event(id="abcde"))
    call("DELETE", f"{EVENTS}/abcde")
    assert call("GET", f"{EVENTS}/abcde").json()["status"] == "cancelled"
    assert call("GET", EVENTS).json()["items"] == []
    assert call("GET", EVENTS, params={"showDeleted": "true"}).json()["items"][0]["status"] == "cancelled"
    assert call("PATCH", f"{EVENTS}/abcde", json={"status": "confirmed"}).json()["status"] == "confirmed"


def test_an_exception_of_a_series_is_an_event_of_its_own(call: Call) -> None:
    series = event(start=zoned(9), end=zoned(10), recurrence=["RRULE:FREQ=DAILY;COUNT=3"], id="abcde")
    call("POST", EVENTS, json=series)
    single = {"singleEvents": "true", "orderBy": "startTime"}
    ids = [one["id"] for one in call("GET", EVENTS, params=single).json()["items"]]
    assert ids == ["abcde_20270301T080000Z", "abcde_20270302T080000Z", "abcde_20270303T080000Z"]
    call("DELETE", f"{EVENTS}/{ids[1]}")
    moved = {"start": {"dateTime": "2027-03-03T12:00:00Z"}, "end": {"dateTime": "2027-03-03T13:00:00Z"}}
    call("PATCH", f"{EVENTS}/{ids[2]}", json=moved)
    left = call("GET", EVENTS, params=single).json()["items"]
    assert [one["id"] for one in left] == [ids[0], ids[2]]
    assert left[1]["originalStartTime"]["dateTime"].startswith("2027-03-03T09:00:00")


def test_an_answer_holds_the_asked_fields_alone(call: Call) -> None:
    call("POST", EVENTS, json=event(attendees=[{"email": ADA.email}, {"email": BEN.email}]))
    fields = "timeZone,items(id,attendees(self,responseStatus))"
    answer = call("GET", EVENTS, params={"fields": fields, "maxAttendees": "1"}).json()
    assert set(answer) == {"timeZone", "items"}
    assert answer["items"][0]["attendees"] == [{"self": True, "responseStatus": "needsAction"}]


def zoned(hour: int) -> dict[str, str]:
    return {"dateTime": f"2027-03-01T{hour:02}:00:00", "timeZone": "Europe/Berlin"}
