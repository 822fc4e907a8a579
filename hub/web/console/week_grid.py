"""A week as shapes: where hours, busy times, time off and bookings stand in the columns of the days, in pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hub.actions.bookings import BookingRow
from hub.actions.week import DayView, HolderWeek, Week
from hub.core.reason import Reason
from hub.web.words import clock, day_minute, offset

HOUR = 48
"""Pixels of an hour: half of it is still a target that a finger meets."""
_EARLIEST, _LATEST = 8, 18
_DAY = 1440
_STEP = 1800


@dataclass(frozen=True, slots=True)
class Shape:
    """A block of a lane. ``kind``: ``open``, ``busy``, ``maybe`` (does not block), ``off``, ``around``, ``booking``.

    ``x`` and ``width`` are percents of the column, ``y`` and ``height`` pixels.
    """

    kind: str
    x: float
    width: float
    y: int
    height: int
    start: int
    end: int
    holder: str
    booking: BookingRow | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A half hour to ask about; ``at`` in UTC seconds. ``label`` is its time, with the offset if it comes twice."""

    at: int
    y: int
    label: str


@dataclass(frozen=True, slots=True)
class Column:
    """A day: its shapes from the back to the front, and a word on what makes it special."""

    day: date
    note: str
    slots: tuple[Slot, ...]
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A week to draw: ``hours`` are (pixels from above, label), ``now`` where the present is, as (day, pixels)."""

    height: int
    hours: tuple[tuple[int, str], ...]
    columns: tuple[Column, ...]
    now: tuple[date, int] | None


def draw(week: Week) -> Grid:
    """Return a week as shapes: from the first opening or booking of any day to the last, and at least 8 to 18."""
    first, last = _range(week)
    scale = _Scale(week.zone, first, last)
    days = [one.days for one in week.holders]
    columns = tuple(_column(scale, week.holders, tuple(of[number] for of in days)) for number in range(7) if days)
    hours = tuple(((hour - first) * HOUR, _hour(hour, week.zone)) for hour in range(first, last))
    now = None
    local = datetime.fromtimestamp(week.now, ZoneInfo(week.zone))
    if week.start <= week.now < week.end and first <= local.hour < last:
        now = local.date(), scale.y(local.hour * 60 + local.minute)
    return Grid((last - first) * HOUR, hours, columns, now)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a wall clock stands in a column that shows the hours ``[first, last)``."""

    zone: str
    first: int
    last: int

    def y(self, minute: int) -> int:
        return round((min(max(minute, self.first * 60), self.last * 60) - self.first * 60) * HOUR / 60)

    def span(self, day: DayView, start: int, end: int) -> tuple[int, int]:
        """Return where a time begins in its day, and how high it is; 0 for one that does not show."""
        begins, ends = _minute(day, start, self.zone), _minute(day, end, self.zone)
        if ends <= begins:  # the clock went back meanwhile
            ends = begins + max(0, end - start) // 60
        above = self.y(begins)
        return above, self.y(ends) - above


def _column(scale: _Scale, holders: Sequence[HolderWeek], days: Sequence[DayView]) -> Column:
    shapes = [shape for lane, day in enumerate(days) for shape in _lane(scale, lane, len(days), holders[lane], day)]
    rank = ("open", "off", "maybe", "busy", "around", "booking")
    shapes.sort(key=lambda one: rank.index(one.kind))
    return Column(days[0].day, _note(days), tuple(_slots(scale, days[0])), tuple(shapes))


def _lane(scale: _Scale, lane: int, lanes: int, holder: HolderWeek, day: DayView) -> Iterator[Shape]:
    width = round(100 / lanes, 3)
    blocks: list[tuple[str, int, int, BookingRow | None]] = [("open", start, end, None) for start, end in day.openings]
    blocks += [("off", start, end, None) for start, end in day.off]
    blocks += [("busy" if one.blocks else "maybe", one.start, one.end, None) for one in day.busy]
    for one in day.appointments:
        if (one.from_at, one.until_at) != (one.booking.start, one.booking.end):
            blocks.append(("around", one.from_at, one.until_at, None))
        blocks.append(("booking", one.booking.start, one.booking.end, one.booking))
    for kind, start, end, booking in blocks:
        y, height = scale.span(day, max(start, day.start), min(end, day.end))
        if height > 0:
            yield Shape(kind, round(lane * 100 / lanes, 3), width, y, height, start, end, holder.name, booking)


def _slots(scale: _Scale, day: DayView) -> Iterator[Slot]:
    seen: set[str] = set()
    for at in range(day.start, day.end, _STEP):
        y, height = scale.span(day, at, at + _STEP)
        if height <= 0:
            continue
        label = clock(at, scale.zone)
        yield Slot(at, y, f"{label} ({offset(at, scale.zone)})" if label in seen else label)
        seen.add(label)


def _hour(hour: int, zone: str) -> str:
    """Return a full hour, short enough for the narrow column beside the days: ``09:00``, or ``9 am``."""
    return day_minute(hour * 60, zone).replace(":00 ", " ")


def _note(days: Iterable[DayView]) -> str:
    reasons = {why for day in days for _, _, why in day.closed}
    return "Holiday" if Reason.HOLIDAY in reasons else "Other hours" if Reason.CLOSED_DAY in reasons else ""


def _range(week: Week) -> tuple[int, int]:
    first, last = _EARLIEST * 60, _LATEST * 60
    for day in (day for holder in week.holders for day in holder.days):
        spans = [*day.openings, *((one.booking.start, one.booking.end) for one in day.appointments)]
        for start, end in spans:
            if day.start < day.end:
                first = min(first, _minute(day, max(start, day.start), week.zone))
                last = max(last, _minute(day, min(end, day.end), week.zone))
    return first // 60, -(-last // 60)


def _minute(day: DayView, instant: int, zone: str) -> int:
    """Return what the wall clock shows at an instant, in minutes after midnight of that day."""
    if instant <= day.start:
        return 0
    if instant >= day.end:
        return _DAY
    local = datetime.fromtimestamp(instant, ZoneInfo(zone))
    return local.hour * 60 + local.minute
