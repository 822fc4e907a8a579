"""What an event of Graph means: busy or not, how certain, and from when to when.

Rules, from Graph's resources event, freeBusyStatus and responseStatus:

- cancelled, declined or shown as free: takes no time;
- an invitation that is not answered: unanswered; answered with maybe, or shown as tentative: tentative;
- out of office and busy: busy. Working elsewhere is tentative: the owner works, and the business decides;
- anything else, or a time that makes no sense: unreadable, which counts as busy. Where not even the time can be read,
  it is busy for all of what was asked.

A whole day is named from midnight to midnight in every zone. It is busy where the calendar is and where the event was
made; if neither is known, wherever it could be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hub.plugin import Busy, BusyKind, Window, zone_of_calendar

FIELDS = "id,start,end,showAs,isAllDay,isCancelled,responseStatus,originalStartTimeZone,transactionId"
"""All that is asked of an event: nothing that says what it is about."""

MARGIN = 26 * 3600
"""Seconds by which a day of one zone can lie beside the same day of another (UTC+14, UTC-12)."""

_VERSION = "#"
_WALL = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?")

_EASTMOST, _WESTMOST = 14 * 3600, -12 * 3600
_KINDS = {
    "busy": BusyKind.BUSY,
    "oof": BusyKind.BUSY,
    "tentative": BusyKind.TENTATIVE,
    "workingElsewhere": BusyKind.TENTATIVE,
}
_ANSWERS = {"none", "organizer", "accepted", "tentativelyAccepted", "notResponded", "declined"}


def busy_of(event: Mapping[str, Any], window: Window, zone: str) -> Busy | None:
    """Return when an event is busy within the window, or None if it takes none of its time."""
    kind = _kind(event)
    if kind is None:
        return None
    uid = event.get("transactionId")
    try:
        start, end = _span(event, zone)
    except (ValueError, TypeError, KeyError, OverflowError):
        return Busy(window.start, window.end, BusyKind.UNREADABLE)
    if end <= start:
        if end < start:
            return Busy(window.start, window.end, BusyKind.UNREADABLE)
        return None  # it takes no time
    if end <= window.start or start >= window.end:
        return None
    return Busy(start, end, kind, uid.partition(_VERSION)[0] if isinstance(uid, str) else "")


def transaction_of(uid: str, sequence: int) -> str:
    """Return the transactionId of a version of an event of ours. Its uid can be read from it."""
    return f"{uid}{_VERSION}{sequence}" if sequence else uid


def _kind(event: Mapping[str, Any]) -> BusyKind | None:
    """Return how certain it is, None if it is free. What is not said as documented is never free."""
    shown, cancelled, status = event.get("showAs"), event.get("isCancelled"), event.get("responseStatus")
    answer = status.get("response", "none") if isinstance(status, Mapping) else "none" if status is None else ""
    if not isinstance(cancelled, bool | None) or not isinstance(answer, str) or answer not in _ANSWERS:
        return BusyKind.UNREADABLE
    if cancelled or answer == "declined" or shown == "free":
        return None
    kind = _KINDS.get(shown) if isinstance(shown, str) else None
    if kind is None:
        return BusyKind.UNREADABLE
    if shown == "oof":
        return BusyKind.BUSY
    if answer == "notResponded":
        return BusyKind.UNANSWERED
    return BusyKind.TENTATIVE if answer == "tentativelyAccepted" else kind


def _span(event: Mapping[str, Any], zone: str) -> tuple[int, int]:
    whole = event.get("isAllDay", False)
    if not isinstance(whole, bool):
        raise ValueError("isAllDay is neither true nor false.")
    start, end = (instant(event[name]) for name in ("start", "end"))
    if not whole:
        return start, end
    made = event.get("originalStartTimeZone")
    zones = {one for one in (zone, _iana(made) if isinstance(made, str) else "") if one}
    if not zones:
        return start - _EASTMOST, end - _WESTMOST
    return min(_there(start, one) for one in zones), max(_there(end, one) for one in zones)


def instant(value: Mapping[str, Any]) -> int:
    """Return a dateTimeTimeZone as UTC seconds. UTC is what was asked for; another zone is taken if it is known."""
    text, name = _WALL.fullmatch(str(value["dateTime"])), value["timeZone"]
    if text is None:
        raise ValueError("No wall clock, or one with an offset beside its zone.")
    moment = datetime.fromisoformat(text[1])
    if name in ("UTC", "Etc/UTC"):
        return int(moment.replace(tzinfo=UTC).timestamp())
    known = _iana(name) if isinstance(name, str) else ""
    if not known:
        raise ValueError("A zone that nobody knows.")
    return int(moment.replace(tzinfo=ZoneInfo(known)).timestamp())


def utc(seconds: int) -> str:
    """Return UTC seconds as Graph takes them in an address."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def dated(seconds: int) -> dict[str, str]:
    """Return UTC seconds as a dateTimeTimeZone."""
    return {"dateTime": utc(seconds).removesuffix("Z"), "timeZone": "UTC"}


def _there(floating: int, zone: str) -> int:
    """Return when the wall clock of a zone shows what UTC shows at that second."""
    wall = datetime(1970, 1, 1) + timedelta(seconds=floating)
    return int(wall.replace(tzinfo=ZoneInfo(zone)).timestamp())


@cache
def _iana(name: str) -> str:
    """Return the IANA name of a zone that Graph names, by its Windows or its IANA name; empty if it is unknown."""
    return zone_of_calendar(f"TZID:{name}") if name.isprintable() and len(name) < 80 else ""
