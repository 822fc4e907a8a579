"""What changed in a calendar since a cursor: by Google's sync token, else by comparing free and busy times.

A cursor says how it was made and for which window: one of another kind, or of a window that does not reach as far as
the one asked for, leads to a complete answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.plugin import Account, Calendar, Changes, Gone, ItemChange, NotFound, Window
from hub_google import failures
from hub_google.client import Client
from hub_google.reading import Listed, free_busy, list_since, list_within, reads_events, reads_free_busy
from hub_google.times import busy_of

_EVENTS, _BUSY = "events", "busy"
_ALL = "busy-times"


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a reading stood: by which way, over which window, and the zone and token of the answer."""

    kind: str
    start: int
    end: int
    zone: str
    token: str

    def __str__(self) -> str:
        return f"{self.kind} {self.start} {self.end} {self.zone or '-'} {self.token}"

    @classmethod
    def parse(cls, text: str) -> _Cursor:
        """Read a cursor back, or raise Gone."""
        parts = text.split(" ", 4)
        if len(parts) != 5 or parts[0] not in {_EVENTS, _BUSY} or not (_is_number(parts[1]) and _is_number(parts[2])):
            raise Gone("The cursor is not one of Google's; the calendar is read again.")
        kind, start, end, zone, token = parts
        return cls(kind, int(start), int(end), "" if zone == "-" else zone, token)

    def covers(self, window: Window) -> bool:
        """Tell whether everything in the window was read with this cursor."""
        return self.start <= window.start and window.end <= self.end


def since(client: Client, account: Account, calendar: Calendar, cursor: str | None, window: Window) -> Changes:
    """Return the changed events as busy times that touch the window. Raises Gone when the token is too old."""
    old = _Cursor.parse(cursor) if cursor is not None else None
    old = old if old is not None and old.covers(window) else None
    if not reads_events(account, calendar):
        return _by_times(client, calendar, old, window)
    try:
        if old is not None and old.kind == _EVENTS and old.token:
            return _by_token(client, calendar, old, window)
        return _everything(client, calendar, window)
    except NotFound:
        if not reads_free_busy(account):
            raise
    return _by_times(client, calendar, old, window)


def _everything(client: Client, calendar: Calendar, window: Window) -> Changes:
    listed = list_within(client, calendar, window)
    cursor = _Cursor(_EVENTS, window.start, window.end, listed.zone, listed.token)
    return Changes(_items(listed, listed.zone, window), str(cursor), complete=True)


def _by_token(client: Client, calendar: Calendar, old: _Cursor, window: Window) -> Changes:
    """Ask what changed. Days of the calendar move when its zone changes: then everything is read again."""
    listed = list_since(client, calendar, old.token)
    if listed.zone != old.zone:
        raise Gone("The Google calendar has another time zone now; it is read again.")
    cursor = _Cursor(_EVENTS, old.start, old.end, old.zone, listed.token)
    return Changes(_items(listed, old.zone, window), str(cursor), complete=False)


def _by_times(client: Client, calendar: Calendar, old: _Cursor | None, window: Window) -> Changes:
    """Ask for all busy times: who may see no events may not be told what changed either."""
    busy = free_busy(client, [calendar.ref], window)[calendar.ref]
    seen = hashlib.sha256(repr([(one.start, one.end, str(one.kind)) for one in busy]).encode()).hexdigest()[:32]
    cursor = _Cursor(_BUSY, window.start, window.end, "", seen)
    if old == cursor:
        return Changes((), str(cursor), complete=False)
    return Changes((ItemChange(_ALL, busy),), str(cursor), complete=True)


def _items(listed: Listed, zone: str, window: Window) -> tuple[ItemChange, ...]:
    """Return one change for each event; the last word on one counts."""
    found: dict[str, Mapping[str, Any]] = {}
    for event in listed.events:
        ref = event.get("id")
        if not isinstance(ref, str) or not ref:
            raise failures.unreadable("an event without an id")
        found[ref] = event
    return tuple(
        ItemChange(ref, None if event.get("status") == "cancelled" else busy_of(event, zone, window))
        for ref, event in found.items()
    )


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdecimal()
