"""The free times of some days as a visitor sees them: by local day, in the visitor's own zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from hub.actions.offer import LONGEST, fresh_schedule
from hub.actions.schedule import Schedule
from hub.core import availability
from hub.core.calendar import Window
from hub.core.reason import Reason
from hub.core.zones import day_of, local_day
from hub.parts import Hub

_PIECES = 4
"""Searches, of `LONGEST` each, that `next_free_start` makes at most."""


@dataclass(frozen=True, slots=True)
class FreeDays:
    """Starts (UTC seconds, in order) by the ordinal of their local day.

    ``withheld``: there are none, and a calendar that could not be read is why, at least in part.
    """

    days: Mapping[int, tuple[int, ...]]
    withheld: bool = False


def free_days(
    hub: Hub, business_id: str, service_id: str, window: Window, *, zone: str, staff: str = "", moving: str = ""
) -> FreeDays:
    """Return what can be booked in the window, by local day in the zone: one search.

    ``staff`` is the one who is asked for, empty for anybody; ``moving`` as in `offer`. Raises InputError for a window
    that is too long, UnknownId.
    """
    starts, withheld = _search(hub, business_id, service_id, window, staff, moving)
    days = {day: tuple(found) for day, found in groupby(starts, key=lambda start: day_of(zone, start))}
    return FreeDays(days, withheld)


def next_free_start(
    hub: Hub, business_id: str, service_id: str, after: int, until: int, *, staff: str = "", moving: str = ""
) -> int | None:
    """Return the first start in ``[after, until)`` that can be booked, or None. It is looked for piece by piece."""
    for _ in range(_PIECES):
        if after >= until:
            return None
        window = Window(after, min(until, after + LONGEST))
        starts, withheld = _search(hub, business_id, service_id, window, staff, moving)
        if starts or withheld:
            return starts[0] if starts else None
        after = window.end
    return None


def month_window(zone: str, first: int, last: int, now: int) -> Window:
    """Return the time from now on of the local days ``[first, last)``, given as ordinals; never empty."""
    start, end = (_begins(zone, day) for day in (first, last))
    return Window(max(start, min(now, end - 1)), end)


def _begins(zone: str, day: int) -> int:
    while not (stretches := local_day(zone, day)):  # a zone that moved across the date line has skipped it
        day += 1
    return stretches[0].start


def _search(
    hub: Hub, business_id: str, service_id: str, window: Window, staff: str, moving: str
) -> tuple[list[int], bool]:
    schedule, now = fresh_schedule(hub, business_id, service_id, window, moving=moving)
    found = availability.offer(schedule.service, schedule.holders, window, now)
    starts = found.free.get(staff, []) if staff else found.starts
    wanted = {staff, *_rooms(schedule)} if staff else {one.id for one in schedule.holders}
    unread = any(one.withheld in _UNREAD for one in schedule.holders if one.id in wanted)
    return starts, not starts and unread


def _rooms(schedule: Schedule) -> tuple[str, ...]:
    return tuple(one for group in schedule.service.resources for one in group)


_UNREAD = frozenset({Reason.CALENDAR_STALE, Reason.CALENDAR_UNREACHABLE, Reason.CALENDAR_UNREADABLE})
