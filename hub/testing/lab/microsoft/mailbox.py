"""A mailbox: its calendars and events, written and changed as Graph lets it be done, and the trail of changes."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hub.testing.lab.microsoft import moments, schema, series
from hub.testing.lab.microsoft.failures import Problem
from hub.testing.lab.microsoft.items import Date, Item, filled

MOST_DAYS = 1825
"""A calendar view of more than five years is refused (Graph's page of event: instances and calendarView)."""

Changed = Callable[[Item, str], None]
"""Is told of a change: the event, and the kind (created, updated, deleted)."""


@dataclass(slots=True)
class Box:
    """A calendar of the mailbox."""

    id: str
    name: str
    default: bool = False
    editable: bool = True
    items: dict[str, Item] = field(default_factory=dict)
    trail: list[str] = field(default_factory=list)  # ids of events, in the order of their changes


class Mailbox:
    """Calendars of one account. ``zone`` is its owner's, a Windows name; whoever works in it holds ``lock``."""

    def __init__(self, owner: str, zone: str, clock: Callable[[], float]) -> None:
        self.owner, self.zone, self.boxes = owner, zone, dict[str, Box]()
        self.lock = threading.RLock()
        self._clock = clock
        self._told: list[Changed] = []
        self.make("Calendar", default=True)

    def listen(self, changed: Changed) -> None:
        """Call this at each change from now on."""
        self._told.append(changed)

    def make(self, name: str, *, default: bool = False, editable: bool = True) -> Box:
        """Make a calendar."""
        if any(box.name == name for box in self.boxes.values()):
            raise Problem(409, "ErrorFolderExists", "A folder with the specified name already exists.")
        box = Box(_identifier(), name, default, editable)
        self.boxes[box.id] = box
        return box

    def box(self, ref: str) -> Box:
        """Return a calendar, or raise what Graph answers for one that is not there."""
        if ref not in self.boxes:
            raise Problem(404, "ErrorItemNotFound", "There is no such item.")
        return self.boxes[ref]

    def default(self) -> Box:
        """Return the calendar that the account has from the start."""
        return next(box for box in self.boxes.values() if box.default)

    def find(self, ref: str) -> Date:
        """Return an event or one date of a series by its id."""
        head, _, day = ref.rpartition("-")
        for box in self.boxes.values():
            if ref in box.items:
                return box.items[ref].whole()
            if head in box.items and box.items[head].repeats and day.isdecimal() and len(day) == 8:
                found = box.items[head].on(date(int(day[:4]), int(day[4:6]), int(day[6:])))
                if found is not None:
                    return found
        raise Problem(404, "ErrorItemNotFound", "There is no such item.")

    def create(self, calendar: str, body: Mapping[str, Any], *, by: str = "") -> tuple[Item, bool]:
        """Write an event, and tell whether it is new: the same transactionId makes no second one."""
        box = self.box(calendar)
        if not box.editable:
            raise Problem(403, "ErrorAccessDenied", "This account may not do that.")
        transaction = body.get("transactionId")
        for there in box.items.values():
            if transaction and there.transaction == transaction:
                return there, False
        fields = filled(_written(body))
        _check_times(fields)
        _check_series(fields)
        item = Item(_identifier(), box.id, self.zone, int(self._clock()), fields, by=by, transaction=transaction)
        item.properties = {one["id"]: one["value"] for one in body.get(schema.PROPERTIES, ())}
        box.items[item.id] = item
        self.note(item, "created")
        return item, True

    def change(self, found: Date, body: Mapping[str, Any], condition: str = "") -> None:
        """Change an event, or one date of a series. With a condition, only that version."""
        item = found.item
        if condition not in ("", "*", item.etag):
            raise Problem(412, "ErrorIrresolvableConflict", "It was changed meanwhile.")
        if "transactionId" in body and body["transactionId"] != item.transaction:
            raise Problem(400, "ErrorInvalidPropertySet", "The transactionId cannot be changed.")
        fields = _written(body)
        if found.day is None:
            _check_times(item.fields | fields)
            if "recurrence" in fields:
                _check_series(item.fields | fields)
            item.fields |= fields
        else:
            there = item.exceptions.get(found.day, {}) | fields
            _check_times(item.fields | there)
            if item.crosses(found.day, there):
                text = "A date of a series stays between the dates beside it."
                raise Problem(400, "ErrorOccurrenceCrossingBoundary", text)
            item.exceptions[found.day] = there
        item.properties |= {one["id"]: one["value"] for one in body.get(schema.PROPERTIES, ())}
        self.note(item, "updated")

    def delete(self, found: Date) -> None:
        """Delete an event, or one date of a series."""
        item = found.item
        if found.day is None:
            del self.box(item.calendar).items[item.id]
            self.note(item, "deleted")
        else:
            item.dropped.add(found.day)
            self.note(item, "updated")

    def note(self, item: Item, kind: str) -> None:
        """Remember that an event changed, and tell those who listen."""
        item.version += 1
        item.changed = int(self._clock())
        self.box(item.calendar).trail.append(item.id)
        for told in self._told:
            told(item, kind)


def _check_times(fields: Mapping[str, Any]) -> None:
    """Raise what Graph answers to an event whose times make no sense."""
    try:
        start, end = (
            moments.seconds(moments.wall(fields[name]["dateTime"]), fields[name].get("timeZone") or "UTC")
            for name in ("start", "end")
        )
    except moments.UnknownZone as error:
        raise Problem(400, "TimeZoneNotSupportedException", "A valid TimeZone value must be specified.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise Problem(400, "ErrorPropertyValidationFailure", "A value is not right.") from error
    if end < start:
        raise Problem(400, "ErrorCalendarEndDateIsEarlierThanStartDate", "It ends before it begins.")
    midnights = all(
        moments.wall(fields[name]["dateTime"]).time().isoformat() == "00:00:00" for name in ("start", "end")
    )
    if fields["isAllDay"] and (not midnights or end == start):
        text = "Whole days begin and end at midnight."
        raise Problem(400, "ErrorInvalidRequest", text)


def _check_series(fields: Mapping[str, Any]) -> None:
    if fields.get("recurrence") is not None and (text := series.problem(fields["recurrence"], fields["start"])):
        raise Problem(400, "ErrorPropertyValidationFailure", text)


def _written(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that a body writes. The transactionId is not one of them: it is told apart."""
    known = schema.RESOURCES["event"]
    given = {name: value for name, value in body.items() if name in known and name != "transactionId"}
    if "location" in given:  # the two always correspond; the single one wins (page: event)
        given["locations"] = [given["location"]] if given["location"] else []
    return {name: schema.spelt(known[name], value) for name, value in given.items()}


def _identifier() -> str:
    return f"AAMkAG{secrets.token_hex(20)}="
