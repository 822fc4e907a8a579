"""``freeBusy.query``: when calendars are busy, without a word on why."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.testing.lab.google import errors
from hub.testing.lab.google.expand import is_zone, seconds, singles
from hub.testing.lab.google.state import ROLES, Event, GoogleState, StoredCalendar

LONGEST = 90 * 86_400
"""A longer span is refused. Google does not document its limit; clients of others ask for 90 days at most."""

_MOST = 50


def query(state: GoogleState, sub: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the busy times of the asked calendars, each within the span, overlapping ones as one."""
    if "timeMin" not in body or "timeMax" not in body:
        raise errors.required("The span is missing.", "timeMax" if "timeMin" in body else "timeMin")
    start, end = (_moment(body[name], name) for name in ("timeMin", "timeMax"))
    zone = body.get("timeZone", "UTC")
    if not is_zone(zone):
        raise errors.invalid("The time zone is unknown.")
    if end <= start:
        raise errors.empty_range()
    if end - start > LONGEST:
        raise errors.GoogleError(400, "timeRangeTooLong", "The requested time range is too long.", domain="calendar")
    asked = [str(item.get("id", "")) for item in body.get("items", [])]
    too_many = len(asked) > min(int(body.get("calendarExpansionMax", _MOST)), _MOST)
    found = {
        ref: _error("tooManyCalendarsRequested") if too_many else _busy(state, sub, ref, start, end, zone)
        for ref in asked
    }
    span = {"timeMin": _text(start, zone), "timeMax": _text(end, zone)}
    return {"kind": "calendar#freeBusy", **span, "calendars": found}


def takes_time(event: Event) -> bool:
    """Tell whether an event makes its owner busy."""
    mine = [one.get("responseStatus") for one in event.get("attendees", []) if one.get("self")]
    return (
        event.get("status") != "cancelled"
        and event.get("transparency", "opaque") != "transparent"
        and event.get("eventType") != "workingLocation"
        and "declined" not in mine
    )


def _busy(state: GoogleState, sub: str, ref: str, start: int, end: int, zone: str) -> dict[str, Any]:
    calendar: StoredCalendar | None
    try:
        calendar = state.calendar(ref, sub)
    except errors.GoogleError:
        calendar = None
    if calendar is None or ROLES.index(state.role(calendar, sub)) < ROLES.index("freeBusyReader"):
        return _error("notFound")
    events = singles(calendar.events, None, calendar.zone, start, end).values()
    spans = sorted(
        (max(seconds(event["start"], calendar.zone), start), min(seconds(event["end"], calendar.zone), end))
        for event in events
        if takes_time(event)
    )
    merged: list[list[int]] = []
    for begins, ends in spans:
        if merged and begins <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], ends)
        elif ends > begins:
            merged.append([begins, ends])
    return {"busy": [{"start": _text(begins, zone), "end": _text(ends, zone)} for begins, ends in merged]}


def _error(reason: str) -> dict[str, Any]:
    return {"errors": [{"domain": "global", "reason": reason}], "busy": []}


def _moment(text: str, name: str) -> int:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise errors.bad_request("The time has no offset.", name)
    return int(at.timestamp())


def _text(moment: int, zone: str) -> str:
    """Return a moment in a zone of the caller's choice."""
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).isoformat().replace("+00:00", "Z")
