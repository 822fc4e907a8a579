"""The calendars of an account, as far as the granted scopes show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.plugin import Account, Calendar, NotFound
from hub_google import failures
from hub_google.client import Client
from hub_google.levels import BOOKINGS, EVENTS, LIST, OWNED
from hub_google.times import zone_of

_FIELDS = "nextPageToken,items(id,summary,summaryOverride,timeZone,accessRole,primary,deleted)"
_PAGES = 20
_LONGEST = 1_024
_WRITERS = frozenset({"owner", "writer", "writerWithoutPrivateAccess"})
"""Roles that let events be written; the last one in all but private ones (CalendarListEntry, ``accessRole``)."""

_PRIMARY = "primary"
"""The word by which the API names somebody's main calendar."""


def listed(client: Client, account: Account) -> list[Calendar]:
    """Return the calendars; where the list may not be seen, the main one and the one that the hub made."""
    scopes = account.settings.get("scopes", "").split()
    if LIST in scopes:
        return [_calendar(entry, scopes) for entry in _entries(client) if entry.get("deleted") is not True]
    name = account.settings.get("email") or "Main calendar"
    main = Calendar(_PRIMARY, name, writable=OWNED in scopes or EVENTS in scopes, primary=True)
    return [main, *_made(client, account.settings.get("bookings", ""))]


def _made(client: Client, ref: str) -> Iterator[Calendar]:
    """Name the hub's own calendar, unless its owner deleted it."""
    if not ref:
        return
    try:
        found = client.ask(client.calendars().get(calendarId=ref, fields="id,summary,timeZone"))
    except NotFound:
        return
    yield Calendar(ref, _text(found.get("summary")) or BOOKINGS, zone=zone_of(found.get("timeZone")))


def _entries(client: Client) -> Iterator[Mapping[str, Any]]:
    page, seen = None, set()
    for _n in range(_PAGES):
        asked = client.calendar_list().list(
            maxResults=250, minAccessRole="freeBusyReader", fields=_FIELDS, pageToken=page
        )
        answer = client.ask(asked)
        items = answer.get("items", [])
        if not isinstance(items, list) or not all(_is_entry(one) for one in items):
            raise failures.unreadable("something that is no list of calendars")
        yield from items
        page = answer.get("nextPageToken")
        if page is None:
            return
        if page in seen:
            break
        seen.add(page)
    raise failures.unreadable("pages that do not come to an end")


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("id"), str) and 0 < len(entry["id"]) <= _LONGEST


def _calendar(entry: Mapping[str, Any], scopes: list[str]) -> Calendar:
    role, primary = entry.get("accessRole"), entry.get("primary") is True
    writable = role == "owner" if EVENTS not in scopes else role in _WRITERS
    name = _text(entry.get("summaryOverride")) or _text(entry.get("summary")) or entry["id"]
    can_write = writable and (EVENTS in scopes or OWNED in scopes)
    return Calendar(entry["id"], name[:200], zone_of(entry.get("timeZone")), writable=can_write, primary=primary)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
