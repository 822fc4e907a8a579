"""Availability the slow way: every rule asked of the wall clock minute by minute, with date objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import product
from zoneinfo import ZoneInfo

from hub.core.availability import Holder
from hub.core.calendar import Window
from hub.core.hours import Override, WeeklyHours, always_open, open_spans
from hub.core.interval import Span
from hub.core.reason import Reason
from hub.core.service import Anchor, Service, StaffRule

MINUTE = 60
GRID = 300


@dataclass(frozen=True)
class Person:
    """A holder as people would write it down; no hours: always open."""

    id: str
    hours: WeeklyHours | None
    overrides: tuple[Override, ...] = ()
    time_off: tuple[Span, ...] = ()
    holidays: tuple[date, ...] = ()
    busy: tuple[Span, ...] = ()
    claimed: tuple[Span, ...] = ()
    booked: tuple[Span, ...] = ()
    withheld: Reason | None = None

    def holder(self, window: Window) -> Holder:
        """Return the same holder as the core wants it."""
        opened = always_open()
        if self.hours is not None:
            opened = open_spans(
                self.hours, window, overrides=self.overrides, time_off=self.time_off, holidays=self.holidays
            )
        return Holder(self.id, opened, self.busy, self.claimed, self.booked, self.withheld)


@lru_cache(maxsize=4)
def wall_minutes(zone: str, window: Window) -> list[tuple[int, date, int]]:
    """Return each UTC minute of the window with the local date and minute after midnight that the clock shows."""
    moments = range(window.start, window.end, MINUTE)
    walls = [(instant, datetime.fromtimestamp(instant, ZoneInfo(zone))) for instant in moments]
    return [(instant, wall.date(), wall.hour * 60 + wall.minute) for instant, wall in walls]


def working_minutes(person: Person, window: Window) -> dict[int, tuple[date, int]]:
    """Return the UTC minutes at which the person works, each with its date and where its window begins."""
    if person.hours is None:
        return dict.fromkeys(range(window.start, window.end, MINUTE), (date.min, 0))
    shown: dict[tuple[date, int], list[int]] = {}
    overrides = {override.day: override.windows for override in person.overrides}
    for instant, day, minute in wall_minutes(person.hours.zone, window):
        windows = [(one.start, one.end) for one in person.hours.windows if one.weekday == day.weekday()]
        if day in person.holidays:
            windows = []
        for start, end in overrides.get(day, windows):
            if start <= minute < end:
                shown.setdefault((day, start), []).append(instant)
    working: dict[int, tuple[date, int]] = {}
    for name, instants in shown.items():
        for instant in range(instants[0], instants[-1] + MINUTE, MINUTE):
            working[instant] = name
    return {
        instant: name
        for instant, name in working.items()
        if not any(start <= instant < end for start, end in person.time_off)
    }


def naive_offer(service: Service, people: Mapping[str, Person], window: Window, now: int) -> list[int]:
    """Return the starts in the window, one five-minute candidate after the other."""
    first = window.start // MINUTE * MINUTE
    margin = Window(first - 26 * 3600, window.end + 5 * 3600)
    working = {one: working_minutes(person, margin) for one, person in people.items()}

    def blocked(one: str) -> tuple[Span, ...]:
        return people[one].busy + people[one].claimed

    def free(one: str, start: int) -> bool:
        if one not in people or people[one].withheld is not None:
            return False
        end = start + service.duration
        return all(instant in working[one] for instant in range(start, end, MINUTE)) and not any(
            low < end + service.after and high > start - service.before for low, high in blocked(one)
        )

    def in_gap(one: str, instant: int) -> bool:
        return not any(low - service.after <= instant < high + service.before for low, high in blocked(one))

    def gap_start(team: tuple[str, ...], start: int) -> int:
        first = start
        while all(
            working[one].get(first - MINUTE) == working[one][first] and in_gap(one, first - MINUTE) for one in team
        ):
            first -= MINUTE
        return first

    def on_anchor(team: tuple[str, ...], start: int) -> bool:
        if service.anchor is Anchor.GAP:
            first = -(-gap_start(team, start) // GRID) * GRID
            return start >= first and (start - first) % service.step == 0
        hours = people[team[0]].hours
        wall = datetime.fromtimestamp(start, ZoneInfo("UTC" if hours is None else hours.zone))
        return (wall.hour * 3600 + wall.minute * 60) % service.step == 0

    def equipped(start: int) -> bool:
        able = [[one for one in group if free(one, start)] for group in service.resources]
        return any(len(set(choice)) == len(choice) for choice in product(*able))

    teams = [(one,) for one in service.staff]
    if service.staff_rule is StaffRule.ALL:
        teams = [service.staff] if service.staff else []
    works: Callable[[int], bool] = lambda start: any(  # noqa: E731 - reads as one sentence
        all(free(one, start) for one in team) and on_anchor(team, start) for team in teams
    )
    first = -(-window.start // GRID) * GRID
    return [
        start
        for start in range(first, window.end, GRID)
        if now + service.notice <= start < now + service.horizon and works(start) and equipped(start)
    ]
