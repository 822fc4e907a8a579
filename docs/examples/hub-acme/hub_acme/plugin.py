"""The hooks of the Acme plugin. Acme keeps each event as an iCalendar object, so the hub does the hard part."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from hub.plugin import (
    CALENDAR_PURPOSES,
    CONNECTION_HOST,
    Account,
    Busy,
    Calendar,
    Changes,
    Conflict,
    ConnectLevel,
    DataCategory,
    Event,
    Found,
    Gone,
    ItemChange,
    NeedsReconnect,
    NotFound,
    Operation,
    Provider,
    ProviderError,
    Purpose,
    Refused,
    Retry,
    Revocation,
    Window,
    Written,
    busy_from_ical,
    event_from_ical,
    event_to_ical,
    hookimpl,
)

CALENDARS = "/v1/calendars"
ASK = (Purpose.CHECK_AVAILABILITY, Purpose.PREVENT_CONFLICTS)
WRITE = (Purpose.CREATE_EVENT, Purpose.UPDATE_EVENT)
ERRORS: Mapping[int, type[ProviderError]] = {401: NeedsReconnect, 404: NotFound, 410: Gone, 412: Conflict}


def _may(name: str, method: str, path: str, data: DataCategory, *purposes: Purpose) -> Operation:
    return Operation(name, method, CONNECTION_HOST, path, frozenset(purposes), data)


@hookimpl
def hub_provider() -> Provider:
    """Declare every request that the plugin makes; the broker refuses all others."""
    events = CALENDARS + "/{calendar}/events"
    return Provider(
        name="acme",
        title="Acme",
        operations=(
            _may("who_am_i", "GET", "/v1/me", DataCategory.ACCOUNT, Purpose.CONNECT),
            _may("end_token", "DELETE", "/v1/token", DataCategory.ACCOUNT, Purpose.CONNECT),
            _may("list_calendars", "GET", CALENDARS, DataCategory.CALENDAR_LIST, Purpose.SHOW_CALENDARS),
            _may("read_busy", "GET", events, DataCategory.AVAILABILITY, *ASK),
            _may("read_changes", "GET", CALENDARS + "/{calendar}/changes", DataCategory.AVAILABILITY, *ASK),
            _may("read_event", "GET", events + "/{uid}", DataCategory.EVENTS, *ASK, *WRITE),
            _may("write_event", "PUT", events + "/{uid}", DataCategory.EVENTS, *WRITE),
            _may("delete_event", "DELETE", events + "/{uid}", DataCategory.EVENTS, Purpose.CANCEL_EVENT),
        ),
        levels=(ConnectLevel("calendar", "Read free and busy times, and write own events", CALENDAR_PURPOSES),),
        revocation=Revocation.TOKEN,
        keeps="The events that were written stay in the calendar.",
    )


@hookimpl
def hub_list_calendars(account: Account) -> Sequence[Calendar]:
    """List what Acme lists."""
    listed = _send(account, "GET", CALENDARS).json()["calendars"]
    return [Calendar(one["id"], one["name"], one["zone"], writable=one["writable"]) for one in listed]


@hookimpl
def hub_free_busy(account: Account, calendars: Sequence[Calendar], window: Window) -> Mapping[str, Sequence[Busy]]:
    """Ask for the events that may touch the window, and let the hub find out when they take place."""
    between = {"from": window.start, "to": window.end}
    busy: dict[str, list[Busy]] = {}
    for calendar in calendars:
        events = _send(account, "GET", f"{CALENDARS}/{calendar.ref}/events", params=between).json()["events"]
        found = busy_from_ical([event["ical"] for event in events], window, zone=calendar.zone)
        busy[calendar.ref] = [one for each in found for one in each]
    return busy


@hookimpl
def hub_changes(account: Account, calendar: Calendar, cursor: str | None, window: Window) -> Changes:
    """Ask what changed since the cursor; Acme answers 410, which is Gone, when it no longer knows it."""
    since = {"cursor": cursor} if cursor is not None else {}
    answer = _send(account, "GET", f"{CALENDARS}/{calendar.ref}/changes", params=since).json()
    there = {event["uid"]: event["ical"] for event in answer["events"] if event["ical"] is not None}
    busy = zip(there, busy_from_ical(list(there.values()), window, zone=calendar.zone), strict=True)
    items = {uid: tuple(found) for uid, found in busy}
    changed = tuple(ItemChange(event["uid"], items.get(event["uid"])) for event in answer["events"])
    return Changes(changed, answer["cursor"], complete=cursor is None)


@hookimpl
def hub_create_event(account: Account, calendar: Calendar, event: Event) -> Written:
    """Write the event under its uid, which the hub chose: a second time, it is the same event."""
    return _write(account, calendar, event, {})


@hookimpl
def hub_update_event(account: Account, calendar: Calendar, written: Written, event: Event) -> Written:
    """Replace the event, unless somebody changed it since it was written."""
    try:
        return _write(account, calendar, event, {"If-Match": written.etag or "*"})
    except Conflict:
        found = hub_read_event(account, calendar, written)
    if found is None:
        raise NotFound("The event was deleted from the Acme calendar.")
    if (found.start, found.end, found.sequence) == (event.start, event.end, event.sequence):
        return found.written  # this very change was made before, and its answer was lost
    raise Conflict("The event was changed in the Acme calendar.")


@hookimpl
def hub_cancel_event(account: Account, calendar: Calendar, written: Written) -> None:
    """Delete the event, if it is there."""
    try:
        _send(account, "DELETE", _place(calendar, written.uid))
    except NotFound:
        return


@hookimpl
def hub_read_event(account: Account, calendar: Calendar, written: Written) -> Found | None:
    """Read the event under its uid."""
    try:
        answer = _send(account, "GET", _place(calendar, written.uid))
    except NotFound:
        return None
    times = event_from_ical(answer.content, written.uid, zone=calendar.zone)
    if times is None:
        return None
    place = Written(written.uid, written.uid, answer.headers["ETag"])
    return Found(place, times.start, times.end, times.sequence, times.cancelled)


def _write(account: Account, calendar: Calendar, event: Event, condition: Mapping[str, str]) -> Written:
    headers = {"Content-Type": "text/calendar; charset=utf-8", **condition}
    body = event_to_ical(event, now=int(time.time()))
    answer = _send(account, "PUT", _place(calendar, event.uid), data=body, headers=headers)
    return Written(event.uid, event.uid, answer.headers["ETag"])


def _place(calendar: Calendar, uid: str) -> str:
    return f"{CALENDARS}/{calendar.ref}/events/{uid}"


def _send(account: Account, method: str, path: str, **more: Any) -> requests.Response:
    """Send a request and return its answer if it is a success. What requests raises is for the hub to judge."""
    answer = account.http.request(method, account.settings["base"] + path, **more)
    status = answer.status_code
    if 200 <= status < 300:
        return answer
    if status == 429 or status >= 500:
        raise Retry(f"Acme cannot answer now ({status}).")
    if status in ERRORS:
        raise ERRORS[status](f"Acme says {status} to the {method} of an event or calendar.")
    raise Refused(f"http_{status}", f"Acme refuses the {method} of an event or calendar ({status}).")
