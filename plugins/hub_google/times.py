"""When an event of Google's takes place, and whether it takes time: whatever cannot be read is busy, never free."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.plugin import Busy, BusyKind, Window
from hub_google.event_ids import uid_of

_FREE_TYPES = frozenset({"workingLocation"})
_WIDE = timedelta(hours=14)
"""How far a day may lie from the same day in UTC."""

_KINDS = {"tentative": BusyKind.TENTATIVE, "needsAction": BusyKind.UNANSWERED}


def busy_of(event: Mapping[str, Any], zone: str, window: Window) -> tuple[Busy, ...]:
    """Return the busy time of an event within the window; none if it is free, over, or not yet.

    An instance of a series carries no uid of ours: of a booking that somebody made a series, it is not the booking.
    """
    if _is_free(event):
        return ()
    span = span_of(event, zone)
    if span is None:
        return (Busy(window.start, window.end, BusyKind.UNREADABLE),)
    start, end = span
    if end <= window.start or start >= window.end or start == end:
        return ()
    uid = "" if event.get("recurringEventId") else uid_of(event.get("id"))
    return (Busy(start, end, _kind(event), uid),)


def span_of(event: Mapping[str, Any], zone: str) -> tuple[int, int] | None:
    """Return start and end in UTC seconds; None if they make no sense. Days are days of the calendar's zone."""
    start, end = (_moment(event.get(name), zone, late=name == "end") for name in ("start", "end"))
    if start is None or end is None or end < start:
        return None
    return start, end


def moment_of(text: object) -> int | None:
    """Return an RFC 3339 moment in UTC seconds; None if it is none."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return int(moment.timestamp()) if moment.tzinfo is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def text_of(moment: int) -> str:
    """Return a moment as Google reads it (RFC 3339, in UTC)."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def zone_of(value: object) -> str:
    """Return an IANA zone that is known here, or an empty text for anything else that came as one."""
    return value if isinstance(value, str) and len(value) <= 64 and _place(value) is not None else ""


def _is_free(event: Mapping[str, Any]) -> bool:
    if event.get("status") == "cancelled" or event.get("transparency") == "transparent":
        return True
    return event.get("eventType") in _FREE_TYPES or _answer(event) == "declined"


def _kind(event: Mapping[str, Any]) -> BusyKind:
    if event.get("status") == "tentative":
        return BusyKind.TENTATIVE
    return _KINDS.get(_answer(event), BusyKind.BUSY)


def _answer(event: Mapping[str, Any]) -> str:
    """Return how the calendar's owner answered an invitation; an empty text where there was none."""
    people = event.get("attendees")
    for one in people if isinstance(people, list) else ():
        if isinstance(one, dict) and one.get("self") is True:
            return str(one.get("responseStatus", ""))
    return ""


def _moment(value: object, zone: str, *, late: bool) -> int | None:
    if not isinstance(value, dict):
        return None
    if "date" not in value:
        return moment_of(value.get("dateTime"))
    try:
        day = date.fromisoformat(value["date"])
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        place = _place(zone)
        if place is not None:
            return int(midnight.replace(tzinfo=place).timestamp())
        return int((midnight + (_WIDE if late else -_WIDE)).timestamp())  # in an unknown zone, wherever that may be
    except (ValueError, TypeError, OverflowError):
        return None


def _place(zone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(zone) if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
