"""What each form of the page does; each answers with a sentence of what was done."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from hub.core.errors import InputError, NotFound
from hub.testing.lab.side import Answer, LabCalendar, LabEvent, Shown, Side
from hub.testing.lab.switches import Fault

Form = Mapping[str, str]
E = TypeVar("E", bound=StrEnum)


def put(side: Side, form: Form) -> str:
    """Add an event, or an invitation that waits for an answer."""
    calendar = calendar_named(side, form.get("account", ""), form.get("calendar", ""))
    start, end = _times(form, ZoneInfo(calendar.zone))
    event = LabEvent(
        id="",
        start=start,
        end=end,
        title=form.get("title", "").strip()[:200] or "(no title)",
        all_day="all_day" in form,
        shown=_choice("shown", form, Shown),
        answer=Answer.OPEN if "invitation" in form else Answer.NONE,
    )
    side.provider.put(form["account"], calendar.ref, event)
    return f"Added “{event.title}”."


def move(side: Side, form: Form) -> str:
    """Give an event other times, and show it otherwise."""
    calendar, event = _event(side, form)
    start, end = _times(form, ZoneInfo(calendar.zone), all_day=event.all_day)
    changed = dataclasses.replace(event, start=start, end=end, shown=_choice("shown", form, Shown))
    side.provider.put(form["account"], calendar.ref, changed)
    return f"Changed “{event.title}”."


def answer(side: Side, form: Form) -> str:
    """Answer an invitation as the account's owner."""
    calendar, event = _event(side, form)
    given = _choice("answer", form, Answer)
    if event.answer is Answer.NONE or given is Answer.NONE:
        raise InputError("answer", "Only an invitation can be answered.")
    side.provider.put(form["account"], calendar.ref, dataclasses.replace(event, answer=given))
    return f"Answered “{event.title}”: {given}."


def delete(side: Side, form: Form) -> str:
    """Delete an event."""
    calendar, event = _event(side, form)
    side.provider.delete(form["account"], calendar.ref, event.id)
    return f"Deleted “{event.title}”."


def revoke(side: Side, form: Form) -> str:
    """End what an application may do, as the account's owner would at the provider."""
    side.provider.revoke(form.get("grant", ""))
    return "Revoked. The application finds out with its next request."


def fault(side: Side, form: Form) -> str:
    """Switch a fault on, or all off."""
    if not form.get("fault"):
        side.provider.switches.turn(None)
        return "Everything works again."
    kind = _choice("fault", form, Fault)
    if kind not in side.provider.faults:
        raise InputError("fault", "This provider does not know that fault.")
    side.provider.switches.turn(kind, times=1 if "once" in form else None)
    return "Switched on for the next request." if "once" in form else "Switched on, until it is switched off here."


def resend(side: Side, form: Form) -> str:
    """Send a notification once more."""
    side.provider.resend(form.get("push", ""))
    return "Sent once more."


def calendar_named(side: Side, account: str, ref: str) -> LabCalendar:
    """Return the calendar of the account, the first one if none is named. Raises NotFound."""
    there = side.provider.calendars(account)
    for one in there:
        if one.ref == ref or not ref:
            return one
    raise NotFound("There is no such calendar.")


def _event(side: Side, form: Form) -> tuple[LabCalendar, LabEvent]:
    calendar = calendar_named(side, form.get("account", ""), form.get("calendar", ""))
    around = int(form.get("at", "0") or 0) if form.get("at", "0").lstrip("-").isdigit() else 0
    for one in side.provider.events(form["account"], calendar.ref, around - 86_400, around + 86_400):
        if one.id == form.get("event"):
            return calendar, one
    raise NotFound("The event is not there any more.")


def _times(form: Form, zone: ZoneInfo, *, all_day: bool | None = None) -> tuple[int, int]:
    """Return start and end; of whole days, midnight to midnight in the calendar's zone."""
    start, end = _moment("start", form), _moment("end", form)
    if all_day if all_day is not None else "all_day" in form:
        days = max((end.date() - start.date()).days + (end.time() > end.min.time()), 1)
        first = datetime.combine(start.date(), start.min.time(), zone)
        last = datetime.combine(start.date() + timedelta(days=days), start.min.time(), zone)
        return int(first.timestamp()), int(last.timestamp())
    if end <= start:
        raise InputError("end", "The event must end after it begins.")
    return int(start.replace(tzinfo=zone).timestamp()), int(end.replace(tzinfo=zone).timestamp())


def _moment(field: str, form: Form) -> datetime:
    try:
        moment = datetime.fromisoformat(form.get(field, ""))
    except ValueError:
        raise InputError(field, "Give a date and a time.") from None
    if moment.tzinfo is not None or not date(2000, 1, 1) <= moment.date() <= date(2100, 1, 1):
        raise InputError(field, "Give a date from 2000 to 2100, in the calendar's own time.")
    return moment


def _choice(field: str, form: Form, choices: type[E]) -> E:
    try:
        return choices(form.get(field, ""))
    except ValueError:
        raise InputError(field, f"Choose one of {', '.join(choices)}.") from None


CHANGES: Mapping[str, Callable[[Side, Form], str]] = {
    "put": put,
    "move": move,
    "answer": answer,
    "delete": delete,
    "revoke": revoke,
    "fault": fault,
    "resend": resend,
}
