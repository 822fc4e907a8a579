"""Working hours: weekly windows in a holder's own zone, exceptions to them, and the UTC openings that follow.

An *opening* is one local window of one local day. A window covers the times at which the wall clock shows a minute
in it, so one that begins in a skipped hour begins where the gap ends, one that meets a repeated hour begins at the
earlier and ends at the later showing, and one across a change has its true length. Where an opening touches the
next (23:00 to 24:00, then 00:00 to 02:00) an appointment may run on from one into the other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TypeAlias

from hub.core.calendar import Window
from hub.core.errors import InputError
from hub.core.interval import Span, merge, subtract
from hub.core.reason import Reason
from hub.core.zones import DAY, Stretch, check_zone, day_of, local_day

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FOREVER = 2**62


@dataclass(frozen=True, slots=True, order=True)
class DayWindow:
    """An open window on a weekday (0 = Monday), in minutes after local midnight; 1440 is the end of the day.

    Hours past midnight are two windows: one that ends at 1440, and one on the next day that begins at 0.
    """

    weekday: int
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise InputError("hours.weekday", f"{self.weekday} is no weekday; use 0 (Monday) to 6 (Sunday).")
        _check_minutes(_WEEKDAYS[self.weekday], self.start, self.end)


@dataclass(frozen=True, slots=True)
class Override:
    """What holds on one date instead of its weekly windows and of a holiday; no windows: closed that day.

    ``windows`` are ``(start, end)`` in minutes after local midnight.
    """

    day: date
    windows: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        for start, end in self.windows:
            _check_minutes(str(self.day), start, end)
        _check_apart(str(self.day), self.windows)


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """The windows of a week in an IANA zone, several a day in any order; they may touch but not overlap."""

    zone: str
    windows: tuple[DayWindow, ...] = ()

    def __post_init__(self) -> None:
        check_zone(self.zone)
        for name, windows in zip(_WEEKDAYS, self.by_weekday(), strict=True):
            _check_apart(name, windows)

    def by_weekday(self) -> list[list[Span]]:
        """Return the windows of each weekday, Monday first, in order, as ``(start, end)`` minutes."""
        week: list[list[Span]] = [[] for _ in _WEEKDAYS]
        for window in self.windows:
            week[window.weekday].append((window.start, window.end))
        for windows in week:
            windows.sort()
        return week


Opening: TypeAlias = tuple[int, int, int]
"""``(start, end, close)``: an appointment may start in ``[start, end)`` and must be over at ``close``, where the run
of openings that touch each other ends. Plain tuples, because a search reads thousands."""


@dataclass(frozen=True, slots=True)
class Openings:
    """When a holder works, in UTC seconds.

    ``opened`` is sorted, without overlaps. ``clock`` says how to count marks from local midnight: from ``since`` on,
    ``(instant - origin)`` is the wall clock's seconds since midnight, as sorted pairs ``(since, origin)``.
    ``closed`` says why whole stretches are shut: ``(start, end, reason)``; only `explain` reads it.
    """

    opened: tuple[Opening, ...]
    clock: tuple[tuple[int, int], ...]
    closed: tuple[tuple[int, int, Reason], ...] = ()

    def origin_at(self, instant: int) -> int:
        """Return the second from which marks on the wall clock are counted at an instant within an opening."""
        return self.clock[bisect_right(self.clock, (instant, _FOREVER)) - 1][1]


def open_spans(
    hours: WeeklyHours,
    window: Window,
    *,
    overrides: Iterable[Override] = (),
    time_off: Iterable[Span] = (),
    holidays: Collection[date] = (),
) -> Openings:
    """Return the openings that touch the window, each whole, so that it does not matter where a search begins.

    An override replaces the weekly windows of its date and wins over a holiday; a holiday closes its date; time off
    (UTC spans in any order) is cut out of everything. InputError if a date has two overrides.
    """
    zone, week = hours.zone, hours.by_weekday()
    exceptions, shut = _exceptions(overrides, holidays)
    spans: list[Span] = []
    clock: list[tuple[int, int]] = []
    # One day more before, for a clock put back over midnight; two after, because an appointment may last a day.
    days = range(day_of(zone, window.start) - 1, day_of(zone, window.end) + 3)
    for ordinal in days:
        windows = exceptions.get(ordinal, week[(ordinal - 1) % 7])
        if not windows:
            continue
        stretches = local_day(zone, ordinal)
        if not stretches:
            continue
        since, _, midnight = stretches[0]
        if since == midnight and stretches[-1].end == midnight + DAY:  # an ordinary day: sums are enough
            clock.append((midnight, midnight))
            for first, last in windows:
                spans.append((midnight + 60 * first, midnight + 60 * last))
        else:
            clock.extend((since, origin) for since, _, origin in stretches)
            spans.extend(_across_change(windows, stretches))
    away = merge(time_off)
    reasons = [(start, end, Reason.TIME_OFF) for start, end in away]
    for ordinal, reason in shut.items():
        if ordinal in days:
            reasons.extend((since, until, reason) for since, until, _ in local_day(zone, ordinal))
    spans = subtract(spans, away) if away else spans
    return Openings(_openings(spans, window.start, window.end), tuple(clock), tuple(reasons))


def always_open() -> Openings:
    """Return openings without an end, for a resource that has no hours of its own."""
    return Openings(((-_FOREVER, _FOREVER, _FOREVER),), ((-_FOREVER, 0),))


def _exceptions(
    overrides: Iterable[Override], holidays: Collection[date]
) -> tuple[dict[int, list[Span]], dict[int, Reason]]:
    """Return what replaces the weekly windows, by ordinal of the day, and why a day is closed altogether."""
    instead: dict[int, list[Span]] = {}
    shut: dict[int, Reason] = {}
    for override in overrides:
        ordinal = override.day.toordinal()
        if ordinal in instead:
            raise InputError("overrides", f"{override.day} has two overrides; put all windows of a day into one.")
        instead[ordinal] = sorted(override.windows)
        if not override.windows:
            shut[ordinal] = Reason.CLOSED_DAY
    for day in holidays:
        if day.toordinal() not in instead:
            instead[day.toordinal()] = []
            shut[day.toordinal()] = Reason.HOLIDAY
    return instead, shut


def _across_change(windows: Iterable[Span], stretches: Sequence[Stretch]) -> Iterator[Span]:
    """Yield the span from the first to the last moment at which the clock of that day shows a time of each window."""
    for first, last in windows:
        parts = [
            (max(since, origin + 60 * first), min(until, origin + 60 * last)) for since, until, origin in stretches
        ]
        shown = [part for part in parts if part[0] < part[1]]
        if shown:
            yield shown[0][0], shown[-1][1]


def _openings(spans: Sequence[Span], begin: int, finish: int) -> tuple[Opening, ...]:
    """Turn sorted spans into the openings that touch ``[begin, finish)``; of two that a repeated hour made overlap
    the first is cut."""
    opened: list[Opening] = []
    following, close = _FOREVER, _FOREVER
    for start, end in reversed(spans):
        if end < following:
            close = end
        else:
            end = following
        following = start
        if begin < end and start < finish and start < end:
            opened.append((start, end, close))
    opened.reverse()
    return tuple(opened)


def _check_minutes(where: str, start: int, end: int) -> None:
    if not (0 <= start < 1440 and 0 < end <= 1440):
        raise InputError("hours", f"{where} {start} to {end} leaves the day; use minutes from 0 to 1440.")
    if end <= start:
        raise InputError(
            "hours",
            f"{where} {start} to {end} ends before it begins; split hours past midnight into two windows at 1440.",
        )


def _check_apart(where: str, windows: Iterable[Span]) -> None:
    ordered = sorted(windows)
    for (_, end), (start, _) in pairwise(ordered):
        if start < end:
            raise InputError("hours", f"{where} has windows that overlap at minute {start}; join or part them.")
