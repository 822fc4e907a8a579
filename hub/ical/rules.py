"""Recurrence rules (RFC 5545 3.3.10) as wall clock times within a span.

Rules are expanded by dateutil on naive wall clock times; zones come later. Days, weeks and shorter periods that ended
long before the span are jumped over, so a daily event since 1970 costs what one since yesterday does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from dateutil import rrule
from icalendar.prop import vRecur

from hub.core.errors import InputError
from hub.ical.budget import Meter

_FREQUENCIES = {
    "YEARLY": rrule.YEARLY,
    "MONTHLY": rrule.MONTHLY,
    "WEEKLY": rrule.WEEKLY,
    "DAILY": rrule.DAILY,
    "HOURLY": rrule.HOURLY,
    "MINUTELY": rrule.MINUTELY,
    "SECONDLY": rrule.SECONDLY,
}
_PERIODS = {
    "WEEKLY": timedelta(weeks=1),
    "DAILY": timedelta(days=1),
    "HOURLY": timedelta(hours=1),
    "MINUTELY": timedelta(minutes=1),
    "SECONDLY": timedelta(seconds=1),
}
_DAYS = {"MO": rrule.MO, "TU": rrule.TU, "WE": rrule.WE, "TH": rrule.TH, "FR": rrule.FR, "SA": rrule.SA, "SU": rrule.SU}
_NUMBERS = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYHOUR", "BYMINUTE", "BYSECOND")
_OF_TIME = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})


class Rule:
    """One RRULE. Raises InputError or ValueError for what is no rule of the Gregorian calendar."""

    def __init__(self, text: str) -> None:
        parts: Mapping[str, list[Any]] = vRecur.from_ical(text.strip())
        if str(parts.get("RSCALE", ["GREGORIAN"])[0]).upper() != "GREGORIAN":
            raise InputError("rrule", "Only rules of the Gregorian calendar can be read.", code="calendar_scale")
        self._frequency = str(_one(parts, "FREQ", ""))
        self._interval = int(_one(parts, "INTERVAL", 1))
        if self._frequency not in _FREQUENCIES or self._interval < 1:
            raise InputError("rrule", "A rule needs a known FREQ, and an INTERVAL of at least 1.")
        self.until: date | datetime | None = _one(parts, "UNTIL", None)
        count = int(_one(parts, "COUNT", 0))
        # Both at once are forbidden: the rule that gives more times is taken. A count below one is none.
        self._count = count if count > 0 and self.until is None else None
        self._parts = parts

    def walls(self, start: datetime, low: datetime, high: datetime, meter: Meter, *, days: bool) -> Iterator[datetime]:
        """Return the times of the rule from ``start`` on, within ``low`` and ``high``; UNTIL is not looked at.

        ``days``: the event has dates only, so parts about the time of day mean nothing. The meter is charged
        for each time that the rule makes on the way to the span.
        """
        arguments = self._arguments(days=days)
        if self._count is None:
            start = self._nearer(start, low)
        for wall in rrule.rrule(dtstart=start, **arguments):
            if wall > high:
                return
            meter.spend()
            if wall >= low:
                yield wall

    def _nearer(self, start: datetime, low: datetime) -> datetime:
        """Return a later start from which the rule makes the same times within the span."""
        if self._frequency in _PERIODS:
            period = _PERIODS[self._frequency] * self._interval
            return start + period * max((low - start) // period - 1, 0)
        if self._frequency == "YEARLY" and self._parts.get("BYMONTH") and self._parts.get("BYDAY"):
            # The shape of every VTIMEZONE rule; many begin in the year 1601.
            turns = (low.year - start.year) // self._interval - 1
            if turns > 0:
                return start.replace(year=start.year + turns * self._interval, day=min(start.day, 28))
        return start

    def _arguments(self, *, days: bool) -> dict[str, Any]:
        found: dict[str, Any] = {"freq": _FREQUENCIES[self._frequency], "interval": self._interval}
        if self._count is not None:
            found["count"] = self._count
        week_start = str(_one(self._parts, "WKST", "MO"))
        found["wkst"] = _DAYS[week_start]
        for name in _NUMBERS:
            if name in self._parts and not (days and name in _OF_TIME):
                found[name.lower()] = [int(number) for number in self._parts[name]]
        if "BYDAY" in self._parts:
            found["byweekday"] = [_weekday(str(text)) for text in self._parts["BYDAY"]]
        return found


def _one(parts: Mapping[str, list[Any]], name: str, default: Any) -> Any:
    values = parts.get(name)
    return values[0] if values else default


def _weekday(text: str) -> Any:
    day, number = _DAYS[text[-2:].upper()], text[:-2]
    return day(int(number)) if number else day
