"""What stands in the calendars of the demo business: weekly series, whole days, invitations in every state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a calendar: its file name and its iCalendar text (RFC 5545)."""

    name: str
    text: str


def entries(zone: str, today: date, seed: int, me: str, weeks: int = 9) -> Iterator[Entry]:
    """Yield the entries of one staff member's calendar around ``today``; the same seed gives the same ones.

    ``me`` is the owner's address, by which declined and unanswered invitations are known.
    """
    monday = today - timedelta(days=today.weekday())
    chance = Random(seed)  # noqa: S311 - a made-up week, guards nothing
    yield _event("team", zone, monday - timedelta(weeks=4), "08:30", 30, "Team meeting", "RRULE:FREQ=WEEKLY;BYDAY=MO")
    lunch = "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
    skipped = monday + timedelta(days=9)
    yield _event(
        "lunch",
        zone,
        monday - timedelta(weeks=4),
        "12:30",
        45,
        "Lunch",
        lunch,
        f"EXDATE;TZID={zone}:{skipped:%Y%m%d}T123000",
    )
    course = monday + timedelta(days=14 + chance.randrange(4))
    yield _whole_day("course", course, 1, "Training day", "OPAQUE")
    yield _whole_day("birthday", monday + timedelta(days=3), 1, "Birthday of a friend", "TRANSPARENT")
    yield _event("declined", zone, monday + timedelta(days=8), "14:00", 120, "Sales call", _invited(me, "DECLINED"))
    yield _event("tentative", zone, monday + timedelta(days=9), "16:00", 60, "Perhaps: supplier", "STATUS:TENTATIVE")
    yield _event(
        "unanswered", zone, monday + timedelta(days=10), "10:00", 60, "Invitation", _invited(me, "NEEDS-ACTION")
    )
    for week in range(weeks):
        for day in range(5):
            for number in range(chance.randrange(1, 4)):
                start = f"{chance.randrange(9, 17):02}:{chance.choice((0, 30)):02}"
                minutes = chance.choice((30, 45, 60, 90))
                on = monday + timedelta(weeks=week, days=day)
                yield _event(f"visit-{week}-{day}-{number}", zone, on, start, minutes, "Patient")


def _event(name: str, zone: str, day: date, start: str, minutes: int, title: str, *more: str) -> Entry:
    begins = datetime.combine(day, datetime.strptime(start, "%H:%M").time())
    ends = begins + timedelta(minutes=minutes)
    times = (f"DTSTART;TZID={zone}:{begins:%Y%m%dT%H%M%S}", f"DTEND;TZID={zone}:{ends:%Y%m%dT%H%M%S}")
    return _entry(name, title, *times, *more)


def _whole_day(name: str, day: date, days: int, title: str, transparency: str) -> Entry:
    until = day + timedelta(days=days)
    return _entry(
        name, title, f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{until:%Y%m%d}", f"TRANSP:{transparency}"
    )


def _invited(me: str, answer: str) -> str:
    return f"ORGANIZER:mailto:office@example.com\r\nATTENDEE;PARTSTAT={answer}:mailto:{me}"


def _entry(name: str, title: str, *lines: str) -> Entry:
    body = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//demo//EN", "BEGIN:VEVENT", f"UID:demo-{name}")
    rest = ("DTSTAMP:20260101T000000Z", *lines, f"SUMMARY:{title}", "END:VEVENT", "END:VCALENDAR", "")
    return Entry(f"demo-{name}.ics", "\r\n".join((*body, *rest)))
