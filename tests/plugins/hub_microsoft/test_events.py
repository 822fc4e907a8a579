"""Events of ours: how they are written, and what is believed of what comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hub.plugin import Calendar, Conflict, Event, NotFound, Refused, Retry, Window, Written
from hub_microsoft import events
from hub_microsoft.meaning import busy_of
from tests.plugins.hub_microsoft.scripted import Scripted, refused

CALENDAR = Calendar("a/b=", "x")
NINE = 1_793_610_000
EVENT = Event("uid-1", NINE, NINE + 3600, "Europe/Berlin", "Cut\r\nand  colour", "Bring\na photo", "Studio 1", 3)
WRITTEN = Written("uid-1", "ref=", 'W/"1"')


def there(**more: Any) -> dict[str, Any]:
    """The event as Graph would give it."""
    return {
        "id": "ref=",
        "@odata.etag": 'W/"1"',
        "start": {"dateTime": "2026-11-02T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-02T10:00:00.0000000", "timeZone": "UTC"},
        "isCancelled": False,
        "singleValueExtendedProperties": [{"id": events.UID, "value": "uid-1"}, {"id": events.SEQUENCE, "value": "3"}],
        **more,
    }


MOVED = {"start": {"dateTime": "2026-11-02T08:00:00.0000000", "timeZone": "UTC"}}


def first(**more: Any) -> dict[str, Any]:
    """The event as it was before it was ever changed."""
    return there(singleValueExtendedProperties=[{"id": events.UID, "value": "uid-1"}], **more)


FIRST = replace(EVENT, sequence=0)


def test_an_event_is_one_request_with_its_uid_in_two_places_and_plain_texts() -> None:
    session = Scripted(first())
    assert events.create(session.client, CALENDAR, FIRST) == WRITTEN
    ((method, url, more),) = session.asked
    assert (method, url.partition("/v1.0")[2]) == ("POST", "/me/calendars/a%2Fb%3D/events")
    body = more["json"]
    assert body["transactionId"] == "uid-1"
    assert {"id": events.UID, "value": "uid-1"} in body["singleValueExtendedProperties"]
    assert body["subject"] == "Cut and colour"
    assert body["body"] == {"contentType": "text", "content": "Bring\na photo"}
    assert body["start"] == {"dateTime": "2026-11-02T09:00:00", "timeZone": "UTC"}
    assert not body.keys() & {"attendees", "organizer", "recurrence"}


def test_a_repeat_that_is_answered_with_another_version_is_a_conflict() -> None:
    with pytest.raises(Conflict):
        events.create(Scripted(first(**MOVED), {"value": [first(**MOVED)]}).client, CALENDAR, FIRST)


def test_a_repeat_that_is_refused_as_one_finds_the_event() -> None:
    session = Scripted(refused(409, "ErrorDuplicateTransactionId"), {"value": [first()]})
    assert events.create(session.client, CALENDAR, FIRST) == WRITTEN


def test_a_later_version_is_looked_for_and_written_under_a_transaction_of_its_own() -> None:
    session = Scripted({"value": []}, there())
    assert events.create(session.client, CALENDAR, EVENT) == WRITTEN
    assert [method for method, _url, _more in session.asked] == ["GET", "POST"]
    transaction = session.asked[1][2]["json"]["transactionId"]
    assert transaction != "uid-1"
    busy = busy_of(there(showAs="busy", transactionId=transaction), Window(NINE, NINE + 3600), "")
    assert busy is not None
    assert busy.uid == "uid-1"


def test_a_later_version_that_is_there_is_not_written_again() -> None:
    session = Scripted({"value": [there()]})
    assert events.create(session.client, CALENDAR, EVENT) == WRITTEN
    with pytest.raises(Conflict):
        events.create(Scripted({"value": [first()]}).client, CALENDAR, EVENT)


def test_a_change_carries_the_version_that_is_known() -> None:
    session = Scripted(there(**{"@odata.etag": 'W/"2"'}))
    assert events.update(session.client, CALENDAR, WRITTEN, EVENT).etag == 'W/"2"'
    method, _url, more = session.asked[0]
    assert (method, more["headers"]["If-Match"]) == ("PATCH", 'W/"1"')


def test_without_a_version_there_is_no_condition() -> None:
    session = Scripted(there())
    events.update(session.client, CALENDAR, Written("uid-1", "ref="), EVENT)
    assert "If-Match" not in session.asked[0][2]["headers"]


def test_a_failed_condition_is_no_conflict_if_the_event_is_as_it_should_be() -> None:
    session = Scripted(refused(412, "ErrorIrresolvableConflict"), there(**{"@odata.etag": 'W/"7"'}))
    assert events.update(session.client, CALENDAR, WRITTEN, EVENT).etag == 'W/"7"'


@pytest.mark.parametrize(
    "now",
    [MOVED, {"isCancelled": True}, {"singleValueExtendedProperties": [{"id": events.UID, "value": "uid-1"}]}],
    ids=["moved", "cancelled", "older"],
)
def test_a_failed_condition_is_a_conflict_if_it_is_another_version(now: dict[str, Any]) -> None:
    session = Scripted(refused(412, "ErrorIrresolvableConflict"), there(**now))
    with pytest.raises(Conflict):
        events.update(session.client, CALENDAR, WRITTEN, EVENT)


def test_an_event_that_is_gone_is_looked_for_and_then_said_to_be_gone() -> None:
    with pytest.raises(NotFound):
        events.update(Scripted({"value": []}).client, CALENDAR, Written("uid-1", ""), EVENT)
    assert events.read(Scripted(refused(404), {"value": []}).client, CALENDAR, WRITTEN) is None


def test_another_event_at_the_place_of_ours_is_neither_read_nor_deleted() -> None:
    other = there(singleValueExtendedProperties=[])
    with pytest.raises(Refused):
        events.read(Scripted(other).client, CALENDAR, WRITTEN)
    session = Scripted(other)
    with pytest.raises(Refused):
        events.cancel(session.client, CALENDAR, WRITTEN)
    assert [method for method, _url, _more in session.asked] == ["GET"]


def test_an_event_is_deleted_once_and_may_be_gone_by_then() -> None:
    for last in ((204, b"", {}), refused(404, "ErrorItemNotFound")):
        session = Scripted(there(), last)
        events.cancel(session.client, CALENDAR, WRITTEN)
        assert [method for method, _url, _more in session.asked] == ["GET", "DELETE"]


def test_a_uid_with_a_quote_is_looked_for_as_it_is() -> None:
    session = Scripted({"value": []})
    events.read(session.client, CALENDAR, Written("it's", ""))
    assert "ep/value eq 'it''s'" in session.asked[0][2]["params"]["$filter"]


def test_what_is_found_for_another_uid_is_not_ours() -> None:
    other = there(singleValueExtendedProperties=[{"id": events.UID, "value": "another"}])
    assert events.read(Scripted({"value": [other]}).client, CALENDAR, Written("uid-1", "")) is None


@pytest.mark.parametrize(
    "broken", [{"id": None, "start": None}, {"start": {"dateTime": "x", "timeZone": "UTC"}}, {"end": 7}]
)
def test_an_event_that_cannot_be_read_is_asked_for_again(broken: dict[str, Any]) -> None:
    with pytest.raises(Retry):
        events.create(Scripted(first(**broken)).client, CALENDAR, FIRST)
