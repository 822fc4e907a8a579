"""Calendars, their busy times and what changed in them.

Busy times are read as a calendar view, which the server expands, with `meaning.FIELDS` alone. Graph has a list of
changes too, event: delta; it takes no $select, so each look would bring the titles, guests and texts of events along.
So the whole view is read and compared by its fingerprint: one request for up to a thousand events.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from hub.plugin import Busy, Calendar, Changes, ItemChange, NeedsReconnect, Refused, Window
from hub_microsoft import failures, meaning
from hub_microsoft.client import PAGE, Client, part

MOST_DAYS = 1800
"""Longest span of one view that is asked for; Graph refuses more than five years (page: List calendarView)."""

_CURSOR = re.compile(r"view (-?\d{1,12}) (-?\d{1,12}) ([0-9a-f]{32})\Z")
_CALENDAR_FIELDS = "id,name,canEdit,isDefaultCalendar"


def calendars(client: Client) -> list[Calendar]:
    """Return the account's calendars. Graph gives them no zone; whole days say theirs themselves."""
    try:
        return _listed(client)
    except Refused as error:
        if error.code != "forbidden":
            raise
    raise NeedsReconnect("Microsoft does not let the hub see any calendar; connect the account again.", code="scopes")


def free_busy(client: Client, asked: Sequence[Calendar], window: Window) -> dict[str, tuple[Busy, ...]]:
    """Return the busy times that touch the window, by calendar ref. Raises when one calendar cannot be asked."""
    return {
        calendar.ref: tuple(sorted(busy for _item, busy in _view(client, calendar, window) if busy is not None))
        for calendar in asked
    }


def changes(client: Client, calendar: Calendar, cursor: str | None, window: Window) -> Changes:
    """Return everything in the window if anything changed in it since the cursor, else nothing."""
    found = [(item, busy) for item, busy in _view(client, calendar, window) if busy is not None]
    fingerprint = hashlib.sha256("\n".join(sorted(map(repr, found))).encode()).hexdigest()[:32]
    new = f"view {window.start} {window.end} {fingerprint}"
    if cursor == new and _CURSOR.match(cursor):
        return Changes((), new, complete=False)
    items: dict[str, tuple[Busy, ...]] = {}
    for item, busy in found:
        items[item] = (*items.get(item, ()), busy)
    return Changes(tuple(ItemChange(item, each) for item, each in items.items()), new, complete=True)


def _listed(client: Client) -> list[Calendar]:
    found: dict[str, Calendar] = {}
    for one in client.pages("/me/calendars", {"$select": _CALENDAR_FIELDS, "$top": "100"}):
        ref, name = one.get("id"), one.get("name")
        if not isinstance(ref, str) or not ref or len(ref) > 1000:
            raise failures.unreadable("a calendar without an id")
        shown = name if isinstance(name, str) and name else "Calendar"
        primary, writable = one.get("isDefaultCalendar") is True, one.get("canEdit") is True
        found.setdefault(ref, Calendar(ref, shown[:200], writable=writable, primary=primary))
    return list(found.values())


def _view(client: Client, calendar: Calendar, window: Window) -> list[tuple[str, Busy | None]]:
    """Return each event that may touch the window with its busy time. Whole days may begin a day beside it."""
    seen: list[tuple[str, Busy | None]] = []
    start, end = window.start - meaning.MARGIN, window.end + meaning.MARGIN
    step = MOST_DAYS * 86_400
    for since in range(start, end, step):
        query = {
            "startDateTime": meaning.utc(since),
            "endDateTime": meaning.utc(min(since + step, end)),
            "$select": meaning.FIELDS,
            "$top": str(PAGE),
        }
        for event in client.pages(f"/me/calendars/{part(calendar.ref)}/calendarView", query):
            busy = meaning.busy_of(event, window, calendar.zone)
            ref = event.get("id")
            if not isinstance(ref, str) or not 0 < len(ref) <= 1000:
                if busy is None:
                    continue
                raise failures.unreadable("an event without an id")
            seen.append((ref, busy))
    return list(dict.fromkeys(seen))
