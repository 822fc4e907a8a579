"""One event of a mailbox: a single one or a series with its exceptions, and how each of its dates is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from hub.testing.lab.microsoft import moments, series

_DAY = 86_400
_UNASKED = ("organizer", "none", "notResponded")
_NEVER = "0001-01-01T00:00:00Z"
"""The time of an answer that nobody gave."""

_DEFAULTS: Mapping[str, Any] = {
    "subject": "",
    "body": {"contentType": "text", "content": ""},
    "location": {"displayName": ""},
    "locations": [],
    "attendees": [],
    "hideAttendees": False,
    "allowNewTimeProposals": True,
    "categories": [],
    "importance": "normal",
    "sensitivity": "normal",
    "showAs": "busy",
    "isAllDay": False,
    "isReminderOn": True,
    "reminderMinutesBeforeStart": 15,
    "responseRequested": True,
    "recurrence": None,
}


@dataclass(slots=True)
class Item:
    """An event as it is kept. ``fields`` are those that people write, ``exceptions`` what single dates have instead.

    ``response`` is the answer of the calendar's owner, ``properties`` the extended properties by their id, ``by`` the
    application that wrote it (empty: a person). ``shown`` are the ids of dates that a list of changes has named.
    """

    id: str
    calendar: str
    zone: str
    created: int
    fields: dict[str, Any]
    properties: dict[str, str] = field(default_factory=dict)
    exceptions: dict[date, dict[str, Any]] = field(default_factory=dict)
    dropped: set[date] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    transaction: str | None = None
    response: str = "organizer"
    organizer: str = ""
    cancelled: bool = False
    by: str = ""
    version: int = 0
    changed: int = 0

    @property
    def repeats(self) -> bool:
        """Whether it is a series."""
        return self.fields.get("recurrence") is not None

    @property
    def etag(self) -> str:
        """The version, as ``@odata.etag`` gives it."""
        return f'W/"{self.key}"'

    @property
    def key(self) -> str:
        """The changeKey: another one after each change."""
        return f"{self.id[:12]}{self.version:06d}=="

    def whole(self) -> Date:
        """Return the event itself; of a series, its master."""
        return Date(self, None, *self._span(self.fields))

    def within(self, since: int, until: int) -> Iterator[Date]:
        """Give its dates that touch a time, UTC seconds."""
        if not self.repeats:
            whole = self.whole()
            if whole.start < until and whole.end > since:
                yield whole
            return
        start, end = self._span(self.fields)
        length = end - start
        exceptions = {day: self._span(self.fields | more) for day, more in self.exceptions.items()}
        for day, at in series.starts(self.fields["recurrence"], self.fields["start"], length, since, until):
            if day not in self.dropped and day not in exceptions:
                yield Date(self, day, at, at + length)
        for day, (begin, finish) in exceptions.items():
            if day not in self.dropped and begin < until and finish > since:
                yield Date(self, day, begin, finish)

    def on(self, day: date) -> Date | None:
        """Return one date of a series, if it takes place."""
        start, end = self._span(self.fields)
        if day in self.exceptions and day not in self.dropped:
            return Date(self, day, *self._span(self.fields | self.exceptions[day]))
        at = self.original(day)
        return next((one for one in self.within(at, at + max(1, end - start)) if one.day == day), None)

    def crosses(self, day: date, fields: dict[str, Any]) -> bool:
        """Tell whether a date with these fields would be at, or beyond, the day of the date before or after it."""
        original = self.original(day)
        begin, _end = self._span(self.fields | fields)
        zone = series.zone_of(self.fields["recurrence"], self.fields["start"]["timeZone"])
        between = sorted(moments.local(at, zone).date() for at in (original, begin))
        around = self.within(min(original, begin) - 2 * _DAY, max(original, begin) + 2 * _DAY)
        others = (moments.local(one.start, zone).date() for one in around if one.day != day)
        return any(between[0] <= other <= between[1] for other in others)

    def original(self, day: date) -> int:
        """Return when that date of the series would begin by its pattern, UTC seconds."""
        first = moments.wall(self.fields["start"]["dateTime"])
        name = series.zone_of(self.fields["recurrence"], self.fields["start"]["timeZone"])
        return moments.seconds(datetime.combine(day, first.time()), name)

    def _span(self, fields: Mapping[str, Any]) -> tuple[int, int]:
        """Return start and end. A whole day is one of the mailbox's zone, whatever its times are called."""
        start, end = (
            moments.seconds(
                moments.wall(fields[name]["dateTime"]), self.zone if fields["isAllDay"] else fields[name]["timeZone"]
            )
            for name in ("start", "end")
        )
        return start, end


@dataclass(frozen=True, slots=True)
class Date:
    """When an event takes place, once. ``day`` is which one of a series, None for a single one and for a master."""

    item: Item
    day: date | None
    start: int
    end: int

    @property
    def id(self) -> str:
        """The id by which Graph names this date."""
        return self.item.id if self.day is None else f"{self.item.id}-{self.day:%Y%m%d}"

    def resource(self, zone: str, owner: str) -> dict[str, Any]:
        """Return the event with all its properties, times in that zone."""
        item = self.item
        fields = item.fields | (item.exceptions.get(self.day, {}) if self.day else {})
        shown = dict(fields)
        if self.day is not None:
            shown["recurrence"] = None
        kind = "occurrence" if self.day else "seriesMaster" if item.repeats else "singleInstance"
        if self.day in item.exceptions:
            kind = "exception"
        organizer = {"emailAddress": {"name": item.organizer or owner, "address": item.organizer or owner}}
        return shown | {
            "@odata.etag": item.etag,
            "id": self.id,
            "createdDateTime": moments.stamp(item.created),
            "lastModifiedDateTime": moments.stamp(item.changed),
            "changeKey": item.key,
            "start": self._when("start", fields, zone),
            "end": self._when("end", fields, zone),
            "originalStartTimeZone": fields["start"]["timeZone"],
            "originalEndTimeZone": fields["end"]["timeZone"],
            "originalStart": moments.stamp(item.original(self.day)) if self.day else None,
            "attendees": [{"status": {"response": "none", "time": _NEVER}} | one for one in fields["attendees"]],
            "iCalUId": f"040000008200E00074C5B7101A82E008{self.id[-12:]}",
            "hasAttachments": False,
            "isDraft": False,
            "isOnlineMeeting": False,
            "bodyPreview": str((fields.get("body") or {}).get("content", ""))[:255],
            "isCancelled": item.cancelled,
            "isOrganizer": not item.organizer,
            "organizer": organizer,
            "responseStatus": {
                "response": item.response,
                "time": _NEVER if item.response in _UNASKED else moments.stamp(item.created),
            },
            "seriesMasterId": item.id if self.day else None,
            "transactionId": item.transaction,
            "type": kind,
            "webLink": "",
        }

    def _when(self, name: str, fields: Mapping[str, Any], zone: str) -> dict[str, str]:
        """Return a time. Whole days are from midnight to midnight in every zone (Graph's issue tracker, docs 1802)."""
        at = self.start if name == "start" else self.end
        return moments.dated(moments.local(at, self.item.zone if fields["isAllDay"] else zone), zone)


def filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a new event with Graph's defaults for those that were not given."""
    return {name: dict(value) if isinstance(value, dict) else value for name, value in _DEFAULTS.items()} | dict(fields)
