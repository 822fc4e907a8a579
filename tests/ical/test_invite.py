"""Invitations: for one person, from one address, and never for a third."""

from __future__ import annotations

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.calendar import Event
from hub.core.errors import InputError
from hub.core.mail_message import Mailbox
from hub.ical.invite import Method, invitation

NOW = 1_805_094_000
EVENT = Event(
    "frontdesk-1", NOW, NOW + 1800, "Europe/Berlin", "Check-up", "To move it: https://hub.test/b", "Room 1", 3
)
OURS, THEIRS = Mailbox("Ada's Practice", "hub@agency.test"), Mailbox("Grace Hopper", "grace@example.com")


def component(text: bytes) -> icalendar.Component:
    calendar = icalendar.Calendar.from_ical(text)
    (event,) = calendar.walk("VEVENT")
    return event


def test_an_invitation_says_who_invites_whom_to_what() -> None:
    text = invitation(EVENT, Method.REQUEST, OURS, THEIRS, now=NOW)
    event = component(text)
    assert icalendar.Calendar.from_ical(text)["METHOD"] == "REQUEST"
    assert (event["UID"], int(event["SEQUENCE"]), event["STATUS"]) == ("frontdesk-1", 3, "CONFIRMED")
    assert event["ORGANIZER"] == "mailto:hub@agency.test"
    assert event["ORGANIZER"].params["CN"] == "Ada's Practice"
    assert event["ATTENDEE"] == "mailto:grace@example.com"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert event["DTSTART"].dt.timestamp() == NOW


def test_a_cancellation_names_the_same_event() -> None:
    text = invitation(EVENT, Method.CANCEL, OURS, THEIRS, now=NOW)
    event = component(text)
    assert icalendar.Calendar.from_ical(text)["METHOD"] == "CANCEL"
    assert (event["UID"], event["STATUS"]) == ("frontdesk-1", "CANCELLED")


@given(st.text(max_size=120), st.text(max_size=120), st.text(max_size=120))
def test_no_text_invites_a_third_person_or_adds_a_property(name: str, summary: str, place: str) -> None:
    event = Event("frontdesk-1", NOW, NOW + 1800, "UTC", summary, summary, place, 1)
    found = component(
        invitation(event, Method.REQUEST, Mailbox(name, OURS.address), Mailbox(name, THEIRS.address), now=NOW)
    )
    known = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "SUMMARY", "DESCRIPTION", "LOCATION", "STATUS", "TRANSP"}
    assert set(found.keys()) <= known | {"ORGANIZER", "ATTENDEE"}
    assert isinstance(found["ATTENDEE"], icalendar.vCalAddress)
    assert found["ATTENDEE"] == "mailto:grace@example.com"
    assert found["ORGANIZER"] == "mailto:hub@agency.test"
    assert found.subcomponents == []


@pytest.mark.parametrize(
    "name", ['x"\r\nATTENDEE:mailto:eve@x.test', "x;RSVP=TRUE:mailto:eve@x.test", "x\nATTACH:file:///"]
)
def test_a_hostile_name_stays_within_its_quotes(name: str) -> None:
    text = invitation(EVENT, Method.REQUEST, OURS, Mailbox(name, THEIRS.address), now=NOW)
    assert b"eve@x.test" not in text.replace(b"\r\n ", b"") or b"mailto:eve" not in text.replace(b"\r\n ", b"")
    assert component(text)["ATTENDEE"] == "mailto:grace@example.com"


def test_an_address_of_two_readings_is_refused() -> None:
    with pytest.raises(InputError):
        invitation(EVENT, Method.REQUEST, OURS, Mailbox("", "a@x.test\r\nATTENDEE:mailto:b@x.test"), now=NOW)
