"""When the dates of a series are: Graph's recurrence patterns, as its pages of recurrencePattern and -Range say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from dateutil import rrule

from hub.testing.lab.microsoft import moments

_DAYS = {
    "monday": rrule.MO,
    "tuesday": rrule.TU,
    "wednesday": rrule.WE,
    "thursday": rrule.TH,
    "friday": rrule.FR,
    "saturday": rrule.SA,
    "sunday": rrule.SU,
}
_INDEX = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "daily": (),
    "weekly": ("daysOfWeek",),
    "absoluteMonthly": ("dayOfMonth",),
    "relativeMonthly": ("daysOfWeek",),
    "absoluteYearly": ("dayOfMonth", "month"),
    "relativeYearly": ("daysOfWeek", "month"),
}


def problem(recurrence: Mapping[str, Any], start: Mapping[str, str]) -> str:
    """Return what a patternedRecurrence lacks, or an empty text. ``start`` is the event's, whose date must be its."""
    pattern, span = recurrence.get("pattern") or {}, recurrence.get("range") or {}
    kind = str(pattern.get("type"))
    if kind not in _NEEDED or int(pattern.get("interval") or 0) < 1:
        return "The recurrence pattern needs a type and an interval."
    if any(not pattern.get(name) for name in _NEEDED[kind]):
        return f"A {kind} pattern needs {' and '.join(_NEEDED[kind])}."
    if not span.get("startDate") or span.get("type") not in {"endDate", "noEnd", "numbered"}:
        return "The recurrence range needs a type and a startDate."
    if zone_of(recurrence, start["timeZone"]) == start["timeZone"] and span["startDate"] != start["dateTime"][:10]:
        return "The startDate of the range must be the date of the event's start."
    if span["type"] == "endDate" and not span.get("endDate"):
        return "A range of the type endDate needs an endDate."
    if span["type"] == "numbered" and int(span.get("numberOfOccurrences") or 0) < 1:
        return "A range of the type numbered needs numberOfOccurrences."
    return ""


def dates(recurrence: Mapping[str, Any], first: datetime, until: datetime) -> Iterator[date]:
    """Give the dates on which the series takes place, up to a wall clock time; ``first`` is when it begins."""
    span = recurrence["range"]
    start = datetime.combine(date.fromisoformat(span["startDate"]), first.time())
    last = until
    if span["type"] == "endDate":
        last = min(until, datetime.combine(date.fromisoformat(span["endDate"]), first.time()))
    count = int(span["numberOfOccurrences"]) if span["type"] == "numbered" else None
    rule = _rule(recurrence["pattern"])
    if rule["freq"] in (rrule.MONTHLY, rrule.YEARLY):
        # Every so many months or years counts from the first date that fits (page: Schedule repeating appointments:
        # the first Thursday of every other month from the end of August is in September).
        start = next(iter(rrule.rrule(dtstart=start, **rule | {"interval": 1})), start)
    for number, moment in enumerate(rrule.rrule(dtstart=start, **rule)):
        if moment > last or (count is not None and number >= count):
            return
        yield moment.date()


def zone_of(recurrence: Mapping[str, Any], fallback: str) -> str:
    """Return the zone whose wall clock the series keeps to."""
    return str(recurrence["range"].get("recurrenceTimeZone") or fallback)


def starts(
    recurrence: Mapping[str, Any], start: Mapping[str, str], length: int, since: int, until: int
) -> Iterator[tuple[date, int]]:
    """Give each date of a series with its start in UTC seconds, where it touches the time from ``since``.

    ``length`` is how long each takes, in seconds.
    """
    name = zone_of(recurrence, start["timeZone"])
    first = moments.wall(start["dateTime"])
    end = moments.local(until, name) + timedelta(days=1)
    for day in dates(recurrence, first, end):
        at = moments.seconds(datetime.combine(day, first.time()), name)
        if at < until and at + length > since:
            yield day, at


def _rule(pattern: Mapping[str, Any]) -> dict[str, Any]:
    kind, interval = pattern["type"], int(pattern["interval"])
    named = [_DAYS[day] for day in pattern.get("daysOfWeek") or ()]
    if kind == "daily":
        return {"freq": rrule.DAILY, "interval": interval}
    if kind == "weekly":
        begin = _DAYS[pattern.get("firstDayOfWeek") or "sunday"]
        return {"freq": rrule.WEEKLY, "interval": interval, "byweekday": named, "wkst": begin}
    freq = rrule.MONTHLY if kind.endswith("Monthly") else rrule.YEARLY
    more = {"bymonth": int(pattern["month"])} if freq == rrule.YEARLY else {}
    if kind.startswith("absolute"):
        return {"freq": freq, "interval": interval, "bymonthday": int(pattern["dayOfMonth"]), **more}
    which = _INDEX[pattern.get("index") or "first"]
    return {"freq": freq, "interval": interval, "byweekday": named, "bysetpos": which, **more}
