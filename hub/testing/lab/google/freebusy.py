"""``freeBusy.query``: when calendars are busy, without a word on why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hub.testing.lab.google import errors
from hub.testing.lab.google.expand import seconds, singles
from hub.testing.lab.google.state import ROLES, Event, GoogleState, StoredCalendar

LONGEST = 90 * 86_400
"""A longer span is refused. Google does not document its limit; clients of others ask for 90 days at most."""

_MOST = 50


def query(state: GoogleState, sub: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the busy times of the asked calendars, each within the span, overlapping ones as one."""
    if "timeMin" not in body or "timeMax" not in body:
        raise errors.GoogleError(400, "required", "Required", where=("parameter", "resource.timeMin"))
    start, end = (_moment(body[name]) for name in ("timeMin", "timeMax"))
    if end <= start:
        message = "The specified time range is empty."
        raise errors.GoogleError(400, "timeRangeEmpty", message, domain="calendar", where=("parameter", "timeMax"))
    if end - start > LONGEST:
        raise errors.GoogleError(400, "timeRangeTooLong", "The requested time range is too long.", domain="calendar")
    asked = [str(item.get("id", "")) for item in body.get("items", [])]
    too_many = len(asked) > min(int(body.get("calendarExpansionMax", _MOST)), _MOST)
    found = {
        ref: _error("tooManyCalendarsRequested") if too_many else _busy(state, sub, ref, start, end) for ref in asked
    }
    return {"kind": "calendar#freeBusy", "timeMin": _text(start), "timeMax": _text(end), "calendars": found}


def takes_time(event: Event) -> bool:
    """Tell whether an event makes its owner busy."""
    mine = [one.get("responseStatus") for one in event.get("attendees", []) if one.get("self")]
    return (
        event.get("status") != "cancelled"
        and event.get("transparency", "opaque") != "transparent"
        and event.get("eventType") != "workingLocation"
        and "declined" not in mine
    )


def _busy(state: GoogleState, sub: str, ref: str, start: int, end: int) -> dict[str, Any]:
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
    return {"busy": [{"start": _text(begins), "end": _text(ends)} for begins, ends in merged]}


def _error(reason: str) -> dict[str, Any]:
    return {"errors": [{"domain": "global", "reason": reason}], "busy": []}


def _moment(text: str) -> int:
    at = datetime.fromisoformat(text)
    return int((at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp())


def _text(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
