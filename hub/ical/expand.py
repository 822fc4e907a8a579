"""What one iCalendar object means. Pure, and without any protection: it runs inside the child process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Set
from datetime import timedelta

from hub.core.calendar import Busy, BusyKind, Window
from hub.core.errors import InputError
from hub.ical.budget import Budget, Meter
from hub.ical.moments import Moment, Moments, Period
from hub.ical.objects import Component, calendars_in
from hub.ical.series import Entry, entry_of, occurrences
from hub.ical.verdict import kind_of_event, kind_of_period

# Wide enough that every zone an event can name is right at its time: used where no window is given.
_ALL_TIME = Window(0, 4_102_444_800)


def busy_in(data: bytes, window: Window, zone: str, owner: Set[str], budget: Budget) -> list[Busy]:
    """Return the busy times of an object within the window, sorted, each once; they may overlap.

    VEVENT and VFREEBUSY are read, other components mean nothing. Raises InputError, ValueError or what the
    libraries raise for an object that cannot be understood or passes its budget.
    """
    steps = Meter("steps", budget.steps)
    room = Meter("occurrences", budget.occurrences)
    found: set[Busy] = set()
    for calendar in calendars_in(data):
        if calendar.word("CALSCALE") not in ("", "GREGORIAN"):
            raise InputError("calscale", "Only Gregorian calendars can be read.", code="calendar_scale")
        moments = Moments(calendar, zone, window)
        for busy in (*_events(calendar, window, owner, moments, steps), *_periods(calendar, window, moments)):
            if busy not in found:
                room.spend()
                found.add(busy)
    return sorted(found)


def event_in(data: bytes, uid: str, zone: str) -> tuple[int, int, int, bool] | None:
    """Return start, end, sequence and whether it is cancelled, of the event with this uid, or None.

    None also where its zone cannot be known. Raises like `busy_in`.
    """
    for calendar in calendars_in(data):
        moments = Moments(calendar, zone, _ALL_TIME)
        for component in calendar.inner("VEVENT"):
            line = component.first("UID")
            if line is None or line.value.strip() != uid or component.first("RECURRENCE-ID"):
                continue
            entry = entry_of(component, BusyKind.BUSY, moments)
            busy = entry.at(entry.start.wall)
            if busy is None or busy.kind is BusyKind.UNREADABLE:
                return None
            number = component.word("SEQUENCE")
            sequence = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
            return busy.start, busy.end, sequence, component.word("STATUS") == "CANCELLED"
    return None


def _events(calendar: Component, window: Window, owner: Set[str], moments: Moments, steps: Meter) -> Iterator[Busy]:
    series: dict[str, list[Entry]] = defaultdict(list)
    for number, component in enumerate(calendar.inner("VEVENT")):
        kind = kind_of_event(component, owner)
        uid = component.first("UID")
        key = uid.value if uid else f"\0{number}"  # those without a UID belong to nobody else
        # A free event still matters where it is part of a series; a free one alone need not even be readable.
        if kind is not None or component.first("RECURRENCE-ID") or component.first("RRULE"):
            series[key].append(entry_of(component, kind, moments))
    for entries in series.values():
        yield from occurrences(entries, window, moments, steps)


def _periods(calendar: Component, window: Window, moments: Moments) -> Iterator[Busy]:
    for component in calendar.inner("VFREEBUSY"):
        for line in component.all("FREEBUSY"):
            kind = kind_of_period(line)
            for value in moments.read_all(line) if kind else ():
                busy = _period(value, kind or BusyKind.BUSY)
                if busy.end > window.start and busy.start < window.end:
                    yield busy


def _period(value: Moment | Period | timedelta, kind: BusyKind) -> Busy:
    if not isinstance(value, Period):
        raise InputError("freebusy", "This must be a period.", code="unreadable")
    end = value.end.latest if isinstance(value.end, Moment) else value.start.latest + value.end // timedelta(seconds=1)
    return Busy(value.start.earliest, end, kind)
