"""iCalendar objects as their owner sees and changes them: single dates of a series, answers, titles."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from hub.core.errors import NotFound, Refused
from hub.testing.lab.side import Answer, LabEvent, Shown

_ANSWERS = {
    "NEEDS-ACTION": Answer.OPEN,
    "ACCEPTED": Answer.ACCEPTED,
    "TENTATIVE": Answer.TENTATIVE,
    "DECLINED": Answer.DECLINED,
}
_PARTSTATS = {answer: word for word, answer in _ANSWERS.items()}
_BETWEEN = " on "
_OURS = "Frontdesk"


def events_of(text: str, start: int, end: int, zone: str, owner: str) -> Iterator[LabEvent]:
    """Give what an object makes take place in that time. Raises Refused for one that cannot be read."""
    try:
        whole: Any = icalendar.Calendar.from_ical(text)
        found = recurring_ical_events.of(whole).between(_utc(start), _utc(end))
    except (ValueError, KeyError, TypeError):
        raise Refused("unreadable", "An object in this calendar cannot be read.") from None
    series = any(one.get("RRULE") for one in whole.events)
    by = _OURS if _OURS in str(whole.get("PRODID", "")) else ""
    for one in found:
        if str(one.get("STATUS", "")) != "CANCELLED":
            yield _shown(one, series, by, ZoneInfo(zone), owner)


def new_object(event: LabEvent, zone: str, owner: str) -> tuple[str, str]:
    """Return uid and text of an object for a new event."""
    uid = f"lab-{secrets.token_hex(8)}"
    whole: Any = icalendar.Calendar()
    whole.add("PRODID", "-//The lab//EN")
    whole.add("VERSION", "2.0")
    component: Any = icalendar.Event()
    component.add("UID", uid)
    whole.add_component(component)
    _fill(component, event, ZoneInfo(zone), owner)
    return uid, _text(whole)


def changed_object(text: str, event: LabEvent, zone: str, owner: str) -> str:
    """Return the object with the event in it as it is to be; of a series, that date becomes an exception."""
    whole: Any = icalendar.Calendar.from_ical(text)
    _uid, moment = parts_of(event.id)
    if not moment:
        _fill(whole.events[0], event, ZoneInfo(zone), owner)
        return _text(whole)
    exceptions = [
        one for one in whole.events if one.get("RECURRENCE-ID") and _moment(one["RECURRENCE-ID"].dt) == moment
    ]
    component = exceptions[0] if exceptions else _exception(whole, moment)
    _fill(component, event, ZoneInfo(zone), owner)
    return _text(whole)


def without(text: str, identifier: str) -> str:
    """Return the object without that date, or an empty text if nothing is left of it."""
    _uid, moment = parts_of(identifier)
    if not moment:
        return ""
    whole: Any = icalendar.Calendar.from_ical(text)
    whole.subcomponents = [
        one
        for one in whole.subcomponents
        if not (one.get("RECURRENCE-ID") and _moment(one["RECURRENCE-ID"].dt) == moment)
    ]
    _master(whole).add("EXDATE", _as_in(_master(whole), moment))
    return _text(whole)


def parts_of(identifier: str) -> tuple[str, str]:
    """Return the uid in an event's id, and the moment that names a date of a series or an empty text."""
    uid, _, moment = identifier.partition(_BETWEEN)
    return uid, moment


def _shown(one: Any, series: bool, by: str, zone: ZoneInfo, owner: str) -> LabEvent:
    begin, end = one["DTSTART"].dt, one["DTEND"].dt if "DTEND" in one else one["DTSTART"].dt
    named = one.get("RECURRENCE-ID") or one["DTSTART"]
    uid = str(one.get("UID", ""))
    free = str(one.get("TRANSP", "")) == "TRANSPARENT"
    tentative = str(one.get("STATUS", "")) == "TENTATIVE"
    return LabEvent(
        id=f"{uid}{_BETWEEN}{_moment(named.dt)}" if series else uid,
        start=_seconds(begin, zone),
        end=_seconds(end, zone),
        title=str(one.get("SUMMARY", "")),
        all_day=not isinstance(begin, datetime),
        shown=Shown.FREE if free else Shown.TENTATIVE if tentative else Shown.BUSY,
        answer=_answer(one, owner),
        by=by,
        repeats="repeats" if series else "",
    )


def _fill(component: Any, event: LabEvent, zone: ZoneInfo, owner: str) -> None:
    gone = ("DTSTAMP", "DTSTART", "DTEND", "DURATION", "SUMMARY", "TRANSP", "STATUS", "SEQUENCE")
    sequence = int(component.get("SEQUENCE", -1)) + 1
    for name in gone:
        component.pop(name, None)
    begin, end = (datetime.fromtimestamp(one, zone) for one in (event.start, event.end))
    component.add("DTSTAMP", datetime.now(UTC))
    component.add("DTSTART", begin.date() if event.all_day else begin.astimezone(UTC))
    component.add("DTEND", _last_date(end) if event.all_day else end.astimezone(UTC))
    component.add("SUMMARY", event.title)
    component.add("SEQUENCE", sequence)
    component.add("TRANSP", "TRANSPARENT" if event.shown is Shown.FREE else "OPAQUE")
    component.add("STATUS", "TENTATIVE" if event.shown is Shown.TENTATIVE else "CONFIRMED")
    if event.answer is not Answer.NONE:
        component.pop("ATTENDEE", None)
        attendee: Any = icalendar.vCalAddress(f"mailto:{owner}")
        attendee.params["PARTSTAT"] = _PARTSTATS[event.answer]
        component.add("ATTENDEE", attendee)
        if "ORGANIZER" not in component:
            component.add("ORGANIZER", icalendar.vCalAddress("mailto:office@example.com"))


def _exception(whole: Any, moment: str) -> Any:
    component: Any = icalendar.Event()
    master = _master(whole)
    component.add("UID", str(master["UID"]))
    component.add("RECURRENCE-ID", _as_in(master, moment))
    whole.add_component(component)
    return component


def _master(whole: Any) -> Any:
    for one in whole.events:
        if one.get("RRULE"):
            return one
    raise NotFound("The series is not there any more.")


def _as_in(master: Any, moment: str) -> date | datetime:
    """Return the moment of a date in the form in which the series itself begins."""
    begin: date | datetime = master["DTSTART"].dt
    if not isinstance(begin, datetime):
        return date.fromisoformat(moment)
    instant = datetime.fromisoformat(moment)
    return instant.astimezone(begin.tzinfo) if begin.tzinfo else instant.replace(tzinfo=None)


def _answer(one: Any, owner: str) -> Answer:
    named = one.get("ATTENDEE", [])
    for attendee in named if isinstance(named, list) else [named]:
        if str(attendee).lower().removeprefix("mailto:") == owner:
            return _ANSWERS.get(str(attendee.params.get("PARTSTAT", "NEEDS-ACTION")).upper(), Answer.ACCEPTED)
    return Answer.NONE


def _text(whole: Any) -> str:
    data: bytes = whole.to_ical()
    return data.decode()


def _moment(value: date | datetime) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    return (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()


def _seconds(value: date | datetime, zone: ZoneInfo) -> int:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    return int((value if value.tzinfo else value.replace(tzinfo=zone)).timestamp())


def _last_date(end: datetime) -> date:
    return end.date() if end == end.replace(hour=0, minute=0, second=0) else end.date() + timedelta(days=1)


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
