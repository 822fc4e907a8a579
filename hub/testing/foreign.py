"""iCalendar objects as other programs write them, for the checks. Times are UTC seconds."""

from __future__ import annotations

from datetime import UTC, datetime

BERLIN = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
END:DAYLIGHT
END:VTIMEZONE"""


def event(uid: str, start: int, end: int, *lines: str) -> str:
    """Return an object with one event in UTC; ``lines`` are added to it."""
    return calendar(component(uid, f"DTSTART:{utc(start)}", f"DTEND:{utc(end)}", *lines))


def component(uid: str, *lines: str) -> str:
    """Return a VEVENT of these lines."""
    fixed = [f"UID:{uid}", "DTSTAMP:20240101T000000Z", "SUMMARY:Something of another program"]
    return "\n".join(["BEGIN:VEVENT", *fixed, *lines, "END:VEVENT"])


def calendar(*components: str) -> str:
    """Return an iCalendar object of components, with the line ends of RFC 5545."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Another program//EN"]
    return "\n".join([*head, *components, "END:VCALENDAR", ""]).replace("\n", "\r\n")


def utc(seconds: int) -> str:
    """Return a DATE-TIME in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def date(seconds: int) -> str:
    """Return the DATE of the day in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d")


def wall(moment: datetime) -> str:
    """Return a DATE-TIME without a zone."""
    return moment.strftime("%Y%m%dT%H%M%S")
