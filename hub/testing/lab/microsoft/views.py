"""Lists of events: the calendar view by pages, and what changed in one since a token.

Pages: List calendarView, event: delta, Get incremental changes to events in a calendar view. A delta takes no $select
and gives dates of a series without most of their properties (Graph's issue tracker, docs 22197).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.testing.lab.microsoft.failures import Problem
from hub.testing.lab.microsoft.items import Date, Item
from hub.testing.lab.microsoft.mailbox import MOST_DAYS, Box, Mailbox
from hub.testing.lab.microsoft.query import Query, shown

_BARE = frozenset({"@odata.etag", "seriesMasterId", "type", "start", "end", "id"})
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class _Round:
    """Where a list of changes stands: of which view, up to where in the trail, and what is still to be said."""

    calendar: str
    since: int
    until: int
    seen: int
    left: tuple[dict[str, Any], ...]
    size: int
    zone: str


class Views:
    """The lists of one mailbox. ``url`` is the address of Graph, for links."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._rounds: dict[str, _Round] = {}

    def view(self, box: Box, query: Query, zone: str, here: str, basic: bool) -> dict[str, Any]:
        """Return a page of what takes place in a time, in order."""
        since, until = _window(query)
        names = query.chosen("event")
        size, skip = query.number("$top", 10, 1000), int(query.get("$skip", "0"))
        dates = sorted(_within(box, since, until), key=lambda one: (one.start, one.id))
        page = dates[skip : skip + size]
        value = [shown(self._resource(one, zone, basic), one.item, names) for one in page]
        body: dict[str, Any] = {"value": value}
        if len(dates) > skip + size:
            more = "&".join(
                f"{name}={query.get(name)}" for name in ("startDateTime", "endDateTime", "$select") if query.get(name)
            )
            body["@odata.nextLink"] = f"{here}?{more}&$top={size}&$skip={skip + size}".replace("+", "%2B")
        return body

    def delta(
        self, box: Box, query: Query, wishes: Mapping[str, str], zone: str, here: str, basic: bool
    ) -> dict[str, Any]:
        """Return a page of what changed; without a token, of everything there is."""
        token = query.get("$skiptoken") or query.get("$deltatoken")
        if not token:
            since, until = _window(query)
            size = wishes.get("odata.maxpagesize", "50")
            if not size.isdecimal() or not 1 <= int(size) <= 1000:
                raise Problem(400, "BadRequest", "odata.maxpagesize must be from 1 to 1000.")
            first = tuple(self._all(box, since, until, zone, basic))
            return self._page(_Round(box.id, since, until, len(box.trail), first, int(size), zone), here)
        there = self._rounds.get(token)
        if there is None or there.calendar != box.id:
            raise gone(here)
        if query.get("$skiptoken"):
            return self._page(there, here)
        changed = tuple(self._changed(box, there, basic))
        following = _Round(box.id, there.since, there.until, len(box.trail), changed, there.size, there.zone)
        return self._page(following, here)

    def _page(self, stand: _Round, here: str) -> dict[str, Any]:
        page, left = stand.left[: stand.size], stand.left[stand.size :]
        token = secrets.token_urlsafe(24)
        self._rounds[token] = _Round(stand.calendar, stand.since, stand.until, stand.seen, left, stand.size, stand.zone)
        link = ("@odata.nextLink", "$skiptoken") if left else ("@odata.deltaLink", "$deltatoken")
        return {link[0]: f"{here}?{link[1]}={token}", "value": list(page)}

    def _all(self, box: Box, since: int, until: int, zone: str, basic: bool) -> Iterator[dict[str, Any]]:
        for item in list(box.items.values()):
            yield from self._told(item, since, until, zone, basic)

    def _told(self, item: Item, since: int, until: int, zone: str, basic: bool) -> Iterator[dict[str, Any]]:
        dates = list(item.within(since, until))
        if dates and item.repeats:
            yield {"@odata.type": "#microsoft.graph.event"} | self._resource(item.whole(), zone, basic)
        for one in dates:
            resource = self._resource(one, zone, basic)
            if resource["type"] == "occurrence":
                resource = {name: value for name, value in resource.items() if name in _BARE}
            item.shown.add(one.id)
            yield {"@odata.type": "#microsoft.graph.event"} | resource

    def _changed(self, box: Box, stand: _Round, basic: bool) -> Iterator[dict[str, Any]]:
        """Give what changed. What changed outside of the view is named as removed, as the page of delta says."""
        for ref in dict.fromkeys(box.trail[stand.seen :]):
            item = box.items.get(ref)
            if item is None:
                yield _removed(ref)
                continue
            told = list(self._told(item, stand.since, stand.until, stand.zone, basic))
            named = {one["id"] for one in told}
            for gone_one in sorted(item.shown - named) if item.repeats else ():
                yield _removed(gone_one)
            yield from told or [_removed(ref)]

    def _resource(self, one: Date, zone: str, basic: bool) -> dict[str, Any]:
        resource = one.resource(zone, self._mailbox.owner)
        if basic:  # Calendars.ReadBasic: without body, attachments and extensions
            resource = {name: value for name, value in resource.items() if name not in ("body", "bodyPreview")}
        return resource


def gone(here: str) -> Problem:
    """Return the 410 of a token that is too old; it leads to where all begins anew (page: delta query overview)."""
    text = "This state is forgotten; begin anew."
    return Problem(410, "SyncStateNotFound", text, {"Location": f"{here}?$deltatoken="})


def _within(box: Box, since: int, until: int) -> list[Date]:
    return [one for item in box.items.values() for one in item.within(since, until)]


def _window(query: Query) -> tuple[int, int]:
    since, until = query.moment("startDateTime"), query.moment("endDateTime")
    if until < since:
        raise Problem(400, "ErrorInvalidParameter", "The end of the time window is before its start.")
    if until - since > MOST_DAYS * _DAY:
        raise Problem(400, "ErrorCalendarViewRangeTooBig", f"A view may span {MOST_DAYS} days.")
    return since, until


def _removed(ref: str) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.event", "id": ref, "@removed": {"reason": "deleted"}}
