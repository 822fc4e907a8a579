"""Calendar objects with their content, whatever the server leaves out: nothing unread is ever taken for free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.plugin import (
    Busy,
    BusyKind,
    Calendar,
    Conflict,
    NotFound,
    ProviderError,
    Refused,
    Window,
    busy_from_ical,
)
from hub_caldav import queries
from hub_caldav.client import Client
from hub_caldav.multistatus import CALDAV, Item, canonical

SLICE = 50
_MOST = 2_000
_NOT_ANSWERED = frozenset({"http_400", "http_403", "http_405", "http_415", "http_422", "http_501"})
_DAY = 86_400
_MARGIN = 26 * 3600
"""All-day and floating times lie up to 14 hours from UTC, and servers judge them in zones of their own."""


@dataclass(frozen=True, slots=True)
class Object:
    """One object of a calendar. ``text`` is None when it is there and cannot be read."""

    path: str
    text: str | None


def within(client: Client, calendar: Calendar, window: Window) -> list[Object]:
    """Return the objects with events near the window. Raises Refused when the server does not answer such queries."""
    found = _query(client, calendar, window.start - _MARGIN, window.end + _MARGIN)
    whole = {item.path: item.text(f"{CALDAV}calendar-data") for item in found}
    hollow = [item for item in found if not whole[item.path]]
    read = [Object(path, text) for path, text in whole.items() if text]
    return read + [one for one in named(client, calendar, hollow) if one.path not in {other.path for other in read}]


def named(client: Client, calendar: Calendar, items: Sequence[Item]) -> list[Object]:
    """Return the objects of these names that are still there, asked for by slices and then one by one."""
    objects: list[Object] = []
    for begin in range(0, len(items), SLICE):
        part = {item.path: item for item in items[begin : begin + SLICE]}
        for path, answer in _multiget(client, calendar, part.values()).items():
            item = part.pop(path, None)
            if item is None or answer.status in {404, 410}:
                continue
            text = answer.text(f"{CALDAV}calendar-data")
            objects += [Object(path, text)] if text else _single(client, calendar, item)
        for item in part.values():
            objects += _single(client, calendar, item)
    return objects


def all_of(client: Client, calendar: Calendar) -> list[Object]:
    """Return every object, named by a listing: for servers that answer no queries."""
    return named(client, calendar, _listing(client, calendar))


def cannot_query(error: ProviderError) -> bool:
    """Tell whether a server says by this error that it does not answer calendar queries at all."""
    return isinstance(error, Conflict) or error.code in _NOT_ANSWERED


def names_within(client: Client, calendar: Calendar, window: Window) -> set[str]:
    """Return the paths of the objects with events near the window."""
    query = queries.events_between(window.start - _MARGIN, window.end + _MARGIN, data=False)
    try:
        items, _token = client.report(calendar.ref, query, 1)
    except (Refused, Conflict) as error:
        if not cannot_query(error):
            raise
        items = _listing(client, calendar)
    return {item.path for item in _of(calendar, items)}


def busy_of(client: Client, calendar: Calendar, objects: Sequence[Object], window: Window) -> list[tuple[Busy, ...]]:
    """Return the busy times of each object within the window; of one that cannot be read, the whole window."""
    readable = [one.text for one in objects if one.text is not None]
    spans = iter(busy_from_ical(readable, window, zone=calendar.zone, owner=client.owner))
    unknown = (Busy(window.start, window.end, BusyKind.UNREADABLE),)
    return [unknown if one.text is None else tuple(next(spans)) for one in objects]


def _listing(client: Client, calendar: Calendar) -> list[Item]:
    items = _of(calendar, client.propfind(calendar.ref, queries.names(), 1))
    if len(items) > _MOST:
        raise Refused("too_many", f"The CalDAV server answers no queries, and the calendar has over {_MOST} events.")
    return items


def _query(client: Client, calendar: Calendar, start: int, end: int) -> list[Item]:
    """Ask for a span; when the server cuts its answer short (RFC 4791 7.8, 507), ask for each half."""
    items, _token = client.report(calendar.ref, queries.events_between(start, end), 1)
    if not any(item.status == 507 for item in items):
        return _of(calendar, items)
    if end - start <= _DAY:
        raise Refused("truncated", "The CalDAV server does not give all events of one day; fewer events are needed.")
    middle = (start + end) // 2
    halves = _query(client, calendar, start, middle) + _query(client, calendar, middle, end)
    return list({item.path: item for item in halves}.values())


def _multiget(client: Client, calendar: Calendar, items: Iterable[Item]) -> dict[str, Item]:
    try:
        answers, _token = client.report(calendar.ref, queries.objects(item.href for item in items), 1)
    except (Refused, NotFound):
        return {}  # not supported: they are read one by one
    return {answer.path: answer for answer in answers}


def _single(client: Client, calendar: Calendar, item: Item) -> list[Object]:
    try:
        answer = client.get(client.absolute(item.href, calendar.ref))
    except NotFound:
        return []  # it vanished since the server named it
    except Refused:
        return [Object(item.path, None)]
    return [Object(item.path, answer.body.decode("utf-8", "replace"))]


def _of(calendar: Calendar, items: Iterable[Item]) -> list[Item]:
    """Leave out the collection itself and collections in it."""
    own = canonical(calendar.ref).rstrip("/")
    return [item for item in items if item.path.rstrip("/") != own and not item.path.endswith("/")]
