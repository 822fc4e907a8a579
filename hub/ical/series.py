"""One event with all its times: the master of a series, its rules, its exceptions.

In doubt a time is busy. So DTSTART is always an occurrence (even where the rule does not make it), EXRULE is not
obeyed, two masters with one UID both count, and so does an exception whose place in the series was excluded.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain

from hub.core.calendar import Busy, BusyKind, Window
from hub.core.errors import InputError
from hub.ical.budget import Meter
from hub.ical.moments import Moment, Moments, Period
from hub.ical.objects import Component, Property
from hub.ical.rules import Rule
from hub.ical.zones import Zone, naive

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_ZONES = timedelta(days=2)
_LONGEST_UID = 255


@dataclass(frozen=True, slots=True)
class Length:
    """How long an event is: in elapsed seconds, and by the clock on the wall where that has a meaning.

    The two differ when the clock changes in between (RFC 5545 3.8.5.3 speaks of exact and nominal duration, and
    programs do not agree); the longer one is taken.
    """

    exact: int
    wall: timedelta | None

    @property
    def most(self) -> timedelta:
        """The longest it can be, within an hour."""
        return max(timedelta(seconds=self.exact), self.wall or timedelta())


@dataclass(frozen=True, slots=True)
class Entry:
    """One VEVENT. ``kind`` is None where it leaves the time free."""

    component: Component
    uid: str
    kind: BusyKind | None
    start: Moment
    length: Length
    instead_of: Moment | None
    onwards: bool

    def at(self, wall: datetime, zone: Zone | None = None) -> Busy | None:
        """Return the busy time when it starts at this wall clock time, or None if it is free or has no length."""
        zone = zone or self.start.zone
        first, last = zone.utc(wall)
        end = last + self.length.exact
        if self.length.wall is not None:
            end = max(end, zone.utc(wall + self.length.wall)[1])
        if self.kind is None or self.length.most <= timedelta():
            return None
        # A time that is known only to within a day is not a BUSY that could be shown to its owner.
        return Busy(first, end, self.kind if first == last else BusyKind.UNREADABLE, self.uid)


def entry_of(component: Component, kind: BusyKind | None, moments: Moments) -> Entry:
    """Return a VEVENT as read. Raises InputError or ValueError where its times cannot be understood."""
    line = component.first("DTSTART")
    if line is None:
        raise InputError("dtstart", "An event needs a DTSTART.", code="unreadable")
    start, length = _span(component, moments.moment(line), moments)
    uid, place = component.first("UID"), component.first("RECURRENCE-ID")
    return Entry(
        component=component,
        uid=uid.value[:_LONGEST_UID] if uid else "",
        kind=kind,
        start=start,
        length=length,
        instead_of=moments.moment(place, start.zone) if place else None,
        onwards=place is not None and place.params.get("RANGE", "").upper() == "THISANDFUTURE",
    )


def occurrences(entries: Sequence[Entry], window: Window, moments: Moments, meter: Meter) -> Iterator[Busy]:
    """Return the busy times that touch the window, of all components with one UID; unordered, perhaps twice."""
    changes = sorted((entry for entry in entries if entry.onwards), key=_place)
    for entry in entries:
        master = entry.instead_of is None
        gone = _Places(entry.start)
        if entry.kind is None and not (master and changes):
            continue
        if master:
            places = (exception.component.first("RECURRENCE-ID") for exception in entries)
            for line in chain(entry.component.all("EXDATE"), filter(None, places)):
                gone.take(line, moments, meter)
        for busy in _times(entry, window, moments, meter, gone, changes if master else []):
            if busy is not None and busy.end > window.start and busy.start < window.end:
                yield busy


def _span(component: Component, start: Moment, moments: Moments) -> tuple[Moment, Length]:
    """Return when an event starts and how long it is; one that ends before it starts is turned round."""
    line, duration = component.first("DTEND"), component.first("DURATION")
    if line is not None:
        start, length = _until(start, moments.moment(line, start.zone))
    elif duration is not None:
        start, length = _lasting(start, moments.read(duration))
    else:
        length = Length(0, None)
    if start.whole_day:
        whole = length.wall or timedelta()
        if length.most <= timedelta():
            length = Length(0, _DAY)
        elif whole % _DAY == timedelta() and whole:
            length = Length(0, whole)  # from midnight to midnight, however many hours that is
    return start, length


def _until(start: Moment, end: Moment) -> tuple[Moment, Length]:
    same = end.zone == start.zone
    if end.wall < start.wall if same else end.latest < start.earliest:
        start, end = end, start
    if not same:
        return start, Length(end.latest - start.earliest, None)
    wall = end.wall - start.wall
    exact = end.latest - start.latest
    # From inside the hour that the clock skips to soon after it no time passes: what the clock shows must do.
    return start, Length(exact if exact > 0 else wall // _SECOND, wall)


def _lasting(start: Moment, duration: Moment | Period | timedelta) -> tuple[Moment, Length]:
    if not isinstance(duration, timedelta):
        raise InputError("duration", "This must be a duration.", code="unreadable")
    length = abs(duration)
    if duration < timedelta():
        start = Moment(start.wall - length, start.zone, start.whole_day)
    # Hours are elapsed hours; days and weeks are days by the clock.
    return start, Length(length // _SECOND, length if length >= _DAY else None)


def _times(
    entry: Entry, window: Window, moments: Moments, meter: Meter, gone: _Places, changes: Sequence[Entry]
) -> Iterator[Busy | None]:
    """Return the times of one component: DTSTART, RRULE and RDATE, without what is gone.

    Rules in an exception are not obeyed: servers copy them there from the master.
    """
    shifts = [abs(_shift(change)) + change.length.most for change in changes]
    around = max([timedelta(), *shifts]) + _ZONES
    low = _before(naive(window.start), around + entry.length.most)
    high = naive(window.end) + around
    rules = entry.component if entry.instead_of is None else Component("VEVENT")
    for start in chain(_walls(entry, rules, low, high, meter), _dates(entry, rules, moments, meter)):
        first = start.start if isinstance(start, Period) else start
        instant = first.earliest
        if gone.has(first.wall, instant):
            continue
        change = next((each for each in reversed(changes) if _place(each) < instant), None)
        if isinstance(start, Period):
            yield _period(entry, start)
        elif change:
            yield change.at(first.wall + _shift(change), first.zone)
        else:
            yield entry.at(first.wall, first.zone)


def _walls(entry: Entry, rules: Component, low: datetime, high: datetime, meter: Meter) -> Iterator[Moment]:
    start, zone, days = entry.start.wall, entry.start.zone, entry.start.whole_day
    if low <= start <= high:
        yield entry.start
    for line in rules.all("RRULE"):
        rule = Rule(line.value)
        for wall in rule.walls(start, low, high, meter, days=days):
            if rule.until is None or _within(wall, zone, rule.until, days=days):
                yield Moment(wall, zone, days)


def _dates(entry: Entry, rules: Component, moments: Moments, meter: Meter) -> Iterator[Moment | Period]:
    for line in rules.all("RDATE"):
        for value in moments.read_all(line, entry.start.zone):
            meter.spend()
            if isinstance(value, timedelta):
                raise InputError("rdate", "This must be a date, a time or a period.", code="unreadable")
            yield value


def _within(wall: datetime, zone: Zone, until: date | datetime, *, days: bool) -> bool:
    """Tell whether a time is not after UNTIL. A date means its whole day, also where RFC 5545 asks for a time."""
    if not isinstance(until, datetime):
        return wall.date() <= until
    if until.tzinfo is None:
        return wall <= until
    return zone.utc(wall)[0] <= int(until.timestamp()) or (days and wall.date() <= until.date())


def _period(entry: Entry, period: Period) -> Busy | None:
    end = period.end
    latest = end.latest if isinstance(end, Moment) else period.start.latest + end // _SECOND
    if entry.kind is None or latest <= period.start.earliest:
        return None
    return Busy(period.start.earliest, latest, entry.kind, entry.uid)


def _before(wall: datetime, delta: timedelta) -> datetime:
    return wall - delta if wall - datetime.min > delta else datetime.min


def _place(entry: Entry) -> int:
    return entry.instead_of.earliest if entry.instead_of else 0


def _shift(entry: Entry) -> timedelta:
    """Return by how much an exception moved its occurrence, and with THISANDFUTURE all later ones."""
    place = entry.instead_of
    if place is None:
        return timedelta()
    if place.zone == entry.start.zone:
        return entry.start.wall - place.wall
    return timedelta(seconds=entry.start.earliest - place.earliest)


class _Places:
    """Places in a series that hold no occurrence of the master: excluded, or taken by an exception."""

    def __init__(self, start: Moment) -> None:
        self._start = start
        self._instants: set[int] = set()
        self._walls: set[datetime] = set()
        self._days: set[date] = set()

    def take(self, line: Property, moments: Moments, meter: Meter) -> None:
        """Take the values of an EXDATE or RECURRENCE-ID; one that cannot be read is no place."""
        with contextlib.suppress(ValueError):
            for value in moments.read_all(line, self._start.zone):
                meter.spend()
                if isinstance(value, Moment):
                    self._add(value)

    def _add(self, place: Moment) -> None:
        if place.whole_day or (self._start.whole_day and place.wall.time() == time()):
            self._days.add(place.wall.date())
        elif place.zone == self._start.zone:
            self._walls.add(place.wall)
        if place.earliest == place.latest:
            self._instants.add(place.earliest)

    def has(self, wall: datetime, instant: int) -> bool:
        """Tell whether a time of the series is one of these places."""
        return instant in self._instants or wall in self._walls or wall.date() in self._days
