"""The calendars of an account: which collections hold events, whether they can be written, and in what zone."""

from __future__ import annotations

from hub.plugin import Calendar, zone_of_calendar
from hub_caldav import queries
from hub_caldav.client import Client
from hub_caldav.multistatus import CALDAV, DAV, Item, canonical

_WRITE = frozenset(f"{DAV}{name}" for name in ("all", "write", "write-content", "bind"))


def listed(client: Client) -> list[Calendar]:
    """Return the calendars of every home, each once, in the order of the server."""
    found: dict[str, Calendar] = {}
    for home in client.homes:
        items = client.propfind(home, queries.calendar_list(), 1)
        default = {canonical(href) for item in items for href in item.hrefs(f"{CALDAV}schedule-default-calendar-URL")}
        for item in items:
            if _holds_events(item):
                calendar = _calendar(client.absolute(_collection(item.href), home), item, item.path in default)
                found.setdefault(calendar.ref, calendar)
    return list(found.values())


def _calendar(ref: str, item: Item, primary: bool) -> Calendar:
    name = item.text(f"{DAV}displayname") or item.path.rstrip("/").rpartition("/")[2]
    zone = zone_of_calendar(item.text(f"{CALDAV}calendar-timezone"))
    return Calendar(ref=ref, name=name[:200], zone=zone, writable=_writable(item), primary=primary)


def _holds_events(item: Item) -> bool:
    """Leave out what is no calendar (homes, inbox, outbox, address books, trash) and calendars of tasks alone."""
    kinds = item.properties.get(f"{DAV}resourcetype")
    if kinds is None or kinds.find(f"{CALDAV}calendar") is None:
        return False
    if kinds.find(f"{CALDAV}schedule-inbox") is not None:
        return False
    components = item.properties.get(f"{CALDAV}supported-calendar-component-set")
    named = components.iterfind(f"{CALDAV}comp") if components is not None else iter(())
    names = [str(component.get("name")).upper() for component in named]
    if kinds.find(f"{CALDAV}schedule-outbox") is not None:
        return "VEVENT" in names  # with SOGo the calendar that everybody has from the start is an outbox as well
    return not names or "VEVENT" in names  # RFC 4791 5.2.3: without the property every component is accepted


def _writable(item: Item) -> bool:
    privileges = item.properties.get(f"{DAV}current-user-privilege-set")
    if privileges is None:
        return True  # unknown: the first write will tell
    granted = {name.tag for privilege in privileges.iterfind(f"{DAV}privilege") for name in privilege.iterfind("*")}
    return bool(granted & _WRITE)


def _collection(href: str) -> str:
    return href if href.endswith("/") else f"{href}/"
