"""``events.list``: pages, the token for what changed since, and the events of a series one by one."""

from __future__ import annotations

import copy
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.testing.lab.google import errors
from hub.testing.lab.google.expand import seconds, singles, touches
from hub.testing.lab.google.state import Event, GoogleState, StoredCalendar

_NOT_WITH_TOKEN = (
    *("iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin", "timeMax"),
    "updatedMin",
)
_TOKEN = re.compile(r"C[A-Za-z0-9_-]{10,100}")
_MOST = 2_500
_REMEMBERED = 30 * 86_400
"""Seconds for which changes are remembered. Google does not document it; clients of others met about as much."""


def list_events(
    state: GoogleState,
    calendar: StoredCalendar,
    role: str,
    query: Mapping[str, Any],
    show: Callable[[Event], Event],
) -> dict[str, Any]:
    """Return a page of events. The last page holds the token with which to ask for what changed afterwards.

    The token ends with the role: whose rights change reads everything again.
    """
    size = min(query.get("maxResults", 250), _MOST)
    if "pageToken" in query:
        items, sync = _page(state, query)
    elif "syncToken" in query:
        items, sync = _since(state, calendar, role, query)
    else:
        items, sync = _all(state, calendar, role, query)
    answer: dict[str, Any] = {
        "kind": "calendar#events",
        "etag": f'"p{calendar.number}"',
        "summary": calendar.summary,
        "timeZone": calendar.zone,
        "accessRole": role,
        "defaultReminders": [],
        "items": [cut(show(event), query) for event in items[:size]],
    }
    if len(items) > size:
        answer["nextPageToken"] = token = f"P{secrets.token_urlsafe(18)}"
        state.pages[token] = (items[size:], sync, _but_page(query))
    elif sync is not None:
        answer["nextSyncToken"] = token = f"C{secrets.token_urlsafe(18)}="
        state.sync[token] = sync
    return answer


def _page(state: GoogleState, query: Mapping[str, Any]) -> tuple[list[Event], Any]:
    """Return what is left of an answer. A page is asked for by the query of the first one ("Synchronize resources")."""
    items, sync, asked = state.pages.get(query["pageToken"], ([], None, None))
    if asked != _but_page(query):
        raise errors.bad_request("This page belongs to no such query.", "pageToken")
    return items, sync


def _but_page(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if name != "pageToken"}


def _all(state: GoogleState, calendar: StoredCalendar, role: str, query: Mapping[str, Any]) -> tuple[list[Event], Any]:
    start, end, changed = (_moment(query, name) for name in ("timeMin", "timeMax", "updatedMin"))
    if start is not None and end is not None and end <= start:
        raise errors.empty_range()
    if changed is not None and changed < state.clock() - _REMEMBERED:
        raise errors.too_long_ago()
    single = query.get("singleEvents", False)
    if query.get("orderBy") == "startTime" and not single:
        raise errors.bad_request("Only single events can be ordered by their start.", "orderBy")
    deleted = query.get("showDeleted", False) or changed is not None
    found = _view(calendar.events, single, None, calendar.zone, start, end, deleted=deleted)
    items = [event for event in found.values() if deleted or _is_shown(event, calendar, single)]
    items = [event for event in items if _is_asked_for(event, query)]
    if changed is not None:
        items = [event for event in items if datetime.fromisoformat(event["updated"]).timestamp() >= changed]
    match query.get("orderBy"):
        case "startTime":
            items.sort(key=lambda event: seconds(event["start"], calendar.zone))
        case "updated":
            items.sort(key=lambda event: str(event["updated"]))
    filtered = any(name in query for name in _NOT_WITH_TOKEN if name not in ("timeMin", "timeMax"))
    return copy.deepcopy(items), None if filtered else (calendar.id, calendar.number, single, role, start, end)


def _is_shown(event: Event, calendar: StoredCalendar, single: bool) -> bool:
    """Tell whether an event is listed: of what is cancelled, only the exceptions of a series that goes on."""
    if event.get("status") != "cancelled":
        return True
    root = calendar.events.get(event.get("recurringEventId", ""))
    return root is not None and not single and root.get("status") != "cancelled"


def _since(
    state: GoogleState, calendar: StoredCalendar, role: str, query: Mapping[str, Any]
) -> tuple[list[Event], Any]:
    for name in _NOT_WITH_TOKEN:
        if name in query:
            raise errors.bad_request(f"Sync token cannot be used together with {name}.", name)
    if query.get("showDeleted") is False:
        raise errors.bad_request("showDeleted cannot be false with a sync token.", "showDeleted")
    token = query["syncToken"]
    if not _TOKEN.fullmatch(token.rstrip("=")):
        raise errors.bad_request("Invalid sync token value.", "syncToken")
    known = state.sync.get(token)
    if known is None or (known[0], *known[2:4]) != (calendar.id, query.get("singleEvents", False), role):
        raise errors.full_sync()
    _ref, number, single, _role, start, end = known
    changed = {past.id for past in calendar.past if past.number > number}
    roots = {calendar.events[ref].get("recurringEventId", ref) for ref in changed}
    before = _view(calendar.at(number), single, roots, calendar.zone, start, end)
    now = _view(calendar.events, single, roots, calendar.zone, start, end)
    for ref in changed & calendar.events.keys():
        event = calendar.events[ref]
        if "recurringEventId" not in event and not (single and event.get("recurrence")):
            now[ref] = event  # moved out of the span, or deleted: it is named all the same
    gone = [_stub(event) for ref, event in before.items() if ref not in now]
    items = [event if event.get("status") != "cancelled" else _stub(event) for event in now.values()]
    return copy.deepcopy(items + gone), (calendar.id, calendar.number, single, role, start, end)


def _view(
    events: Mapping[str, Event],
    single: bool,
    roots: set[str] | None,
    zone: str,
    start: int | None,
    end: int | None,
    *,
    deleted: bool = False,
) -> dict[str, Event]:
    if single:
        return singles(events, roots, zone, start, end, deleted=deleted)
    return {
        ref: event
        for ref, event in events.items()
        if (roots is None or event.get("recurringEventId", ref) in roots)
        and (event.get("recurrence") or touches(event, zone, start, end))
    }


def _stub(event: Event) -> Event:
    """Return what is left of a deleted event: only the id is guaranteed, of an instance the series as well."""
    names = ("kind", "etag", "id", "recurringEventId", "originalStartTime")
    return {name: event[name] for name in names if name in event} | {"status": "cancelled"}


def _is_asked_for(event: Event, query: Mapping[str, Any]) -> bool:
    if "iCalUID" in query and event.get("iCalUID") != query["iCalUID"]:
        return False
    if "eventTypes" in query and event.get("eventType", "default") not in query["eventTypes"]:
        return False
    if not _holds_words(event, query.get("q", "")):
        return False
    return all(_has_property(event, kind, query.get(f"{kind}ExtendedProperty", [])) for kind in ("private", "shared"))


def _holds_words(event: Event, words: str) -> bool:
    people = [*event.get("attendees", []), event.get("organizer", {})]
    texts = [event.get(name, "") for name in ("summary", "description", "location")]
    texts += [one.get(name, "") for one in people for name in ("displayName", "email")]
    return words.casefold() in "\n".join(texts).casefold()


def _has_property(event: Event, kind: str, wanted: Sequence[str]) -> bool:
    """Tell whether one of the constraints holds. The guide says one; the description of the parameter says all."""
    has = event.get("extendedProperties", {}).get(kind, {})
    pairs = [one.partition("=") for one in wanted]
    return not pairs or any(has.get(name) == value for name, _, value in pairs)


def cut(event: Event, query: Mapping[str, Any]) -> Event:
    """Return an event with as many guests as are asked for: where there are more, the account's own entry alone."""
    people, most = event.get("attendees", []), query.get("maxAttendees")
    if most is None or len(people) <= most:
        return event
    return event | {"attendees": [one for one in people if one.get("self")], "attendeesOmitted": True}


def _moment(query: Mapping[str, Any], name: str) -> int | None:
    return int(datetime.fromisoformat(query[name]).timestamp()) if name in query else None
