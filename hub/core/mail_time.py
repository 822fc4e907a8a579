"""Times as a reader of English takes them, without a doubt: weekday, date, clock, and the zone's name."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from hub.core.errors import InputError
from hub.core.zones import check_zone

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = "January February March April May June July August September October November December".split()


def spell_span(start: int, end: int, zone: str) -> str:
    """Return a span as ``Monday, 15 March 2027, 8:00 am to 8:30 am CET (Europe/Berlin)``.

    The end has a day of its own only where that is another one. A zone that is not known is written in UTC.
    """
    where = _zone(zone)
    first, last = (datetime.fromtimestamp(one, UTC).astimezone(where) for one in (start, end))
    until = _clock(last) if last.date() == first.date() else f"{_day(last)}, {_clock(last)}"
    change = f" {_short(first)}" if _short(first) != _short(last) else ""
    return f"{_day(first)}, {_clock(first)}{change} to {until} {_short(last)}{_place(where)}"


def spell_time(instant: int, zone: str) -> str:
    """Return one instant in the same manner."""
    where = _zone(zone)
    moment = datetime.fromtimestamp(instant, UTC).astimezone(where)
    return f"{_day(moment)}, {_clock(moment)} {_short(moment)}{_place(where)}"


def _day(moment: datetime) -> str:
    return f"{_DAYS[moment.weekday()]}, {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def _clock(moment: datetime) -> str:
    return f"{(moment.hour - 1) % 12 + 1}:{moment.minute:02} {'am' if moment.hour < 12 else 'pm'}"


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
