"""Events of ours as iCalendar (RFC 5545), made to say nothing but when, what and where.

No ATTENDEE, ORGANIZER, METHOD, ATTACH or VALARM is ever written into a calendar, so an event of ours sends no
invitation, fetches no file and rings no bell, whatever text a stranger typed: the library escapes texts, and what could
end a line is gone before.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

import icalendar

from hub.core.calendar import Event
from hub.ical.zones import zone_named

LONGEST_LINE_TEXT = 255
"""Characters kept of a summary or a location."""

LONGEST_DESCRIPTION = 4_000
"""Characters kept of a description."""

_PRODUCT = "-//Frontdesk//Integration hub//EN"
_A_YEAR = timedelta(days=366)
# Taken for the end of a line by some program: vertical tab, form feed, next line, line and paragraph separator.
_LINE_ENDS = dict.fromkeys(map(ord, "\x0b\x0c\x85\u2028\u2029"), "\n")


def event_to_ical(event: Event, *, now: int) -> bytes:
    """Return the event as one iCalendar object; ``now`` is its DTSTAMP in UTC seconds.

    Times are written in the event's zone with its VTIMEZONE. In UTC where the wall clock would not say which
    instant is meant (the hour that comes twice in autumn), and where the zone is not known here. Texts lose their
    control characters and are cut at `LONGEST_LINE_TEXT` and `LONGEST_DESCRIPTION`.
    """
    written: bytes = calendar_around(new_event(event, now), event).to_ical()
    return written


def new_event(event: Event, now: int) -> icalendar.Event:
    """Return the event as a component."""
    zone = _zone_to_write(event)
    ours = icalendar.Event()
    ours.add("UID", _text(event.uid, LONGEST_LINE_TEXT, lines=False))
    ours.add("DTSTAMP", datetime.fromtimestamp(now, UTC))
    ours.add("DTSTART", datetime.fromtimestamp(event.start, zone))
    ours.add("DTEND", datetime.fromtimestamp(event.end, zone))
    ours.add("SEQUENCE", event.sequence)
    ours.add("SUMMARY", _text(event.summary, LONGEST_LINE_TEXT, lines=False))
    if event.description:
        ours.add("DESCRIPTION", _text(event.description, LONGEST_DESCRIPTION, lines=True))
    if event.location:
        ours.add("LOCATION", _text(event.location, LONGEST_LINE_TEXT, lines=False))
    ours.add("STATUS", "CONFIRMED")
    ours.add("TRANSP", "OPAQUE")
    return ours


def calendar_around(component: icalendar.Component, event: Event) -> icalendar.Calendar:
    """Return a calendar object with the component of an event and the zone that it is written in."""
    zone = _zone_to_write(event)
    calendar = icalendar.Calendar()
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    if isinstance(zone, zoneinfo.ZoneInfo):
        calendar.add_component(_timezone(zone, event.start, event.end))
    calendar.add_component(component)
    return calendar


def _zone_to_write(event: Event) -> tzinfo:
    named = zone_named(event.zone)
    if named is None or named.rules.key in ("UTC", "Etc/UTC"):
        return UTC
    for instant in (event.start, event.end):
        if named.utc(datetime.fromtimestamp(instant, named.rules).replace(tzinfo=None))[0] != instant:
            return UTC
    return named.rules


def _text(text: str, longest: int, *, lines: bool) -> str:
    """Return the text without anything but visible characters, tabs and, with ``lines``, line feeds."""
    text = (
        text.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n").replace("\r", "\n").translate(_LINE_ENDS)
    )
    if not lines:
        text = " ".join(text.split("\n"))
    text = "".join(each for each in text if each in "\n\t" or (each >= " " and not "\x7f" <= each <= "\x9f"))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _timezone(zone: zoneinfo.ZoneInfo, start: int, end: int) -> icalendar.Timezone:
    """Return a VTIMEZONE that is right from a year before the event to a year after it.

    The library's own puts the spring change an hour late (its DTSTART is the clock after the change, RFC 5545 3.6.5
    asks for the clock before it), which moves an event in that hour for servers that go by the rules, not the name.
    """
    first = datetime.fromtimestamp(start, UTC) - _A_YEAR
    found = icalendar.Timezone()
    found.add("TZID", zone.key)
    found.add_component(_observance(zone, first, first))
    for change in _changes(zone, first, datetime.fromtimestamp(end, UTC) + _A_YEAR):
        found.add_component(_observance(zone, change - timedelta(seconds=1), change))
    return found


def _observance(zone: zoneinfo.ZoneInfo, before: datetime, at: datetime) -> icalendar.Component:
    old, new = _offset(zone, before), _offset(zone, at)
    summer = at.astimezone(zone).dst()
    part: icalendar.Component = icalendar.TimezoneDaylight() if summer else icalendar.TimezoneStandard()
    part.add("DTSTART", (at + old).replace(tzinfo=None))
    part.add("TZNAME", at.astimezone(zone).tzname() or zone.key)
    part.add("TZOFFSETFROM", old)
    part.add("TZOFFSETTO", new)
    return part


def _changes(zone: zoneinfo.ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """Return the instants at which the offset from UTC changes, found by halving the day that holds each."""
    day = timedelta(days=1)
    while first < last:
        if _offset(zone, first) != _offset(zone, first + day):
            low, high = first, first + day
            while high - low > timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if _offset(zone, middle) == _offset(zone, low) else (low, middle)
            yield high
        first += day


def _offset(zone: zoneinfo.ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()
