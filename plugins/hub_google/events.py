"""Events of ours: written under an id made of their uid, changed, deleted and read back.

The id makes a repeat safe: a second insert is refused, and what is there is looked at instead. What somebody deleted
keeps its id; it is restored, and where Google does not let that happen the uid's next id is taken.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from hub.plugin import Calendar, Conflict, Event, Found, NotFound, Refused, Written
from hub_google import failures
from hub_google.client import Client
from hub_google.event_ids import MOST, event_id
from hub_google.times import span_of, text_of

_FIELDS = "id,etag,status,start,end,extendedProperties/private"
_SEQUENCE = "frontdesk"
"""Our private property that holds the sequence; Google counts in its own ``sequence`` as it likes."""


def create(client: Client, calendar: Calendar, event: Event) -> Written:
    """Write the event if it is not there; an equal one that is there is this one. Raises Conflict if it differs."""
    for turn in range(MOST):
        ref = event_id(event.uid, turn)
        try:
            return _written(event.uid, _insert(client, calendar, ref, event))
        except Conflict:
            there = _get(client, calendar, ref)
        if there is not None and there.get("status") != "cancelled":
            return _same(there, event)
        if there is not None and (restored := _restored(client, calendar, there, event)) is not None:
            return restored
    raise Conflict("The event was deleted from the Google calendar too often to be written again.")


def update(client: Client, calendar: Calendar, written: Written, event: Event) -> Written:
    """Change the event. Raises NotFound if it was deleted outside, Conflict if it was changed there."""
    ref = written.ref or event_id(event.uid)
    try:
        answer = _patch(client, calendar, ref, event, written.etag)
        if answer.get("status") != "cancelled":
            return _written(event.uid, answer)
    except (Conflict, NotFound, Refused) as error:
        refused = error
    else:
        refused = NotFound("The event was deleted from the Google calendar.")
    there = _live(client, calendar, written.uid, ref)
    if there is None:
        raise NotFound("The event was deleted from the Google calendar.")
    if _equal(there, event):
        return _written(event.uid, there)
    if there.get("id") != ref:
        return update(client, calendar, Written(event.uid, str(there["id"]), ""), event)
    raise refused


def cancel(client: Client, calendar: Calendar, written: Written) -> None:
    """Delete the event if it is there, also when it was changed outside: it is ours."""
    there = _live(client, calendar, written.uid, written.ref)
    if there is None:
        return
    try:
        client.ask(client.events().delete(calendarId=calendar.ref, eventId=there["id"], sendUpdates="none"))
    except NotFound:
        return


def read(client: Client, calendar: Calendar, written: Written) -> Found | None:
    """Return the event as it is now, or None if it is not in the calendar."""
    there = _live(client, calendar, written.uid, written.ref)
    if there is None:
        return None
    span = span_of(there, calendar.zone)
    if span is None:
        raise failures.unreadable("an event without times")
    return Found(_written(written.uid, there), *span, _sequence(there))


def _live(client: Client, calendar: Calendar, uid: str, ref: str) -> Mapping[str, Any] | None:
    """Return the event under its id, or under the next one of its uid where that was deleted."""
    tried = dict.fromkeys([*([ref] if ref else []), *(event_id(uid, turn) for turn in range(MOST))])
    for one in tried:
        there = _get(client, calendar, one)
        if there is not None and there.get("status") != "cancelled":
            return there
        if there is None and one != ref:
            return None  # ids are taken in turn: there is none after the first that is not there
    return None


def _get(client: Client, calendar: Calendar, ref: str) -> Mapping[str, Any] | None:
    """Return an event, also a deleted one as long as Google remembers it."""
    try:
        found = client.ask(client.events().get(calendarId=calendar.ref, eventId=ref, fields=_FIELDS))
    except NotFound:
        return None
    if not isinstance(found.get("id"), str):
        raise failures.unreadable("an event without an id")
    return found


def _restored(client: Client, calendar: Calendar, there: Mapping[str, Any], event: Event) -> Written | None:
    """Bring back what was deleted (Event, ``status``); None where Google does not do that."""
    try:
        answer = _patch(client, calendar, there["id"], event)
    except (NotFound, Refused, Conflict):
        return None
    return _written(event.uid, answer) if answer.get("status") == "confirmed" else None


def _insert(client: Client, calendar: Calendar, ref: str, event: Event) -> dict[str, Any]:
    insert = partial(client.events().insert, calendarId=calendar.ref, sendUpdates="none", fields=_FIELDS)
    return _ask(client, event, lambda body: insert(body={**body, "id": ref}))


def _patch(client: Client, calendar: Calendar, ref: str, event: Event, condition: str = "") -> dict[str, Any]:
    """Change an event. Google merges objects, so a date is taken away: staff may have made it a whole day."""
    patch = partial(client.events().patch, calendarId=calendar.ref, eventId=ref, sendUpdates="none", fields=_FIELDS)
    times = ("start", "end")
    return _ask(
        *(client, event),
        lambda body: patch(body=body | {name: body[name] | {"date": None} for name in times}),
        condition,
    )


def _ask(client: Client, event: Event, request: Callable[[dict[str, Any]], Any], condition: str = "") -> dict[str, Any]:
    """Write an event in its zone, or in UTC where Google refuses that: its list of zones may be older than ours."""
    try:
        return client.ask(request(_body(event)), condition=condition)
    except Refused as refused:
        if refused.code != "http_400" or event.zone in ("", "UTC"):
            raise
    return client.ask(request(_body(replace(event, zone="UTC"))), condition=condition)


def _body(event: Event) -> dict[str, Any]:
    """Return what is written of an event. Google shows a description as HTML, so what was typed is made text again."""
    zone = event.zone or "UTC"
    return {
        "status": "confirmed",
        "summary": event.summary,
        "description": html.escape(event.description, quote=False),
        "location": event.location,
        "start": {"dateTime": text_of(event.start), "timeZone": zone},
        "end": {"dateTime": text_of(event.end), "timeZone": zone},
        "transparency": "opaque",
        "extendedProperties": {"private": {_SEQUENCE: str(event.sequence)}},
    }


def _written(uid: str, answer: Mapping[str, Any]) -> Written:
    ref, etag = answer.get("id"), answer.get("etag")
    if not isinstance(ref, str) or not isinstance(etag, str):
        raise failures.unreadable("an event without an id")
    return Written(uid, ref, etag)


def _same(there: Mapping[str, Any], event: Event) -> Written:
    if not _equal(there, event):
        raise Conflict("The Google calendar holds another version of this event.")
    return _written(event.uid, there)


def _equal(there: Mapping[str, Any], event: Event) -> bool:
    return span_of(there, "") == (event.start, event.end) and _sequence(there) >= event.sequence


def _sequence(there: Mapping[str, Any]) -> int:
    """Return the sequence that we wrote last; 0 where somebody took it away."""
    properties = there.get("extendedProperties")
    private = properties.get("private") if isinstance(properties, dict) else None
    text = private.get(_SEQUENCE) if isinstance(private, dict) else None
    return int(text) if isinstance(text, str) and text.isdecimal() and len(text) < 10 else 0
