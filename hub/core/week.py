"""The seven local days of a week in a zone, and what of a span of time lies in each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from hub.core.calendar import Window
from hub.core.errors import InputError
from hub.core.interval import Span, clip
from hub.core.zones import check_zone, local_day

_FIRST_YEAR, _LAST_YEAR = 1971, 9997


@dataclass(frozen=True, slots=True)
class LocalDay:
    """A date in a zone, ``[start, end)`` in UTC seconds: 23 or 25 hours long where the clock changes.

    A day that the zone skipped is empty.
    """

    day: date
    start: int
    end: int

    def part(self, spans: Iterable[Span]) -> tuple[Span, ...]:
        """Return what of the spans lies in this day."""
        return tuple(clip(spans, self.start, self.end))

    def meets(self, start: int, end: int) -> bool:
        """Tell whether a span has any time in this day."""
        return start < self.end and end > self.start


def local_week(zone: str, monday: date) -> tuple[LocalDay, ...]:
    """Return the seven days from a Monday on; InputError for another weekday, an unknown zone, or a far-off year."""
    check_zone(zone)
    if monday.weekday() != 0:
        raise InputError("monday", f"{monday} is no Monday; name the Monday of the week.")
    if not _FIRST_YEAR <= monday.year <= _LAST_YEAR:
        raise InputError("monday", f"Name a year from {_FIRST_YEAR} to {_LAST_YEAR}.")
    days: list[LocalDay] = []
    for ordinal in range(monday.toordinal(), monday.toordinal() + 7):
        stretches = local_day(zone, ordinal)
        skipped = days[-1].end if days else 0
        start, end = (stretches[0].start, stretches[-1].end) if stretches else (skipped, skipped)
        days.append(LocalDay(date.fromordinal(ordinal), start, end))
    return tuple(days)


def window_of(days: Iterable[LocalDay]) -> Window:
    """Return the time from the first of the days to the last."""
    real = [one for one in days if one.start < one.end]
    return Window(real[0].start, real[-1].end)
