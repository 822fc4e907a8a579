"""Which way a calendar is read: by its events where the scopes reach them, else by free and busy times alone.

Of an event nothing is asked for but when it is, whether it takes time and how the owner answered: no title, place,
guest or text ever leaves Google.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.plugin import Account, Busy, BusyKind, Calendar, NotFound, Window
from hub_google import failures
from hub_google.client import Client
from hub_google.levels import EVENTS, FREE_BUSY, OWN, OWNED
from hub_google.times import moment_of, text_of, zone_of

LONGEST = 60 * 86_400
"""The longest span of one free-busy query; Google refuses long ones and does not say from where on."""

_PAGE = 2_500
_MOST_PAGES = 60
_FIELDS = (
    "nextPageToken,nextSyncToken,timeZone,items(id,status,transparency,eventType,start,end,recurringEventId,"
    "attendees(self,responseStatus))"
)


@dataclass(frozen=True, slots=True)
class Listed:
    """Events as far as they matter, the calendar's zone, and the token with which to ask for what changes.

    Where Google gives no token it is empty: then everything is read each time.
    """

    events: tuple[Mapping[str, Any], ...]
    zone: str
    token: str


def reads_events(account: Account, calendar: Calendar) -> bool:
    """Tell whether the granted scopes reach the events of a calendar."""
    scopes = account.settings.get("scopes", "").split()
    if EVENTS in scopes or (OWNED in scopes and calendar.writable):
        return True
    return OWN in scopes and calendar.ref == account.settings.get("bookings")


def reads_free_busy(account: Account) -> bool:
    """Tell whether free and busy times may be asked for."""
    return FREE_BUSY in account.settings.get("scopes", "").split()


def list_within(client: Client, calendar: Calendar, window: Window) -> Listed:
    """Return the events that touch the window; Google expands the series."""
    return _list(client, calendar, {"timeMin": text_of(window.start), "timeMax": text_of(window.end)})


def list_since(client: Client, calendar: Calendar, token: str) -> Listed:
    """Return the events that changed since a token, deleted ones as cancelled. Raises Gone for one that is too old."""
    return _list(client, calendar, {"syncToken": token})


def free_busy(client: Client, refs: list[str], window: Window) -> dict[str, tuple[Busy, ...]]:
    """Return when calendars are busy. Raises when one of them cannot be looked at: unknown is never free."""
    found: dict[str, list[Busy]] = {ref: [] for ref in refs}
    for span in _spans(window):
        body = {
            "timeMin": text_of(span.start),
            "timeMax": text_of(span.end),
            "items": [{"id": ref} for ref in refs],
        }
        answer = client.ask(client.free_busy().query(body=body, fields="calendars"))
        calendars = answer.get("calendars")
        for ref in refs:
            entry = calendars.get(ref) if isinstance(calendars, dict) else None
            found[ref] += _busy(entry, span)
    return {ref: _joined(times) for ref, times in found.items()}


def _list(client: Client, calendar: Calendar, more: Mapping[str, str]) -> Listed:
    events: list[Mapping[str, Any]] = []
    zone, page, seen = "", None, set()
    for _n in range(_MOST_PAGES):
        asked = client.events().list(
            calendarId=calendar.ref,
            singleEvents=True,
            maxAttendees=1,
            maxResults=_PAGE,
            fields=_FIELDS,
            pageToken=page,
            **more,
        )
        answer = client.ask(asked)
        items = answer.get("items", [])
        if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
            raise failures.unreadable("something that is no list of events")
        events += items
        zone = zone_of(answer.get("timeZone")) or zone
        page = answer.get("nextPageToken")
        if page is None:
            token = answer.get("nextSyncToken", "")
            if not isinstance(token, str):
                raise failures.unreadable("something that is no token")
            return Listed(tuple(events), zone or calendar.zone, token)
        if not isinstance(page, str) or page in seen:
            break
        seen.add(page)
    raise failures.unreadable("pages that do not come to an end")


def _spans(window: Window) -> Iterator[Window]:
    for start in range(window.start, window.end, LONGEST):
        yield Window(start, min(start + LONGEST, window.end))


def _busy(entry: object, span: Window) -> list[Busy]:
    if not isinstance(entry, dict):
        raise failures.unreadable("no times of a calendar")
    problems = entry.get("errors")
    if problems:
        reasons = (
            {one.get("reason") for one in problems if isinstance(one, dict)} if isinstance(problems, list) else set()
        )
        if "notFound" in reasons:
            raise NotFound("The calendar is not at Google any more, or is not shared with this account.")
        raise failures.unreadable("an error about a calendar")
    times = entry.get("busy")
    if not isinstance(times, list):
        raise failures.unreadable("no times of a calendar")
    return [_period(one, span) for one in times]


def _period(period: object, span: Window) -> Busy:
    given = period if isinstance(period, dict) else {}
    start, end = moment_of(given.get("start")), moment_of(given.get("end"))
    if start is None or end is None or end < start:
        return Busy(span.start, span.end, BusyKind.UNREADABLE)
    return Busy(start, end)


def _joined(times: list[Busy]) -> tuple[Busy, ...]:
    """Join what the edge of two queries cut in two."""
    joined: list[Busy] = []
    for one in sorted(times):
        last = joined[-1] if joined else None
        if last is not None and last.kind is one.kind and one.start <= last.end:
            joined[-1] = Busy(last.start, max(last.end, one.end), last.kind)
        elif one.end > one.start:
            joined.append(one)
    return tuple(joined)
