"""What changed in a calendar since a cursor: by sync token, else by ctag, else by reading everything.

A cursor says how it was made and for which window, so that one of another kind, or of a window that ends earlier than
the one asked for, leads to a complete answer: events beyond the old end were never read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hub.plugin import Calendar, Changes, Conflict, Gone, ItemChange, Refused, Window
from hub_caldav import objects, queries
from hub_caldav.client import Client
from hub_caldav.multistatus import CALENDARSERVER, DAV, Item, canonical
from hub_caldav.objects import Object

_SYNC, _CTAG, _NONE = "sync", "ctag", "none"
_FRESH = 600  # the clocks of hub and server may be minutes apart
_OVERLAP = 2
_MANY = 100
_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a reading stood: what kind of token, over which window, and the server's token."""

    kind: str
    start: int
    end: int
    token: str

    def __str__(self) -> str:
        return f"{self.kind} {self.start} {self.end} {self.token}"

    @classmethod
    def parse(cls, text: str) -> _Cursor:
        """Read a cursor back, or raise Gone."""
        kind, start, end, token = (*text.split(" ", 3), "", "", "", "")[:4]
        if kind not in {_SYNC, _CTAG, _NONE} or not (start.isdigit() and end.isdigit()):
            raise Gone("The cursor is not one of CalDAV; the calendar is read again.")
        return cls(kind, int(start), int(end), token)

    def covers(self, window: Window) -> bool:
        """Tell whether everything in the window was read with this cursor."""
        return self.start <= window.start and window.end <= self.end


def since(client: Client, calendar: Calendar, cursor: str | None, window: Window, *, now: int) -> Changes:
    """Return the changed objects as busy times that touch the window. Raises Gone when the token is too old."""
    if cursor is not None:
        old = _Cursor.parse(cursor)
        if old.covers(window) and old.kind == _SYNC:
            return _by_token(client, calendar, old, window)
        if old.covers(window) and old.kind == _CTAG:
            return _by_ctag(client, calendar, old, window, now)
    return _everything(client, calendar, _overlapping(_state(client, calendar, window), now), window)


def _state(client: Client, calendar: Calendar, window: Window) -> _Cursor:
    """Return the cursor for what is in the calendar now; asked before reading, so that no change falls between."""
    for item in client.propfind(calendar.ref, queries.state(), 0):
        for kind, name in ((_SYNC, f"{DAV}sync-token"), (_CTAG, f"{CALENDARSERVER}getctag")):
            if item.text(name):
                return _Cursor(kind, window.start, window.end, item.text(name))
    return _Cursor(_NONE, window.start, window.end, "")


def _overlapping(cursor: _Cursor, now: int) -> _Cursor:
    """Return a cursor that leaves nothing out where the token is the second of the last change, as with SOGo.

    Such a server is silent for ever about later changes in that second. Asked with a moment before, it names some
    changes twice, which is harmless. A second that is long over is taken as it is.
    """
    fresh = cursor.token.isdecimal() and abs(int(cursor.token) - now) < _FRESH
    return replace(cursor, token=str(int(cursor.token) - _OVERLAP)) if fresh else cursor


def _everything(client: Client, calendar: Calendar, cursor: _Cursor, window: Window) -> Changes:
    try:
        found = objects.within(client, calendar, window)
    except (Conflict, Refused) as error:
        if not objects.cannot_query(error):
            raise
        found = objects.all_of(client, calendar)
    return Changes(_changed(client, calendar, found, window), str(cursor), complete=True)


def _by_ctag(client: Client, calendar: Calendar, old: _Cursor, window: Window, now: int) -> Changes:
    """Read everything when the tag is another one. A list of names and tags would save little and outgrow a cursor."""
    new = _state(client, calendar, window)
    if new.kind == _CTAG and new.token == old.token:
        return Changes((), str(old), complete=False)
    return _everything(client, calendar, _overlapping(new, now), window)


def _by_token(client: Client, calendar: Calendar, old: _Cursor, window: Window) -> Changes:
    changed, gone, token = _synced(client, calendar, old.token)
    cursor = _Cursor(_SYNC, old.start, old.end, token)
    if len(changed) > _MANY:
        return _everything(client, calendar, _Cursor(_SYNC, window.start, window.end, token), window)
    found = objects.named(client, calendar, list(changed.values()))
    gone |= changed.keys() - {one.path for one in found}
    items = _changed(client, calendar, found, window) + tuple(ItemChange(path, None) for path in sorted(gone))
    # A server that does not know the token may name everything instead of saying so, and then leaves out what was
    # deleted. Naming all that the window holds is a complete answer, whatever the reason.
    complete = bool(changed) and not gone and objects.names_within(client, calendar, window) <= changed.keys()
    return Changes(items, str(cursor), complete)


def _synced(client: Client, calendar: Calendar, token: str) -> tuple[dict[str, Item], set[str], str]:
    """Ask until the server has told everything; it may cut an answer short with a 507 (RFC 6578 3.6)."""
    changed: dict[str, Item] = {}
    gone: set[str] = set()
    own = canonical(calendar.ref).rstrip("/")
    for _round in range(_ROUNDS):
        items, following = _ask(client, calendar, token)
        for item in items:
            if item.path.rstrip("/") == own or item.path.endswith("/"):
                continue
            if item.status in {404, 410}:
                changed.pop(item.path, None)
                gone.add(item.path)
            else:
                gone.discard(item.path)
                changed[item.path] = item
        cut = any(item.status == 507 for item in items)
        if not following or (cut and following == token):
            raise Gone("The CalDAV server gives no new sync token; the calendar is read again.")
        token = following
        if not cut:
            return changed, gone, token
    raise Gone("The CalDAV server does not come to an end of its changes; the calendar is read again.")


def _ask(client: Client, calendar: Calendar, token: str) -> tuple[list[Item], str]:
    problem = ""
    try:
        return client.report(calendar.ref, queries.changes_since(token), 0)
    except (Conflict, Refused) as error:
        problem = error.code  # 403, 409, 412 and 507 without the precondition mean the same here
        if problem in {"broker", "too_large"}:
            raise
    raise Gone(f"The CalDAV server does not answer for the sync token ({problem}); the calendar is read again.")


def _changed(client: Client, calendar: Calendar, found: list[Object], window: Window) -> tuple[ItemChange, ...]:
    busy = objects.busy_of(client, calendar, found, window)
    return tuple(ItemChange(one.path, each) for one, each in zip(found, busy, strict=True))
