"""Events of ours where Google is peculiar: ids that stay taken, deleted events, and what staff make of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from hub.core.errors import Conflict, NotFound
from hub.plugin import Written
from hub.testing import foreign
from hub.testing.lab.google.app import GoogleLab
from hub.testing.subject import Subject
from hub_google.event_ids import event_id

HOUR = 3600


def test_a_deleted_event_comes_back_under_its_own_id(lab: GoogleLab, subject: Callable[..., Subject]) -> None:
    made = subject()
    event = made.event(made.day() + 9 * HOUR)
    first = made.create(event)
    made.stranger.remove(made.calendar.ref, event.uid)
    with pytest.raises(NotFound):
        made.update(first, dataclasses.replace(event, sequence=1))
    again = made.create(event)
    assert again.ref == first.ref
    assert len(made.busy(event.start, event.end)) == 1


def test_where_google_does_not_bring_it_back_the_next_id_is_taken(
    lab: GoogleLab, subject: Callable[..., Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = subject()
    event = made.event(made.day() + 9 * HOUR)
    first = made.create(event)
    made.cancel(first)
    monkeypatch.setattr("hub_google.events._restored", lambda *_given: None)
    second = made.create(event)
    assert second.ref == event_id(event.uid, 1)
    found = made.read(Written(event.uid, ""))
    assert found is not None
    assert found.written.ref == second.ref
    assert [one.uid for one in made.busy(event.start, event.end)] == [event.uid]
    later = dataclasses.replace(event, start=event.start + HOUR, end=event.end + HOUR, sequence=1)
    assert made.update(first, later).ref == second.ref
    made.cancel(Written(event.uid, ""))
    assert made.busy(event.start, event.end + HOUR) == []
    third = made.create(event)
    made.cancel(third)
    with pytest.raises(Conflict):
        made.create(event)


def test_an_event_that_differs_is_a_conflict_and_stays(lab: GoogleLab, subject: Callable[..., Subject]) -> None:
    made = subject()
    event = made.event(made.day() + 9 * HOUR)
    written = made.create(event)
    with pytest.raises(Conflict):
        made.create(dataclasses.replace(event, start=event.start + HOUR, end=event.end + HOUR))
    found = made.read(written)
    assert found is not None
    assert (found.start, found.end, found.sequence) == (event.start, event.end, 0)


def test_what_staff_added_to_the_event_stays_when_it_is_moved(lab: GoogleLab, subject: Callable[..., Subject]) -> None:
    made = subject()
    event = made.event(made.day() + 9 * HOUR)
    written = made.create(event)
    stored = lab.state.calendars[made.calendar.ref].events[written.ref]
    stored |= {"colorId": "7", "attendees": [{"email": "cyd@example.com", "responseStatus": "accepted"}]}
    made.update(dataclasses.replace(written, etag=""), dataclasses.replace(event, end=event.end + HOUR, sequence=1))
    stored = lab.state.calendars[made.calendar.ref].events[written.ref]
    assert stored["colorId"] == "7"
    assert stored["attendees"][0]["email"] == "cyd@example.com"
    assert stored["end"]["dateTime"] != event.end


def test_an_appointment_that_staff_made_a_whole_day_can_be_moved_again(
    lab: GoogleLab, subject: Callable[..., Subject]
) -> None:
    """Google merges what is patched: a time beside the date that stands there would be refused."""
    made = subject()
    event = made.event(made.day() + 9 * HOUR)
    written = made.create(event)
    stored = lab.state.calendars[made.calendar.ref].events[written.ref]
    stored |= {"start": {"date": "2031-01-01"}, "end": {"date": "2031-01-02"}}
    later = dataclasses.replace(event, start=event.start + HOUR, end=event.end + HOUR, sequence=1)
    made.update(dataclasses.replace(written, etag=""), later)
    assert [(one.start, one.uid) for one in made.busy(event.start, event.end + HOUR)] == [(later.start, event.uid)]


def test_a_zone_that_google_does_not_know_keeps_no_appointment_from_being_written(
    lab: GoogleLab, subject: Callable[..., Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its list of zones may be older than ours, as with Europe/Kyiv in 2022; the time itself is never in doubt."""
    monkeypatch.setattr(lab.state, "unknown_zones", {"Europe/Kyiv"})
    made = subject()
    event = dataclasses.replace(made.event(made.day() + 9 * HOUR), zone="Europe/Kyiv")
    written = made.create(event)
    later = dataclasses.replace(event, start=event.start + HOUR, end=event.end + HOUR, sequence=1)
    made.update(written, later)
    assert [(one.start, one.end) for one in made.busy(event.start, later.end)] == [(later.start, later.end)]
    assert lab.state.calendars[made.calendar.ref].events[written.ref]["start"]["timeZone"] == "UTC"


def test_a_description_is_text_and_not_html(lab: GoogleLab, subject: Callable[..., Subject]) -> None:
    made = subject()
    event = made.event(made.day() + 9 * HOUR, description='<a href="https://evil.example">Tea & cake</a>')
    stored = lab.state.calendars[made.calendar.ref].events[made.create(event).ref]
    assert "<" not in stored["description"]
    assert "Tea &amp; cake" in stored["description"]


def test_a_booking_that_staff_made_a_series_is_busy_on_every_date(
    lab: GoogleLab, subject: Callable[..., Subject]
) -> None:
    """The other dates are nobody's booking: they are seen as busy and not as ours."""
    made = subject()
    event = made.event(made.day() + 9 * HOUR)
    made.create(event)
    times = (f"DTSTART:{foreign.utc(event.start)}", f"DTEND:{foreign.utc(event.end)}", "RRULE:FREQ=DAILY;COUNT=2")
    series = foreign.calendar(foreign.component(event.uid, *times))
    made.stranger.write(made.calendar.ref, event.uid, series)
    seen = made.busy(event.start, event.end + 24 * HOUR)
    assert [(one.start - event.start, one.uid) for one in seen] == [(0, ""), (24 * HOUR, "")]
