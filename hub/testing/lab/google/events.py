"""One event: written, changed, deleted and read, with entity tags, ids of the client's own and what deleting leaves."""

from __future__ import annotations

import copy
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.testing.lab.google import errors
from hub.testing.lab.google.expand import check_times, rule_set, seconds, singles
from hub.testing.lab.google.state import Event, GoogleState, Person, StoredCalendar, rfc3339

_ID = re.compile(r"[0-9a-v]{5,1024}")
_OURS = frozenset({"kind", "etag", "created", "updated", "creator", "organizer", "htmlLink"})
_KEPT = frozenset(
    {
        *("id", "iCalUID", "created", "creator", "organizer", "eventType", "recurringEventId", "originalStartTime"),
        "sequence",
    }
)
_FREE_BUSY = frozenset(
    {
        *("kind", "etag", "id", "status", "created", "updated", "start", "end", "recurringEventId", "iCalUID"),
        *("originalStartTime", "transparency", "eventType", "sequence", "recurrence"),
    }
)
_LONGEST_NAME, _LONGEST_VALUE = 44, 1_024
_STATUS = frozenset({"confirmed", "tentative", "cancelled"})
_RESPONSE = frozenset({"needsAction", "declined", "tentative", "accepted"})
_TYPES = frozenset({"default", "outOfOffice", "focusTime", "workingLocation"})


def insert(state: GoogleState, calendar: StoredCalendar, person: Person, body: Event) -> Event:
    """Make an event. Its id is the client's own (base32hex) or a new one; a deleted event keeps its id taken."""
    if "id" in body and "iCalUID" in body:
        raise errors.bad_request("Only one of id and iCalUID may be given.")
    ref = body.get("id") or secrets.token_hex(13)
    if not _ID.fullmatch(ref):
        raise errors.invalid("The id has other signs than base32hex, or too few or too many.")
    if ref in calendar.events:
        raise errors.duplicate()
    return calendar.keep(_made(state, calendar, person, {**body, "id": ref}), state.clock())


def bring_in(state: GoogleState, calendar: StoredCalendar, person: Person, body: Event) -> Event:
    """Import an event under its iCalUID; one that is there is replaced."""
    uid = body.get("iCalUID")
    if not uid:
        raise errors.required("The iCalUID is missing.", "resource.iCalUID")
    mine = [one for one in calendar.events.values() if one["iCalUID"] == uid and "recurringEventId" not in one]
    ref = mine[0]["id"] if mine else secrets.token_hex(13)
    return calendar.keep(_made(state, calendar, person, {**body, "id": ref}), state.clock())


def get(calendar: StoredCalendar, ref: str) -> Event:
    """Return an event, also a deleted one, or an instance of a series."""
    return _found(calendar, ref)


def update(state: GoogleState, calendar: StoredCalendar, ref: str, body: Event, condition: str) -> Event:
    """Replace what the client may write of an event; one that was deleted comes back when its status is given."""
    old = _unchanged(calendar, ref, condition)
    if old.get("status") == "cancelled" and "status" not in body:
        raise errors.GoogleError(403, "forbidden", "Forbidden")
    kept = {name: value for name, value in old.items() if name in _KEPT}
    written = {name: value for name, value in body.items() if name not in (*_OURS, "id", "iCalUID", "eventType")}
    return _changed(state, calendar, old, kept | {"kind": "calendar#event", "status": "confirmed"} | written)


def patch(state: GoogleState, calendar: StoredCalendar, ref: str, body: Event, condition: str) -> Event:
    """Change the given fields of an event: objects are merged, lists replaced, and null takes a field away."""
    old = _unchanged(calendar, ref, condition)
    written = {name: value for name, value in body.items() if name not in (*_OURS, "id", "iCalUID", "eventType")}
    return _changed(state, calendar, old, _merged(copy.deepcopy(old), written))


def delete(state: GoogleState, calendar: StoredCalendar, ref: str, condition: str) -> None:
    """Delete an event: it stays, as cancelled, and its id stays taken. Of a series, one instance or all of it."""
    old = _unchanged(calendar, ref, condition)
    if old.get("status") == "cancelled":
        raise errors.deleted()
    calendar.keep(copy.deepcopy(old) | {"status": "cancelled"}, state.clock())
    if old.get("recurrence"):
        for one in [one for one in calendar.events.values() if one.get("recurringEventId") == ref]:
            calendar.keep(copy.deepcopy(one) | {"status": "cancelled"}, state.clock())


def reduced(event: Event) -> Event:
    """Return an event as somebody sees it who may know no more than free and busy."""
    return {name: value for name, value in event.items() if name in _FREE_BUSY} | {"visibility": "private"}


def _found(calendar: StoredCalendar, ref: str) -> Event:
    if ref in calendar.events:
        return calendar.events[ref]
    root, _, moment = ref.rpartition("_")
    if root in calendar.events and moment:
        instances = singles(calendar.events, [root], calendar.zone, None, None)
        if ref in instances:
            return instances[ref]
    raise errors.not_found()


def _unchanged(calendar: StoredCalendar, ref: str, condition: str) -> Event:
    event = _found(calendar, ref)
    if condition and condition not in (event["etag"], "*"):
        raise errors.changed()
    return event


def _made(state: GoogleState, calendar: StoredCalendar, person: Person, body: Event) -> Event:
    who = {"email": person.email, "self": True}
    event = {
        "kind": "calendar#event",
        "status": "confirmed",
        "iCalUID": f"{body['id']}@google.com",
        "created": rfc3339(state.clock()),
        "creator": who,
        "organizer": who,
        "sequence": 0,
        "eventType": "default",
    }
    event |= {name: copy.deepcopy(value) for name, value in body.items() if name not in _OURS - {"organizer"}}
    return _checked(state, calendar, event)


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> Event:
    """Return an object with another one's fields in it ("Performance tips", patch)."""
    found = {name: value for name, value in old.items() if name not in new}
    for name, value in new.items():
        if isinstance(value, dict):
            found[name] = _merged(old.get(name, {}), value)
        elif value is not None:
            found[name] = value
    return found


def _changed(state: GoogleState, calendar: StoredCalendar, old: Event, new: Event) -> Event:
    if new.get("sequence", 0) < old.get("sequence", 0):
        raise errors.invalid("The sequence is below the one that the event has.")
    _checked(state, calendar, new)
    moved = [_span(one, calendar.zone) for one in (old, new)]
    if moved[0] != moved[1] and new.get("sequence", 0) == old.get("sequence", 0):
        new["sequence"] = old.get("sequence", 0) + 1
    return calendar.keep(new, state.clock())


def _span(event: Event, zone: str) -> tuple[int, int, list[str]]:
    return seconds(event["start"], zone), seconds(event["end"], zone), event.get("recurrence", [])


def _checked(state: GoogleState, calendar: StoredCalendar, event: Event) -> Event:
    check_times(event, calendar.zone, state.unknown_zones)
    for name in ("start", "end"):
        if "dateTime" in event[name]:
            event[name] = _with_offset(event[name], calendar.zone)
    if event.get("recurrence"):
        _check_rules(event, calendar)
    if event["status"] not in _STATUS or event["eventType"] not in _TYPES:
        raise errors.bad_request("Invalid value.")
    if event.get("transparency", "opaque") not in ("opaque", "transparent"):
        raise errors.bad_request("Invalid value for transparency.")
    for one in event.get("attendees", []):
        if not one.get("email") or one.get("responseStatus", "needsAction") not in _RESPONSE:
            raise errors.bad_request("Missing attendee email.")
        one.setdefault("responseStatus", "needsAction")
        if one["email"] == calendar.owner:
            one["self"] = True
    if "extendedProperties" in event:
        event["extendedProperties"] = _kept_properties(event["extendedProperties"])
    if event["eventType"] == "workingLocation" and event.get("transparency") != "transparent":
        raise errors.bad_request("A working location must be transparent.")
    return event


def _kept_properties(given: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return properties as they are kept: no too long names, long values cut ("Extended properties", limits)."""
    return {
        kind: {name: value[:_LONGEST_VALUE] for name, value in pairs.items() if len(name) <= _LONGEST_NAME}
        for kind, pairs in given.items()
    }


def _with_offset(moment: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """Return a time as the API shows it: with its offset, in its own zone or in the calendar's."""
    place = ZoneInfo(moment.get("timeZone", zone))
    return {**moment, "dateTime": datetime.fromtimestamp(seconds(moment, zone), place).isoformat()}


def _check_rules(event: Mapping[str, Any], calendar: StoredCalendar) -> None:
    place = ZoneInfo(event["start"].get("timeZone", calendar.zone))
    rule_set(event["recurrence"], datetime.fromtimestamp(seconds(event["start"], calendar.zone), place))
