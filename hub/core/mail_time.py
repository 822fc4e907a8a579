"""Times as a reader of English takes them, without a doubt: weekday, date, clock, and the zone's name.

``by`` is the zone whose people say whether the day has 24 hours or twice 12 (`core.clock_style`): the business's. Empty
for the zone of the time itself.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from hub.core.clock_style import clock_text, has_twelve
from hub.core.errors import InputError
from hub.core.zones import check_zone

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = "January February March April May June July August September October November December".split()


def spell_span(start: int, end: int, zone: str, by: str = "") -> str:
    """Return a span as ``Monday, 15 March 2027, 08:00 to 08:30 CET (Europe/Berlin)``.

    The end has a day of its own only where that is another one. A zone that is not known is written in UTC.
    """
    where, twelve = _zone(zone), has_twelve(by or zone)
    first, last = (datetime.fromtimestamp(one, UTC).astimezone(where) for one in (start, end))
    until = _clock(last, twelve) if last.date() == first.date() else f"{_day(last)}, {_clock(last, twelve)}"
    change = f" {_short(first)}" if _short(first) != _short(last) else ""
    return f"{_day(first)}, {_clock(first, twelve)}{change} to {until} {_short(last)}{_place(where)}"


def spell_time(instant: int, zone: str, by: str = "") -> str:
    """Return one instant in the same manner."""
    where = _zone(zone)
    moment = datetime.fromtimestamp(instant, UTC).astimezone(where)
    return f"{_day(moment)}, {_clock(moment, has_twelve(by or zone))} {_short(moment)}{_place(where)}"


def spell_end(instant: int, zone: str, by: str = "") -> str:
    """Return until when something lasts, in the same manner."""
    return spell_time(last_moment(instant, zone), zone, by)


def last_moment(instant: int, zone: str) -> int:
    """Return an instant, or the second before it where it is midnight: that reads as the day after what it ends."""
    local = datetime.fromtimestamp(instant, UTC).astimezone(_zone(zone))
    return instant - 1 if local.hour == local.minute == local.second == 0 else instant


def _day(moment: datetime) -> str:
    return f"{_DAYS[moment.weekday()]}, {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def _clock(moment: datetime, twelve: bool) -> str:
    return clock_text(moment.hour, moment.minute, twelve=twelve)


def _short(moment: datetime) -> str:
    name = moment.tzname() or ""
    return f"UTC{name}" if name[:1] in ("+", "-") else name  # the zone data have no letters for some places


def _place(where: tzinfo) -> str:
    return f" ({where.key})" if isinstance(where, ZoneInfo) and where.key != "UTC" else ""


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(check_zone(name))
    except InputError:
        return UTC
