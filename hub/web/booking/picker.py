"""Choosing a day and a time: a month drawn by the server, and the times of one of its days."""

from __future__ import annotations

import secrets
from calendar import Calendar, day_name, month_name
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from hub.actions.free_days import FreeDays, free_days, month_window, next_free_start
from hub.actions.public_page import PublicPage, PublicService
from hub.core.zones import day_of
from hub.parts import Hub
from hub.web.booking.flow import Flow, read_day
from hub.web.booking.zones import place_of, zone_groups
from hub.web.words import clock, local_hour, offset, short_day

_SUNDAY_FIRST = frozenset("AU BR CA CN CO HK ID IL IN JP KR MX PE PH SG TH TW US VE ZA".split())
"""Regions (ISO 3166) where calendars begin with Sunday (Unicode CLDR, week data)."""

_PARTS = ((12, "Morning"), (17, "Afternoon"), (24, "Evening"))


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the grid; ``count`` is how many times it has, ``label`` what a reader of the screen says."""

    day: date
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Time:
    """A start to choose. ``there`` is the time at the business, where that differs; ``label`` says it all."""

    start: int
    text: str
    there: str
    label: str


@dataclass(frozen=True, slots=True)
class Picker:
    """What the page shows. ``before`` and ``after`` are neighbouring months that may have times, as ``2027-03``.

    ``key`` makes a form that is sent twice one hold. ``next_day`` is the first day after the month that has times.
    """

    flow: Flow
    month: date
    weekdays: tuple[str, ...]
    weeks: tuple[tuple[Cell | None, ...], ...]
    before: str
    after: str
    day: date | None
    parts: tuple[tuple[str, tuple[Time, ...]], ...]
    withheld: bool
    next_day: date | None
    elsewhere: str
    key: str

    @property
    def title(self) -> str:
        """The month in words."""
        return f"{month_name[self.month.month]} {self.month.year}"

    @property
    def is_empty(self) -> bool:
        """Whether nothing is free in this month."""
        return not any(cell and cell.count for week in self.weeks for cell in week)

    @property
    def zone_groups(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
        """The zones to choose from."""
        return zone_groups()


def pick(
    hub: Hub, page: PublicPage, service: PublicService, flow: Flow, *, moving: str = "", start: int | None = None
) -> Picker:
    """Return the month and the day that the address names, or the first ones with a free time.

    ``moving`` is a booking whose own time counts as free. ``start`` is one that could not be had: its day is shown. A
    month outside what can be booked becomes the nearest one that is inside. One search a shown month; only a month
    without any time costs another one, to say when the next is.
    """
    now, zone = hub.clock(), flow.zone
    first = date.fromordinal(day_of(zone, now + service.notice))
    last = date.fromordinal(day_of(zone, now + service.horizon - 1))
    asked = read_day("day")
    if start is not None and now <= start < now + service.horizon:
        asked = date.fromordinal(day_of(zone, start))
    wanted = asked if start is not None else read_day("month") or asked
    month = min(max(wanted or first, first), last).replace(day=1)

    def search(month: date) -> FreeDays:
        window = month_window(zone, month.toordinal(), _following(month).toordinal(), now)
        return free_days(hub, page.business_id, service.id, window, zone=zone, staff=flow.staff, moving=moving)

    found = search(month)
    next_day = None
    if not found.days and not found.withheld:
        ends = month_window(zone, month.toordinal(), _following(month).toordinal(), now).end
        until = now + service.horizon
        coming = next_free_start(hub, page.business_id, service.id, ends, until, staff=flow.staff, moving=moving)
        next_day = None if coming is None else date.fromordinal(day_of(zone, coming))
        if next_day and not wanted:  # nobody asked for this month: begin where there is something
            month, next_day = next_day.replace(day=1), None
            found = search(month)
    free = found.days
    day = asked if asked and _same_month(asked, month) else None
    if day is None and free:
        day = date.fromordinal(min(free))
    sunday = page.region in _SUNDAY_FIRST
    return Picker(
        flow=flow,
        month=month,
        weekdays=tuple(day_name[(number + (6 if sunday else 0)) % 7] for number in range(7)),
        weeks=_grid(month, free, day, 6 if sunday else 0),
        before=_name(month - timedelta(days=1)) if month > first.replace(day=1) else "",
        after=_name(_following(month)) if month < last.replace(day=1) else "",
        day=day,
        parts=_parts(free.get(day.toordinal(), ()) if day else (), zone, page.zone),
        withheld=found.withheld,
        next_day=next_day,
        elsewhere=page.zone if offset(now, zone) != offset(now, page.zone) else "",
        key=secrets.token_urlsafe(12),
    )


def _grid(
    month: date, free: Mapping[int, tuple[int, ...]], chosen: date | None, first_weekday: int
) -> tuple[tuple[Cell | None, ...], ...]:
    return tuple(
        tuple(_cell(day, free, chosen) if day.month == month.month else None for day in week)
        for week in Calendar(first_weekday).monthdatescalendar(month.year, month.month)
    )


def _cell(day: date, free: Mapping[int, tuple[int, ...]], chosen: date | None) -> Cell:
    count = len(free.get(day.toordinal(), ()))
    words = f"{count} time{'' if count == 1 else 's'}" if count else "nothing free"
    return Cell(day, f"{day:%A}, {day.day} {day:%B}, {words}", count, day == chosen)


def _parts(starts: tuple[int, ...], zone: str, there: str) -> tuple[tuple[str, tuple[Time, ...]], ...]:
    shown = Counter(clock(start, zone, there) for start in starts)
    parts: list[tuple[str, tuple[Time, ...]]] = []
    times = [_time(start, zone, there, twice=shown[clock(start, zone, there)] > 1) for start in starts]
    begins = 0
    for until, title in _PARTS:
        inside = tuple(one for one in times if begins <= local_hour(one.start, zone) < until)
        if inside:
            parts.append((title, inside))
        begins = until
    return tuple(parts)


def _time(start: int, zone: str, there: str, *, twice: bool) -> Time:
    text = clock(start, zone, there)
    if twice:  # an hour that comes twice in autumn
        text += f" ({offset(start, zone)})"
    if offset(start, zone) == offset(start, there):
        return Time(start, text, "", text)
    other = clock(start, there)
    if short_day(start, zone) != short_day(start, there):
        other = f"{short_day(start, there)}, {other}"
    return Time(start, text, other, f"{text}, which is {other} in {place_of(there)}")


def _following(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _same_month(one: date, other: date) -> bool:
    return (one.year, one.month) == (other.year, other.month)


def _name(day: date) -> str:
    return f"{day:%Y-%m}"
