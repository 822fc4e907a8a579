"""Events of ours: written once, found again by their uid, changed, deleted and read back.

The uid is the transactionId, by which Graph takes repeats of a write for one, and an extended property, by which the
event is found when nobody knows its place (pages: event, Create event, get singleValueLegacyExtendedProperty).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.plugin import Calendar, Conflict, Event, Found, NotFound, Refused, Written
from hub_microsoft import failures, meaning
from hub_microsoft.client import Client, part

_SPACE = "String {6f1d7c1e-52c7-4a0b-9a86-3d1f9f3a7c55} Name "
UID, SEQUENCE = f"{_SPACE}FrontdeskUid", f"{_SPACE}FrontdeskSequence"
"""Names of the extended properties, in a property set of our own (page: extended properties overview)."""

_PROPERTIES = "singleValueExtendedProperties"
_EXPAND = f"{_PROPERTIES}($filter=id eq '{UID}' or id eq '{SEQUENCE}')"
_FIELDS = "id,start,end,isCancelled,transactionId"
_LONGEST_SUBJECT = 255


def create(client: Client, calendar: Calendar, event: Event) -> Written:
    """Write the event; one that is there with this uid is this one. Raises Conflict if it is another version.

    A later version is written where an earlier one may have been, and may have been deleted. What Graph makes of the
    transactionId of a deleted event is not documented, so the event is looked for, and written under another one.
    """
    if event.sequence and (there := _search(client, calendar, event.uid)) is not None:
        return _same(there, event)
    body = _texts(event) | _times(event) | _properties(event)
    transaction = meaning.transaction_of(event.uid, event.sequence)
    try:
        made = client.post(f"/me/calendars/{part(calendar.ref)}/events", body | {"transactionId": transaction})
    except Conflict:
        return _same(_search(client, calendar, event.uid), event)
    found = _found(made, event.uid)
    if found.start != event.start or found.end != event.end:  # an earlier write, answered to the repeat
        return _same(_search(client, calendar, event.uid), event)
    return found.written


def update(client: Client, calendar: Calendar, written: Written, event: Event) -> Written:
    """Change the event. Raises NotFound if it was deleted outside, Conflict if it was changed there."""
    ref, etag = written.ref, written.etag
    if not ref:
        there = _search(client, calendar, event.uid)
        if there is None:
            raise NotFound("The event was deleted from the Microsoft calendar.")
        ref = there.written.ref
    try:
        changed = client.patch(f"/me/events/{part(ref)}", _texts(event) | _times(event) | _properties(event), etag)
    except Conflict:
        return _same(read(client, calendar, Written(event.uid, ref)), event)
    return _found(changed, event.uid).written


def cancel(client: Client, calendar: Calendar, written: Written) -> None:
    """Delete the event if it is there, also when it was changed outside: it is ours. Never another's."""
    there = read(client, calendar, written)
    if there is None:
        return
    try:
        client.delete(f"/me/events/{part(there.written.ref)}")
    except NotFound:
        return


def read(client: Client, calendar: Calendar, written: Written) -> Found | None:
    """Return the event as it is now, or None if it is not there. Raises Refused if another is at its place."""
    if not written.ref:
        return _search(client, calendar, written.uid)
    try:
        event = client.get(f"/me/events/{part(written.ref)}", {"$select": _FIELDS, "$expand": _EXPAND})
    except NotFound:
        return _search(client, calendar, written.uid)  # moved to another calendar and back, it has another id
    if _property(event, UID) != written.uid:
        raise Refused("not_ours", "What is at the event's place in the Microsoft calendar is not the hub's event.")
    return _found(event, written.uid)


def _search(client: Client, calendar: Calendar, uid: str) -> Found | None:
    """Look for the event by its uid, in its calendar."""
    quoted = uid.replace("'", "''")
    query = {
        "$filter": f"{_PROPERTIES}/any(ep:ep/id eq '{UID}' and ep/value eq '{quoted}')",
        "$select": _FIELDS,
        "$expand": _EXPAND,
        "$top": "2",
    }
    for event in client.pages(f"/me/calendars/{part(calendar.ref)}/events", query):
        if _property(event, UID) == uid:
            return _found(event, uid)
    return None


def _same(there: Found | None, event: Event) -> Written:
    """Return where the event stands if it is this version of it."""
    if there is None:
        raise NotFound("The event was deleted from the Microsoft calendar.")
    if there.cancelled or (there.start, there.end) != (event.start, event.end) or there.sequence < event.sequence:
        raise Conflict("The Microsoft calendar holds another version of this event.")
    return there.written


def _found(event: Mapping[str, Any], uid: str) -> Found:
    try:
        ref, etag = str(event["id"]), str(event["@odata.etag"])
        start, end = meaning.instant(event["start"]), meaning.instant(event["end"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise failures.unreadable("an event that cannot be read") from None
    sequence = _property(event, SEQUENCE)
    number = int(sequence) if sequence.isdecimal() and len(sequence) < 10 else 0
    return Found(Written(uid, ref, etag), start, end, number, cancelled=event.get("isCancelled") is True)


def _property(event: Mapping[str, Any], name: str) -> str:
    properties = event.get(_PROPERTIES)
    for one in properties if isinstance(properties, list) else ():
        if isinstance(one, Mapping) and str(one.get("id", "")).lower() == name.lower():
            return str(one.get("value", ""))
    return ""


def _texts(event: Event) -> dict[str, Any]:
    """Return what people read. Texts are plain: nothing in them is taken for a guest, a file or markup."""
    return {
        "subject": " ".join(event.summary.split())[:_LONGEST_SUBJECT],
        "body": {"contentType": "text", "content": event.description},
        "location": {"displayName": " ".join(event.location.split())[:_LONGEST_SUBJECT]},
        "showAs": "busy",
    }


def _times(event: Event) -> dict[str, Any]:
    return {"start": meaning.dated(event.start), "end": meaning.dated(event.end)}


def _properties(event: Event) -> dict[str, Any]:
    return {_PROPERTIES: [{"id": UID, "value": event.uid}, {"id": SEQUENCE, "value": str(event.sequence)}]}
