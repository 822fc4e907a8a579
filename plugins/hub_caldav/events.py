"""Events of ours: written under a name made of their UID, changed, deleted and read back.

Not every server honours If-None-Match or If-Match, so each write looks first and its outcome is judged by what is
there afterwards. Writing the same event twice leaves one event.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urljoin

from hub.plugin import (
    Calendar,
    Conflict,
    Event,
    Found,
    NotFound,
    Refused,
    Retry,
    Written,
    event_from_ical,
    event_to_ical,
)
from hub_caldav import failures, queries
from hub_caldav.client import Client
from hub_caldav.multistatus import CALDAV, DAV


@dataclass(frozen=True, slots=True)
class _There:
    """What is at a place: an event of ours, or (``found`` is None) something else."""

    ref: str
    etag: str
    found: Found | None


def create(client: Client, calendar: Calendar, event: Event, *, now: int) -> Written:
    """Write the event if it is not there; an equal one that is there is this one. Raises Conflict if it differs."""
    ref = _ref(calendar, event.uid)
    there = _look(client, calendar, ref, event.uid)
    if there is not None:
        return _same(there, event)
    try:
        answer = client.put(ref, event_to_ical(event, now=now), {"If-None-Match": "*"})
    except (Conflict, NotFound):
        # Another writer was faster, or the server keeps the same UID under a name of its own.
        there = _look(client, calendar, ref, event.uid) or _search(client, calendar, event.uid)
        if there is None:
            raise
        return _same(there, event)
    return _confirmed(client, calendar, urljoin(ref, answer.headers.get("Location", "")), event, answer.etag)


def update(client: Client, calendar: Calendar, written: Written, event: Event, *, now: int) -> Written:
    """Replace the event. Raises NotFound if it was deleted outside, Conflict if it was changed there."""
    ref = written.ref or _ref(calendar, event.uid)
    there = _look(client, calendar, ref, event.uid) or _search(client, calendar, event.uid)
    if there is None:
        raise NotFound("The event was deleted from the CalDAV calendar.")
    if _equal(there, event):
        return Written(event.uid, there.ref, there.etag)
    if there.found is None or (written.etag and there.etag and _tag(written.etag) != _tag(there.etag)):
        raise Conflict("The event was changed in the CalDAV calendar since the hub wrote it.")
    condition = {"If-Match": there.etag} if there.etag and not there.etag.startswith("W/") else {}
    try:
        answer = client.put(there.ref, event_to_ical(event, now=now), condition)
    except Conflict:
        return _same(_look(client, calendar, there.ref, event.uid), event)
    return _confirmed(client, calendar, there.ref, event, answer.etag)


def cancel(client: Client, calendar: Calendar, written: Written) -> None:
    """Delete the event if it is there, also when it was changed outside: it is ours. Never another's."""
    ref = written.ref or _ref(calendar, written.uid)
    there = _look(client, calendar, ref, written.uid) or _search(client, calendar, written.uid)
    if there is None:
        return
    if there.found is None:
        raise Refused("not_ours", "What is at the event's place in the CalDAV calendar is not the hub's event.")
    try:
        client.delete(there.ref)
    except NotFound:
        return


def read(client: Client, calendar: Calendar, written: Written) -> Found | None:
    """Return the event as it is now, or None if it is not in the calendar."""
    ref = written.ref or _ref(calendar, written.uid)
    there = _look(client, calendar, ref, written.uid)
    if there is None or there.found is None:
        there = _search(client, calendar, written.uid)
    return there.found if there is not None else None


def _ref(calendar: Calendar, uid: str) -> str:
    return f"{calendar.ref.rstrip('/')}/{quote(uid, safe='')}.ics"


def _look(client: Client, calendar: Calendar, ref: str, uid: str) -> _There | None:
    try:
        answer = client.get(ref)
    except NotFound:
        return None
    if b"BEGIN:VCALENDAR" not in answer.body.upper():
        raise failures.unreadable("something that is no event")
    return _There(ref, answer.etag, _found(calendar, answer.body, ref, uid, answer.etag))


def _search(client: Client, calendar: Calendar, uid: str) -> _There | None:
    """Look for the event by its UID. A server that cannot search has not got it under another name."""
    try:
        items, _token = client.report(calendar.ref, queries.events_with_uid(uid), 1)
    except (Refused, NotFound, Conflict):
        return None
    for item in items:
        ref = client.absolute(item.href, calendar.ref)
        etag = item.text(f"{DAV}getetag")
        found = _found(calendar, item.text(f"{CALDAV}calendar-data"), ref, uid, etag)
        if found is not None:
            return _There(ref, etag, found)
    return None


def _found(calendar: Calendar, data: bytes | str, ref: str, uid: str, etag: str) -> Found | None:
    times = event_from_ical(data, uid, zone=calendar.zone)
    if times is None:
        return None
    return Found(Written(uid, ref, etag), times.start, times.end, times.sequence, times.cancelled)


def _confirmed(client: Client, calendar: Calendar, ref: str, event: Event, etag: str) -> Written:
    """Return where the event stands after a write.

    A strong ETag in the answer says that it was stored as sent (RFC 4791 5.3.4); without one it is read.
    """
    if etag and not etag.startswith("W/"):
        return Written(event.uid, ref, etag)
    there = _look(client, calendar, ref, event.uid) or _search(client, calendar, event.uid)
    if there is None:
        raise Retry("The CalDAV server took the event and does not show it yet; it is looked at again.")
    return _same(there, event)


def _same(there: _There | None, event: Event) -> Written:
    if there is None or not _equal(there, event):
        raise Conflict("The CalDAV calendar holds another version of this event.")
    return Written(event.uid, there.ref, there.etag)


def _equal(there: _There, event: Event) -> bool:
    found = there.found
    if found is None or found.cancelled or found.sequence < event.sequence:
        return False
    return (found.start, found.end) == (event.start, event.end)


def _tag(etag: str) -> str:
    return etag.removeprefix("W/")
