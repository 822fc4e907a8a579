"""Time off as people write it, local days and times, in UTC seconds."""

from __future__ import annotations

from datetime import date, timedelta

from hub.core.errors import InputError
from hub.core.interval import Span
from hub.core.zones import Twice, local_day, local_to_utc

_YEARS = range(1970, 9999)


def time_off_from_local(zone: str, first: date, begin: int, last: date, end: int) -> Span:
    """Return the UTC span of an absence from a minute after midnight of one local day to one of another.

    Minutes are 0 to 1440, where 1440 is the end of the day. What a clock shows twice counts from the earlier and to
    the later showing; what it skips is the moment of the change. So an absence is never shorter than what was meant.
    Raises InputError that names the field: ``zone``, ``time_off.start`` or ``time_off.end``.
    """
    start = _instant("time_off.start", zone, first, begin, Twice.EARLIER)
    finish = _instant("time_off.end", zone, last, end, Twice.LATER)
    if finish <= start:
        raise InputError("time_off.end", "The end must come after the start; swap them or choose a later end.")
    return start, finish


def end_of_day(field: str, zone: str, day: date) -> int:
    """Return the UTC second at which a local day is over. Raises InputError that names ``field`` or ``zone``."""
    return _instant(field, zone, day, 1440, Twice.LATER)


def _instant(field: str, zone: str, day: date, minute: int, twice: Twice) -> int:
    if day.year not in _YEARS:
        raise InputError(field, "Choose a day of the years 1970 to 9998.")
    if not 0 <= minute <= 1440:
        raise InputError(field, "A time of day is 0 to 1440 minutes after midnight.")
    if minute == 1440:
        day, minute = day + timedelta(days=1), 0
        twice = Twice.EARLIER  # the end of a day is its last moment, not the second showing of the next midnight
    try:
        return local_to_utc(zone, day, minute, twice)
    except InputError as error:
        if error.code != "nonexistent_time":
            raise
    shown = [part for part in local_day(zone, day.toordinal()) if part.origin + 60 * minute < part.end]
    if not shown:
        raise InputError(field, f"The calendar of {zone} skips this day; choose another one.")
    return max(shown[0].start, shown[0].origin + 60 * minute)
