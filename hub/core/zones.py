"""Local days and UTC: what a wall clock shows in a zone, and when.

A *local day* is one calendar date in a zone, named by its proleptic ordinal (`datetime.date.toordinal`). It is given
as *stretches* of one UTC offset each: a day without a clock change has one, a day with one has two. All conversions
are arithmetic on stretches, so a change at midnight, of half an hour, or over a whole day needs no case of its own.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from hub.core.errors import InputError

DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_LAST = (date(9999, 1, 1).toordinal() - _EPOCH) * DAY
_NO_PLACE = frozenset({"localtime", "Factory"})  # files beside the zones: the host's own zone, and a placeholder


class Stretch(NamedTuple):
    """A part of a local day with one UTC offset: ``[start, end)`` in UTC seconds.

    ``origin`` is the second at which the clock would have read midnight had it always run as in this stretch, so
    within the stretch ``instant - origin`` is the wall clock's seconds since midnight.
    """

    start: int
    end: int
    origin: int


class Twice(StrEnum):
    """Which one is meant of a local time that the clock shows twice (RFC 5545 3.3.5 means the earlier)."""

    EARLIER = "earlier"
    LATER = "later"


def check_zone(name: str) -> str:
    """Return the name of an IANA zone as given, or raise InputError if there is no such zone."""
    if name not in zone_names():
        raise InputError("zone", f"There is no time zone {name!r}; use an IANA name such as 'Europe/Berlin'.")
    return name


def local_to_utc(zone: str, day: date, minute: int, twice: Twice = Twice.EARLIER) -> int:
    """Return the UTC second at which a clock in the zone shows that minute after midnight (0 to 1439) of the day.

    Raises InputError for an unknown zone, for a minute out of range, and for a time that the clock skips there.
    """
    if not 0 <= minute < 1440:
        raise InputError("minute", f"{minute} is no minute of a day; use 0 to 1439.")
    stretches = local_day(check_zone(zone), day.toordinal())
    shown = [part.origin + 60 * minute for part in stretches if part.start <= part.origin + 60 * minute < part.end]
    if not shown:
        raise InputError(
            "time",
            f"The clock skips {day} {minute // 60:02}:{minute % 60:02} in {zone}; choose another time.",
            code="nonexistent_time",
        )
    return shown[0] if twice is Twice.EARLIER else shown[-1]


def day_of(zone: str, instant: int) -> int:
    """Return the ordinal of the local day in which the instant lies; InputError outside the years 1970 to 9998."""
    if not DAY <= instant < _LAST:
        raise InputError("time", f"{instant} lies outside the years 1970 to 9998; give UTC seconds.")
    return (instant + _offset(zone, instant)) // DAY + _EPOCH


@lru_cache(maxsize=65_536)
def local_day(zone: str, ordinal: int) -> tuple[Stretch, ...]:
    """Return the stretches of a local day in order; none for a day that the zone skipped.

    Two changes within one local day are not looked for: no zone has them.
    """
    start, end = _day_start(zone, ordinal), _day_start(zone, ordinal + 1)
    if start == end:
        return ()
    midnight = (ordinal - _EPOCH) * DAY
    before, after = _offset(zone, start), _offset(zone, end - 1)
    if before == after:
        return (Stretch(start, end, midnight - before),)
    change = _change(zone, start, end - 1)
    return Stretch(start, change, midnight - before), Stretch(change, end, midnight - after)


def _day_start(zone: str, ordinal: int) -> int:
    # PEP 495, fold=0: the earlier of two midnights. A skipped midnight is read with the offset before the gap; that is
    # the moment of the change, because every gap over midnight in the zone database begins exactly at midnight.
    midnight = datetime.fromordinal(ordinal).replace(tzinfo=ZoneInfo(zone))
    return (ordinal - _EPOCH) * DAY - _seconds(midnight)


def _change(zone: str, low: int, high: int) -> int:
    """Return the first instant after ``low`` with another offset than it, where ``high`` is known to have one."""
    before = _offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: str, instant: int) -> int:
    return _seconds(datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(zone)))


def _seconds(moment: datetime) -> int:
    offset = moment.utcoffset()
    return 0 if offset is None else offset.days * DAY + offset.seconds


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return the IANA zones that a business or a customer may be in."""
    return frozenset(available_timezones() - _NO_PLACE)
