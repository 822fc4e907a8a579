from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from hub.core.calendar import Event
from hub.web.booking.calendar_links import calendar_links

EVENT = Event("uid", 1805097600, 1805099400, "Europe/Berlin", "Check-up & more", "With Ada", "Lindenstraße 1, Berlin")


def test_the_links_hold_the_time_in_utc_and_every_character_of_the_texts() -> None:
    (google, first), (outlook, second) = calendar_links(EVENT)
    assert (google, outlook) == ("Google Calendar", "Outlook")
    asked = parse_qs(urlsplit(first).query)
    assert asked["dates"] == ["20270315T080000Z/20270315T083000Z"]
    assert asked["text"] == ["Check-up & more"]
    assert asked["location"] == ["Lindenstraße 1, Berlin"]
    asked = parse_qs(urlsplit(second).query)
    assert asked["startdt"] == ["2027-03-15T08:00:00Z"]
    assert asked["subject"] == ["Check-up & more"]


def test_no_text_leads_to_another_host_or_adds_a_part() -> None:
    evil = Event("uid", 1805097600, 1805099400, "UTC", "a&action=DELETE#@evil.example/\r\nX: y", "", "")
    for _, address in calendar_links(evil):
        parts = urlsplit(address)
        assert parts.hostname in ("calendar.google.com", "outlook.live.com")
        assert parts.fragment == ""
        assert "\n" not in address
        assert parse_qs(parts.query).get("action", ["TEMPLATE"]) == ["TEMPLATE"]
