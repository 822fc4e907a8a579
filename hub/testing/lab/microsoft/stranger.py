"""Another program at a mailbox of the stand-in, for the checks: it reads iCalendar and writes what Graph would hold.

Only what the checks write is understood; anything else raises Refused. It works on the state, not over the network: an
invitation comes by mail and a meeting is cancelled by its organiser, and Graph has no call for either.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar

from hub.core.errors import Refused
from hub.testing.lab.microsoft import moments
from hub.testing.lab.microsoft.failures import Problem
from hub.testing.lab.microsoft.items import Item
from hub.testing.lab.microsoft.people import Person

_ANSWERS = {
    "NEEDS-ACTION": "notResponded",
    "TENTATIVE": "tentativelyAccepted",
    "ACCEPTED": "accepted",
    "DECLINED": "declined",
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Stranger:
    """Writes into the calendars of one person, by a uid of its own for each event."""

    def __init__(self, person: Person) -> None:
        self._person, self._mailbox = person, person.mailbox
        self._ids: dict[str, str] = {}

    def make_calendar(self, name: str) -> str:
        """Make a calendar."""
        try:
            return self._mailbox.make(name).id
        except Problem as problem:
            raise Refused(problem.code) from problem

    def remove_calendar(self, ref: str) -> None:
        """Remove a calendar with all that is in it."""
        self._mailbox.boxes.pop(ref, None)

    def write(self, calendar: str, uid: str, text: str) -> None:
        """Write an event, in place of the one with this uid."""
        with self._mailbox.lock:
            self._write(calendar, uid, text)

    def _write(self, calendar: str, uid: str, text: str) -> None:
        components = list(icalendar.Calendar.from_ical(text).walk("VEVENT"))
        master = next(one for one in components if "RECURRENCE-ID" not in one)
        body = self._body(master)
        there = self._there(calendar, uid)
        if there is None:
            there, _new = self._mailbox.create(calendar, body, by="another program")
            self._ids[uid] = there.id
        else:
            there.exceptions.clear()
            there.dropped.clear()
            self._mailbox.change(there.whole(), body)
        self._answer(there, master)
        there.dropped |= {moments.days(one, 0).date() for one in _exdates(master)}
        for one in components:
            if one is not master:
                self._exception(there, one)
        self._mailbox.note(there, "updated")

    def read(self, calendar: str, uid: str) -> str:
        """Return an event as iCalendar, or an empty text."""
        item = self._there(calendar, uid)
        if item is None:
            return ""
        event = icalendar.Event()
        event.add("uid", uid)
        for name, value in (("dtstart", item.whole().start), ("dtend", item.whole().end)):
            event.add(name, datetime.fromtimestamp(value, UTC))
        event.add("summary", item.fields["subject"])
        event.add("description", (item.fields["body"] or {}).get("content", ""))
        event.add("location", (item.fields["location"] or {}).get("displayName", ""))
        for guest in item.fields["attendees"]:
            event.add("attendee", f"mailto:{guest['emailAddress']['address']}")
        whole = icalendar.Calendar()
        whole.add_component(event)
        return str(whole.to_ical().decode())

    def remove(self, calendar: str, uid: str) -> None:
        """Remove an event, if it is there."""
        item = self._there(calendar, uid)
        if item is not None:
            self._mailbox.delete(item.whole())

    def is_empty(self, calendar: str) -> bool:
        """Tell whether the calendar holds nothing."""
        return not self._mailbox.box(calendar).items

    def close(self) -> None:
        """There is nothing to let go."""

    def _there(self, calendar: str, uid: str) -> Item | None:
        """Return the event that it wrote under this uid, or that another application did."""
        box = self._mailbox.boxes.get(calendar)
        items = list(box.items.values()) if box is not None else []
        return next((one for one in items if self._ids.get(uid) == one.id or one.transaction == uid), None)

    def _body(self, event: Any) -> dict[str, Any]:
        start, end = event["DTSTART"].dt, event["DTEND"].dt
        whole = not isinstance(start, datetime)
        body: dict[str, Any] = {
            "subject": str(event.get("SUMMARY", "")),
            "body": {"contentType": "text", "content": str(event.get("DESCRIPTION", ""))},
            "location": {"displayName": str(event.get("LOCATION", ""))},
            "isAllDay": whole,
            "start": self._when(event["DTSTART"]),
            "end": self._when(event["DTEND"]),
            "showAs": _shown(event),
            "attendees": [
                {"type": "required", "emailAddress": {"name": str(one.params.get("CN", "")), "address": _address(one)}}
                for one in _attendees(event)
            ],
        }
        if "RRULE" in event:
            body["recurrence"] = _recurrence(event["RRULE"], body["start"])
        if end == start and whole:
            body["end"] = moments.dated(
                moments.days(datetime.combine(start, datetime.min.time()), 1), self._mailbox.zone
            )
        return body

    def _when(self, value: Any) -> dict[str, str]:
        moment, name = value.dt, str(value.params.get("TZID", "UTC"))
        if isinstance(moment, date) and not isinstance(moment, datetime):
            return moments.dated(datetime.combine(moment, datetime.min.time()), self._mailbox.zone)
        try:
            moments.zone(name)
        except moments.UnknownZone:
            name = moments.CUSTOM
        return moments.dated(moment.replace(tzinfo=None), name)

    def _answer(self, item: Item, event: Any) -> None:
        item.cancelled = str(event.get("STATUS", "")) == "CANCELLED"
        if "ORGANIZER" in event:
            item.organizer = str(event["ORGANIZER"]).removeprefix("mailto:")
            mine = [one for one in _attendees(event) if _address(one) == self._person.address]
            item.response = _ANSWERS[str(mine[0].params.get("PARTSTAT", "NEEDS-ACTION"))] if mine else "none"
            if item.response in ("notResponded", "tentativelyAccepted") and item.fields["showAs"] == "busy":
                item.fields["showAs"] = "tentative"  # as Outlook shows them

    def _exception(self, item: Item, event: Any) -> None:
        day = event["RECURRENCE-ID"].dt.date()
        if str(event.get("STATUS", "")) == "CANCELLED":
            item.dropped.add(day)
        else:
            item.exceptions[day] = {"start": self._when(event["DTSTART"]), "end": self._when(event["DTEND"])}


def _attendees(event: Any) -> list[Any]:
    found = event.get("ATTENDEE", [])
    return list(found) if isinstance(found, list) else [found]


def _address(attendee: Any) -> str:
    return str(attendee).removeprefix("mailto:")


def _shown(event: Any) -> str:
    if str(event.get("TRANSP", "")) == "TRANSPARENT":
        return "free"
    return "tentative" if str(event.get("STATUS", "")) == "TENTATIVE" else "busy"


def _exdates(event: Any) -> list[datetime]:
    found = event.get("EXDATE", [])
    return [one.dt for each in (found if isinstance(found, list) else [found]) for one in each.dts]


def _recurrence(rule: Any, start: dict[str, str]) -> dict[str, Any]:
    """Return a daily or weekly rule as a patternedRecurrence."""
    kinds = {"DAILY": "daily", "WEEKLY": "weekly"}
    frequency = str(rule["FREQ"][0])
    if frequency not in kinds or not rule.keys() <= {"FREQ", "COUNT", "UNTIL", "INTERVAL"}:
        raise Refused("rule", f"The stand-in's stranger does not write series of {frequency}.")
    first = moments.wall(start["dateTime"])
    pattern: dict[str, Any] = {"type": kinds[frequency], "interval": int(rule.get("INTERVAL", [1])[0])}
    if frequency == "WEEKLY":
        pattern |= {"daysOfWeek": [_WEEKDAYS[first.weekday()]], "firstDayOfWeek": "monday"}
    span: dict[str, Any] = {"startDate": first.date().isoformat(), "recurrenceTimeZone": start["timeZone"]}
    if "COUNT" in rule:
        span |= {"type": "numbered", "numberOfOccurrences": int(rule["COUNT"][0])}
    elif "UNTIL" in rule:
        span |= {"type": "endDate", "endDate": (rule["UNTIL"][0] - timedelta(0)).date().isoformat()}
    else:
        span |= {"type": "noEnd"}
    return {"pattern": pattern, "range": span}
