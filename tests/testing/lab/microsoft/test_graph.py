"""Graph as its pages describe it: who may ask what, and the documented requests with the answers that they name."""

from __future__ import annotations

import threading
import time

import pytest

from hub.testing.lab.microsoft.application import Microsoft
from hub.testing.lab.microsoft.people import Person
from hub.testing.lab.switches import Fault
from tests.testing.lab.microsoft.conftest import Asking, Clock, at

WINDOW = {"startDateTime": "2026-11-02T00:00:00Z", "endDateTime": "2026-11-09T00:00:00Z"}
UID = "String {6f1d7c1e-52c7-4a0b-9a86-3d1f9f3a7c55} Name FrontdeskUid"


def test_an_error_has_graphs_shape(ask: Asking) -> None:
    """Page: Microsoft Graph error responses: code, message, innerError with date and request-id."""
    answer = ask("GET", "/me/events/unknown")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (404, "ErrorItemNotFound")
    assert error.keys() == {"code", "message", "innerError"}
    assert error["innerError"].keys() == {"date", "request-id"}


def test_without_a_good_token_nothing_is_answered(ask: Asking, clock: Clock) -> None:
    bad = {"headers": {"Authorization": "Bearer another"}}
    assert ask.error("GET", "/me/calendars", **bad) == (401, "InvalidAuthenticationToken")
    clock.now += 3601
    assert ask.error("GET", "/me/calendars") == (401, "InvalidAuthenticationToken")


@pytest.mark.parametrize(
    ("scope", "may"),
    [("Calendars.ReadBasic", {"list", "view"}), ("Calendars.Read", {"list", "view", "find", "watch"})],
)
def test_a_permission_reaches_as_far_as_its_page_says(lab: Microsoft, ada: Person, scope: str, may: set[str]) -> None:
    less = Asking(lab, ada, scope)
    asked = {
        "list": less("GET", "/me/calendars"),
        "view": less("GET", f"{less.calendar}/calendarView", params=WINDOW),
        "find": less("GET", f"{less.calendar}/events"),
        "watch": less("GET", "/subscriptions/unknown"),
        "write": less("POST", f"{less.calendar}/events", json={}),
    }
    assert {name for name, answer in asked.items() if answer.status_code != 403} == may
    assert {answer.json()["error"]["code"] for answer in asked.values() if answer.status_code == 403} == {
        "ErrorAccessDenied"
    }


def test_the_basic_permission_gives_no_texts(lab: Microsoft, ask: Asking, ada: Person) -> None:
    made = ask.create(body={"contentType": "text", "content": "Wagtail"})
    less = Asking(lab, ada, "Calendars.ReadBasic")
    view = less("GET", f"{ask.calendar}/calendarView", params=WINDOW).text
    one = less("GET", f"/me/events/{made['id']}").text
    assert "Kestrel" in view
    assert "Wagtail" not in view + one


def test_a_fifth_request_at_once_is_throttled(ask: Asking, lab: Microsoft) -> None:
    """Page: service-specific throttling limits, Outlook: four at once for an application and a mailbox."""
    lab.switches.seconds = 0.5
    with lab.switches.on(Fault.SLOW, times=4):
        slow = [threading.Thread(target=ask, args=("GET", "/me/calendars")) for _n in range(4)]
        for thread in slow:
            thread.start()
        while lab.switches.times:
            time.sleep(0.005)
        answer = ask("GET", "/me/calendars")
        for thread in slow:
            thread.join()
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert ask("GET", "/me/calendars").status_code == 200


def test_the_same_transaction_makes_one_event_and_cannot_be_changed(ask: Asking) -> None:
    first, second = ask.create(transactionId="t"), ask("POST", f"{ask.calendar}/events", json=_event("t"))
    assert second.json()["id"] == first["id"]
    change = {"transactionId": "u"}
    assert ask.error("PATCH", f"/me/events/{first['id']}", json=change) == (400, "ErrorInvalidPropertySet")


def test_a_change_makes_a_new_version_and_an_old_one_is_refused(ask: Asking) -> None:
    made = ask.create()
    path, old = f"/me/events/{made['id']}", {"If-Match": str(made["@odata.etag"])}
    changed = ask("PATCH", path, json={"subject": "other"}, headers=old)
    assert changed.status_code == 200
    assert changed.json()["changeKey"] != made["changeKey"]
    assert ask.error("PATCH", path, json={"subject": "x"}, headers=old) == (412, "ErrorIrresolvableConflict")
    assert ask("GET", path).json()["subject"] == "other"


def test_an_event_is_found_by_its_extended_property(ask: Asking) -> None:
    """Page: get singleValueLegacyExtendedProperty."""
    ask.create(singleValueExtendedProperties=[{"id": UID, "value": "it's one"}])
    ask.create(singleValueExtendedProperties=[{"id": UID, "value": "two"}])
    query = {
        "$filter": f"singleValueExtendedProperties/any(ep:ep/id eq '{UID}' and ep/value eq 'it''s one')",
        "$expand": f"singleValueExtendedProperties($filter=id eq '{UID}')",
        "$select": "id",
    }
    (found,) = ask("GET", f"{ask.calendar}/events", params=query).json()["value"]
    assert found["singleValueExtendedProperties"] == [{"id": UID, "value": "it's one"}]
    assert found.keys() == {"id", "@odata.etag", "singleValueExtendedProperties"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"start": at("2026-11-02T11:00:00")}, "ErrorCalendarEndDateIsEarlierThanStartDate"),
        ({"start": at("2026-11-02T09:00:00", "Olympus Mons")}, "TimeZoneNotSupportedException"),
        ({"isAllDay": True}, "ErrorInvalidRequest"),
        ({"recurrence": {"pattern": {"type": "weekly", "interval": 1}}}, "ErrorPropertyValidationFailure"),
        ({"isCancelled": True}, "ErrorPropertyValidationFailure"),
        ({"title": "x"}, "ErrorPropertyValidationFailure"),
    ],
)
def test_an_event_that_makes_no_sense_is_not_written(ask: Asking, change: dict[str, object], code: str) -> None:
    assert ask.error("POST", f"{ask.calendar}/events", json=_event("x") | change) == (400, code)


def test_what_the_address_does_not_allow_is_refused(ask: Asking) -> None:
    view = f"{ask.calendar}/calendarView"
    assert ask.error("GET", view) == (400, "ErrorInvalidParameter")
    assert ask.error("GET", view, params={**WINDOW, "$select": "title"}) == (400, "RequestBroker--ParseUri")
    assert ask.error("GET", view, params={**WINDOW, "$top": "1001"}) == (400, "ErrorInvalidUrlQuery")
    assert ask.error("GET", view, params={**WINDOW, "$orderby": "start"}) == (400, "BadRequest")
    assert ask.error("GET", "/me/messages") == (400, "BadRequest")
    assert ask.error("POST", f"{ask.calendar}/events", data="{}") == (400, "BadRequest")


def test_schedules_are_given_at_work_and_refused_at_home(lab: Microsoft, ask: Asking, home: Person) -> None:
    """Page: calendar: getSchedule; it is not supported for personal accounts."""
    body = {
        "schedules": [ask.who.address, "nobody@studio.example"],
        "startTime": at("2026-11-02T00:00:00"),
        "endTime": at("2026-11-03T00:00:00"),
        "availabilityViewInterval": 60,
    }
    own, unknown = ask("POST", "/me/calendar/getSchedule", json=body).json()["value"]
    assert own["workingHours"]["timeZone"]["name"] == "W. Europe Standard Time"
    assert unknown["error"]["responseCode"] == "ErrorMailRecipientNotFound"
    assert Asking(lab, home)("POST", "/me/calendar/getSchedule", json=body).status_code == 400


def test_calendars_are_made_listed_by_pages_and_removed(ask: Asking) -> None:
    made = ask("POST", "/me/calendars", json={"name": "Volunteer"})
    assert made.status_code == 201
    first = ask("GET", "/me/calendars", params={"$top": "1", "$select": "id,name"}).json()
    rest = ask("GET", first["@odata.nextLink"]).json()["value"]
    assert len(first["value"]) == 1
    assert rest
    assert ask("DELETE", f"/me/calendars/{made.json()['id']}").status_code == 204
    default = next(one for one in ask("GET", "/me/calendars?$top=100").json()["value"] if one["isDefaultCalendar"])
    assert ask("DELETE", f"/me/calendars/{default['id']}").status_code == 400


def _event(transaction: str) -> dict[str, object]:
    times = {"start": at("2026-11-02T09:00:00"), "end": at("2026-11-02T10:00:00")}
    return {"subject": "x", "transactionId": transaction, **times}
