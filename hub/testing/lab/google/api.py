"""The Calendar API: a request becomes a method of the discovery document, and the method its answer."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request

from hub.testing.lab.google import errors, events, freebusy, listing
from hub.testing.lab.google.document import Method, check_body, check_query, check_schema, find_method
from hub.testing.lab.google.expand import is_zone
from hub.testing.lab.google.partial import Fields
from hub.testing.lab.google.push import Pushes
from hub.testing.lab.google.rights import check_calendar, check_method, is_private, sees_details, sees_private
from hub.testing.lab.google.state import ROLES, Access, Event, GoogleState, StoredCalendar
from hub.testing.lab.google.tokens import find_access

_ROLES_SHOWN = ROLES[1:]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was understood."""

    method: Method
    access: Access
    place: Mapping[str, str]
    query: Mapping[str, Any]
    body: dict[str, Any]
    condition: str


def understood(state: GoogleState, request: Request, raw_path: str) -> Call:
    """Return what a request asks for, checked against the document and the token's scopes, or raise GoogleError."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    access = find_access(state, token) if scheme == "Bearer" else None
    if access is None:
        raise errors.unauthorized()
    method, place = find_method(request.method, raw_path)
    query = check_query(method, parse_qsl(request.query_string.decode(), keep_blank_values=True))
    body = check_body(method, request.get_data(), request.headers.get("Content-Type", ""))
    check_method(method, access)
    return Call(method, access, place, query, body, request.headers.get("If-Match", ""))


def answered(state: GoogleState, pushes: Pushes, call: Call) -> dict[str, Any] | None:
    """Return the answer, None for an empty one. What it may hold of it the query's ``fields`` say."""
    method = _METHODS.get(call.method.name)
    if method is None:
        raise errors.not_here(call.method.name)
    for name in sorted(_LEFT_OUT.get(call.method.name, frozenset()) & call.query.keys()):
        raise errors.not_here(f"{name} of {call.method.name}")
    with state.lock:
        found = method(state, pushes, call)
    if found is None:
        return None
    check_schema(found, call.method.response)
    picked: dict[str, Any] = Fields.of(call.query.get("fields", "*")).pick(found)
    return picked


def _calendar(state: GoogleState, call: Call) -> StoredCalendar:
    calendar = state.calendar(call.place["calendarId"], call.access.sub)
    check_calendar(state, call.method, call.access, calendar)
    return calendar


def _list_calendars(state: GoogleState, _pushes: Pushes, call: Call) -> dict[str, Any]:
    least = _ROLES_SHOWN.index(call.query.get("minAccessRole", "freeBusyReader"))
    found = [one for one in state.calendars.values() if state.role(one, call.access.sub) in _ROLES_SHOWN[least:]]
    size = min(call.query.get("maxResults", 100), 250)
    begin = int(call.query.get("pageToken", "0"))
    items = [_entry(state, one, call.access.sub) for one in found[begin : begin + size]]
    answer: dict[str, Any] = {"kind": "calendar#calendarList", "etag": f'"{len(found)}"', "items": items}
    if begin + size < len(found):
        return answer | {"nextPageToken": str(begin + size)}
    return answer | {"nextSyncToken": secrets.token_urlsafe(12)}


def _get_entry(state: GoogleState, _pushes: Pushes, call: Call) -> dict[str, Any]:
    return _entry(state, _calendar(state, call), call.access.sub)


def _entry(state: GoogleState, calendar: StoredCalendar, sub: str) -> dict[str, Any]:
    entry = {"kind": "calendar#calendarListEntry", "etag": f'"{calendar.number}"', "id": calendar.id}
    entry |= {"summary": calendar.summary, "timeZone": calendar.zone, "accessRole": state.role(calendar, sub)}
    mine = state.people[sub].email == calendar.id
    return {**entry, "selected": True, **({"primary": True} if mine else {})}


def _insert_calendar(state: GoogleState, _pushes: Pushes, call: Call) -> dict[str, Any]:
    if not call.body.get("summary"):
        raise errors.required("The title is missing.", "summary")
    person = state.people[call.access.sub]
    ref = f"c_{secrets.token_hex(16)}@group.calendar.google.com"
    zone = call.body.get("timeZone", person.zone)
    if zone in state.unknown_zones or not is_zone(zone):
        raise errors.invalid("The time zone is unknown.")
    made = state.add_calendar(ref, person, call.body["summary"], zone, made_by=call.access.client)
    return _resource(made)


def _get_calendar(state: GoogleState, _pushes: Pushes, call: Call) -> dict[str, Any]:
    return _resource(_calendar(state, call))


def _delete_calendar(state: GoogleState, _pushes: Pushes, call: Call) -> None:
    calendar = _calendar(state, call)
    if calendar.primary:
        raise errors.GoogleError(400, "cannotDeletePrimaryCalendar", "Cannot delete primary calendar.")
    del state.calendars[calendar.id]


def _resource(calendar: StoredCalendar) -> dict[str, Any]:
    kind = {"kind": "calendar#calendar", "etag": f'"{calendar.number}"', "id": calendar.id}
    return {**kind, "summary": calendar.summary, "timeZone": calendar.zone}


def _list_events(state: GoogleState, _pushes: Pushes, call: Call) -> dict[str, Any]:
    calendar = _calendar(state, call)
    return listing.list_events(state, calendar, state.role(calendar, call.access.sub), call.query, _shows(state, call))


def _get_event(state: GoogleState, _pushes: Pushes, call: Call) -> dict[str, Any]:
    calendar = _calendar(state, call)
    found = copy.deepcopy(events.get(calendar, call.place["eventId"]))
    return listing.cut(_shows(state, call)(found), call.query)


def _shows(state: GoogleState, call: Call) -> Callable[[Event], Event]:
    """Return how events are shown to whoever asks: whole, or as times alone."""
    calendar = _calendar(state, call)
    whole, private = sees_details(state, call.method, call.access, calendar), sees_private(state, call.access, calendar)
    return lambda event: event if whole and (private or not is_private(event)) else events.reduced(event)


def _event_to_change(state: GoogleState, call: Call) -> tuple[StoredCalendar, str]:
    """Return calendar and id of an event, or refuse a private one to those who may not see it."""
    calendar, ref = _calendar(state, call), call.place["eventId"]
    if not sees_private(state, call.access, calendar) and is_private(events.get(calendar, ref)):
        raise errors.forbidden()
    return calendar, ref


def _insert(state: GoogleState, _pushes: Pushes, call: Call) -> dict[str, Any]:
    calendar = _calendar(state, call)
    made = events.insert(state, calendar, state.people[call.access.sub], call.body)
    if call.access.client == state.client.id:
        calendar.written_by[made["id"]] = state.client.name
    return _told(state, calendar, made)


def _import(state: GoogleState, _pushes: Pushes, call: Call) -> dict[str, Any]:
    calendar = _calendar(state, call)
    return _told(state, calendar, events.bring_in(state, calendar, state.people[call.access.sub], call.body))


def _update(state: GoogleState, _pushes: Pushes, call: Call) -> dict[str, Any]:
    calendar, ref = _event_to_change(state, call)
    return _told(state, calendar, events.update(state, calendar, ref, call.body, call.condition))


def _patch(state: GoogleState, _pushes: Pushes, call: Call) -> dict[str, Any]:
    calendar, ref = _event_to_change(state, call)
    return _told(state, calendar, events.patch(state, calendar, ref, call.body, call.condition))


def _delete(state: GoogleState, _pushes: Pushes, call: Call) -> None:
    calendar, ref = _event_to_change(state, call)
    events.delete(state, calendar, ref, call.condition)
    state.touched(calendar.id)


def _told(state: GoogleState, calendar: StoredCalendar, event: dict[str, Any]) -> dict[str, Any]:
    state.touched(calendar.id)
    return copy.deepcopy(event)


def _free_busy(state: GoogleState, _pushes: Pushes, call: Call) -> dict[str, Any]:
    return freebusy.query(state, call.access.sub, call.body)


def _watch(state: GoogleState, pushes: Pushes, call: Call) -> dict[str, Any]:
    calendar = _calendar(state, call)
    return pushes.watch(calendar.id, call.access.sub, call.access.client, call.body)


def _stop(_state: GoogleState, pushes: Pushes, call: Call) -> None:
    pushes.stop(call.access.sub, call.access.client, call.body)


_LEFT_OUT: Mapping[str, frozenset[str]] = {
    "calendarList.list": frozenset({"showDeleted", "showHidden", "syncToken"}),
    "events.list": frozenset({"timeZone"}),
    "events.get": frozenset({"timeZone"}),
}
"""Parameters that Google heeds and the stand-in does not."""

_METHODS: Mapping[str, Callable[[GoogleState, Pushes, Call], dict[str, Any] | None]] = {
    "calendarList.list": _list_calendars,
    "calendarList.get": _get_entry,
    "calendars.insert": _insert_calendar,
    "calendars.get": _get_calendar,
    "calendars.delete": _delete_calendar,
    "events.list": _list_events,
    "events.get": _get_event,
    "events.insert": _insert,
    "events.import": _import,
    "events.update": _update,
    "events.patch": _patch,
    "events.delete": _delete,
    "events.watch": _watch,
    "channels.stop": _stop,
    "freebusy.query": _free_busy,
}
