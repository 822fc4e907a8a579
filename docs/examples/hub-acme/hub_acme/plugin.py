"""The hooks of the Acme plugin. Acme keeps each event as an iCalendar object, so the hub does the hard part."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import requests

from hub.plugin import (
    CALENDAR_PURPOSES,
    CONNECTION_HOST,
    Account,
    Busy,
    Calendar,
    Changes,
    Channel,
    Conflict,
    ConnectLevel,
    DataCategory,
    Event,
    Found,
    Gone,
    Incoming,
    InputError,
    ItemChange,
    NeedsReconnect,
    NotFound,
    Notice,
    NoticeKind,
    Operation,
    Provider,
    ProviderError,
    Purpose,
    Refused,
    Retry,
    Revocation,
    Watching,
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
            _may("open_hook", "POST", CALENDARS + "/{calendar}/hooks", DataCategory.AVAILABILITY, *ASK),
            _may("close_hook", "DELETE", CALENDARS + "/{calendar}/hooks/{hook}", DataCategory.AVAILABILITY, *ASK),
            _may("delete_event", "DELETE", events + "/{uid}", DataCategory.EVENTS, Purpose.CANCEL_EVENT),
        ),
        levels=(ConnectLevel("calendar", "Read free and busy times, and write own events", CALENDAR_PURPOSES),),
        revocation=Revocation.TOKEN,
        keeps="The events that were written stay in the calendar.",
    )


@hookimpl
def hub_list_calendars(account: Account) -> Sequence[Calendar]:
    """List what Acme lists."""
    answer = _send(account, "GET", CALENDARS).json()
    with _understood():
        listed = [
            (str(one["id"]), str(one["name"]), str(one["zone"]), bool(one["writable"])) for one in answer["calendars"]
        ]
    return [Calendar(ref, name, zone, writable) for ref, name, zone, writable in listed]


@hookimpl
def hub_free_busy(account: Account, calendars: Sequence[Calendar], window: Window) -> Mapping[str, Sequence[Busy]]:
    """Ask for the events that may touch the window, and let the hub find out when they take place."""
    between = {"from": window.start, "to": window.end}
    busy: dict[str, list[Busy]] = {}
    for calendar in calendars:
        answer = _send(account, "GET", f"{CALENDARS}/{calendar.ref}/events", params=between).json()
        texts = [text for text in _events(answer).values() if text is not None]
        found = busy_from_ical(texts, window, zone=calendar.zone, owner={account.name})
        busy[calendar.ref] = [one for each in found for one in each]
    return busy


@hookimpl
def hub_changes(account: Account, calendar: Calendar, cursor: str | None, window: Window) -> Changes:
    """Ask what changed since the cursor; Acme answers 410, which is Gone, when it no longer knows it."""
    since = {"cursor": cursor} if cursor is not None else {}
    answer = _send(account, "GET", f"{CALENDARS}/{calendar.ref}/changes", params=since).json()
    events = _events(answer)
    there = {uid: text for uid, text in events.items() if text is not None}
    busy = busy_from_ical(list(there.values()), window, zone=calendar.zone, owner={account.name})
    items = {uid: tuple(found) for uid, found in zip(there, busy, strict=True)}
    changed = tuple(ItemChange(uid, items.get(uid)) for uid in events)
    return Changes(changed, str(answer["cursor"]), complete=cursor is None)


@hookimpl
def hub_watch(account: Account, calendar: Calendar, channel: Channel, watching: Watching | None) -> Watching:
    """Make a hook at Acme. It cannot be renewed: each time a new one is made, and the hub ends the old one."""
    wanted = {"url": channel.url, "secret": channel.secret, "until": channel.until}
    made = _send(account, "POST", f"{CALENDARS}/{calendar.ref}/hooks", json=wanted).json()
    with _understood():
        return Watching(channel.id, str(made["id"]), int(made["until"]))


@hookimpl
def hub_unwatch(account: Account, calendar: Calendar, watching: Watching) -> None:
    """End the hook; Acme says 404 for one that is gone already."""
    with contextlib.suppress(NotFound):
        _send(account, "DELETE", f"{CALENDARS}/{calendar.ref}/hooks/{watching.ref}")


@hookimpl
def hub_receive(request: Incoming) -> Sequence[Notice]:
    """Read what Acme sends to a hook. Whether it is true is for the hub to judge."""
    try:
        news = json.loads(request.body)
        return [Notice(NoticeKind(news["news"]), str(news["hook"]), str(news["secret"]))]
    except (ValueError, TypeError, KeyError):  # json.loads raises ValueError for bytes that are no text, too
        raise InputError("body", "This is not how Acme tells of changes.") from None


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
    return Found(_written(written.uid, answer), times.start, times.end, times.sequence, times.cancelled)


def _write(account: Account, calendar: Calendar, event: Event, condition: Mapping[str, str]) -> Written:
    headers = {"Content-Type": "text/calendar; charset=utf-8", **condition}
    body = event_to_ical(event, now=int(time.time()))
    answer = _send(account, "PUT", _place(calendar, event.uid), data=body, headers=headers)
    return _written(event.uid, answer)


def _written(uid: str, answer: requests.Response) -> Written:
    with _understood():
        return Written(uid, uid, answer.headers["ETag"])


def _place(calendar: Calendar, uid: str) -> str:
    return f"{CALENDARS}/{calendar.ref}/events/{uid}"


def _send(account: Account, method: str, path: str, **more: Any) -> requests.Response:
    """Send a request and return its answer if it is a success. What requests raises is for the hub to judge."""
    answer = account.http.request(method, account.settings["base"] + path, **more)
    status = answer.status_code
    if 200 <= status < 300:
        return answer
    if status == 429 or status >= 500:
        raise Retry(f"Acme cannot answer now ({status}).", after=_pause(answer))
    if status in ERRORS:
        raise ERRORS[status](f"Acme says {status} to the {method} of an event or calendar.")
    raise Refused(f"http_{status}", f"Acme refuses the {method} of an event or calendar ({status}).")


def _pause(answer: requests.Response) -> float:
    """Return the seconds that Acme asks to wait; half a minute where it does not say."""
    asked = answer.headers.get("Retry-After", "")
    return float(min(int(asked), 3600)) if asked.isdecimal() else 30.0


def _events(answer: Any) -> dict[str, str | None]:
    """Return the text of each event by its uid, None for one that was deleted."""
    with _understood():
        events = {str(one["uid"]): one["ical"] for one in answer["events"]}
        if all(text is None or isinstance(text, str) for text in events.values()):
            return events
    raise Retry("Acme answers with something that is no event.", code="unreadable")


@contextlib.contextmanager
def _understood() -> Iterator[None]:
    """Take an answer that is not as Acme describes it for a failure: it must never look like free time."""
    try:
        yield
    except (TypeError, KeyError, ValueError):
        raise Retry("Acme answers with something else than was asked for.", code="unreadable") from None
