"""The values of DTSTART and its relatives: a wall clock time or a date, and the zone it is read in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from icalendar.parser import Contentline
from icalendar.prop import vDDDTypes, vUTCOffset

from hub.core.calendar import Window
from hub.core.errors import InputError
from hub.ical.budget import Meter
from hub.ical.objects import Component, Property
from hub.ical.rules import Rule
from hub.ical.zones import UTC, UnknownZone, Zone, naive, seconds, zone_at_end_of, zone_named

# Who knows no leap seconds reads the second 60 as 59 (RFC 5545 3.3.12).
_LEAP_SECOND = re.compile(r"(T\d{4})60")
_SLACK = timedelta(days=400)

# Typed here: the library's parsers have no annotations.
_value_of: Callable[[str], object] = vDDDTypes.from_ical
_offset_of: Callable[[str], timedelta] = vUTCOffset.from_ical


@dataclass(frozen=True, slots=True)
class Moment:
    """A wall clock time in its zone. ``whole_day``: it was a date, and ``wall`` is its midnight."""

    wall: datetime
    zone: Zone
    whole_day: bool = False

    @property
    def earliest(self) -> int:
        """The first UTC second it can be."""
        return self.zone.utc(self.wall)[0]

    @property
    def latest(self) -> int:
        """The last UTC second it can be; the same as the first unless the zone is unknown."""
        return self.zone.utc(self.wall)[1]


@dataclass(frozen=True, slots=True)
class Period:
    """A start with an end or a duration, as in FREEBUSY and RDATE;VALUE=PERIOD (RFC 5545 3.3.9)."""

    start: Moment
    end: Moment | timedelta


class Moments:
    """Reads the values of one VCALENDAR, whose own VTIMEZONEs it knows.

    ``zone`` names where dates and floating times belong, unless X-WR-TIMEZONE says otherwise. Zones defined in the
    object are right within the window and a year around it.
    """

    def __init__(self, calendar: Component, zone: str, window: Window) -> None:
        self._own = {line.value.strip(): each for each in calendar.inner("VTIMEZONE") for line in each.all("TZID")}
        self._span = (naive(window.start) - _SLACK, naive(window.end) + _SLACK)
        self._known: dict[str, Zone] = {}
        line = calendar.first("X-WR-TIMEZONE")
        self.zone: Zone = self._zone(line.value if line else zone)
        if isinstance(self.zone, UnknownZone):
            self.zone = self._zone(zone)

    def read(self, line: Property, zone: Zone | None = None) -> Moment | Period | timedelta:
        """Return the first value of a property; ``zone`` is where a time without any zone belongs."""
        return next(self.read_all(line, zone))

    def read_all(self, line: Property, zone: Zone | None = None) -> Iterator[Moment | Period | timedelta]:
        """Return the values of a property that may list several. Raises ValueError for what is no time."""
        named = line.params.get("TZID", "")
        here = self._zone(named) if named else zone or self.zone
        for text in line.value.split(","):
            value = _value_of(_LEAP_SECOND.sub(r"\g<1>59", text.strip().upper()))
            if isinstance(value, tuple):
                start, end = value
                yield Period(_moment(start, here), end if isinstance(end, timedelta) else _moment(end, here))
            elif isinstance(value, timedelta):
                yield value
            else:
                yield _moment(value, here)

    def moment(self, line: Property, zone: Zone | None = None) -> Moment:
        """Return the one date or time of a property. Raises InputError for anything else."""
        value = self.read(line, zone)
        if not isinstance(value, Moment):
            raise InputError(line.name.lower(), "This must be a date or a time.", code="unreadable")
        return value

    def _zone(self, name: str) -> Zone:
        if name not in self._known:
            self._known[name] = zone_named(name) or self._own_zone(name) or zone_at_end_of(name) or UnknownZone(name)
        return self._known[name]

    def _own_zone(self, name: str) -> Zone | None:
        component = self._own.get(name.strip())
        if component is None:
            return None
        place = component.first("X-LIC-LOCATION")
        try:
            return (zone_named(place.value) if place else None) or DefinedZone(component, *self._span)
        except (ValueError, InputError, ArithmeticError, LookupError):
            return None


class DefinedZone:
    """A zone as a VTIMEZONE defines it (RFC 5545 3.6.5), right between two wall clock times."""

    def __init__(self, component: Component, low: datetime, high: datetime) -> None:
        onsets = [onset for part in component.children for onset in _onsets(tuple(part.lines), low, high)]
        if not onsets:
            raise InputError("vtimezone", "A time zone needs at least one STANDARD or DAYLIGHT part.")
        onsets.sort(key=lambda onset: onset[0] - onset[1])
        self._first = onsets[0][1]
        # From its threshold on a wall clock time has the new offset: those that a gap skips still have the old one,
        # and those that come twice are the first.
        self._changes = [(wall + max(after - before, timedelta()), after) for wall, before, after in onsets]

    def utc(self, wall: datetime) -> tuple[int, int]:
        """Return the instant, twice."""
        offset = next((after for start, after in reversed(self._changes) if wall >= start), self._first)
        instant = seconds(wall - offset)
        return instant, instant


def _moment(value: object, zone: Zone) -> Moment:
    if isinstance(value, datetime):
        return Moment(value.replace(tzinfo=None), UTC if value.tzinfo is not None else zone)
    if isinstance(value, date):
        return Moment(datetime.combine(value, time()), zone, whole_day=True)
    raise InputError("time", "This must be a date or a time.", code="unreadable")


def _offset(part: Component, name: str) -> timedelta:
    line = part.first(name)
    if line is None or line.value.strip()[:1] not in ("+", "-"):
        raise InputError("vtimezone", f"{name} must be an offset from UTC.")
    return _offset_of(line.value.strip())


@lru_cache(maxsize=64)
def _onsets(
    lines: tuple[tuple[str, Contentline], ...], low: datetime, high: datetime
) -> list[tuple[datetime, timedelta, timedelta]]:
    """Return when a part of a zone begins to hold, with the offsets before and after.

    Kept for the next object of the same calendar, by its whole text: a name means nothing outside its object.
    """
    part = Component("", list(lines))
    before, after = _offset(part, "TZOFFSETFROM"), _offset(part, "TZOFFSETTO")
    meter = Meter("vtimezone", 5_000)
    return [(wall, before, after) for wall in _onset_walls(part, low, high, before, meter)]


def _onset_walls(part: Component, low: datetime, high: datetime, before: timedelta, meter: Meter) -> Iterator[datetime]:
    line = part.first("DTSTART")
    if line is None:
        raise InputError("vtimezone", "A part of a time zone needs a DTSTART.")
    start = _local(_value_of(line.value.strip()), before)
    yield start
    for line in part.all("RRULE"):
        rule = Rule(line.value)
        ends = rule.until is not None
        # A rule that ended long ago may still have made the last change of all.
        last = min(_local(rule.until, before), high) if ends else high
        yield from rule.walls(start, start if ends else low - _SLACK, last, meter, days=False)
    for line in part.all("RDATE"):
        for text in line.value.split(","):
            meter.spend()
            yield _local(_value_of(text.strip()), before)


def _local(value: object, offset: timedelta) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None) + (offset if value.tzinfo is not None else timedelta())
    if isinstance(value, date):
        return datetime.combine(value, time())
    raise InputError("vtimezone", "This must be a date or a time.")
