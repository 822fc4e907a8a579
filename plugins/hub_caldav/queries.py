"""The questions of RFC 4791, RFC 6578 and RFC 4918 that the plugin asks, built with the caldav library's elements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from caldav.elements import cdav, dav
from caldav.elements.base import BaseElement

from hub.plugin import Window


class _CTag(BaseElement):
    tag = "{http://calendarserver.org/ns/}getctag"


class _DefaultCalendar(BaseElement):
    tag = "{urn:ietf:params:xml:ns:caldav}schedule-default-calendar-URL"


def calendar_list() -> BaseElement:
    """Ask what collections there are, what they hold, and what may be done with them."""
    return _propfind(
        dav.ResourceType(),
        dav.DisplayName(),
        dav.CurrentUserPrivilegeSet(),
        cdav.SupportedCalendarComponentSet(),
        cdav.CalendarTimeZone(),
        _DefaultCalendar(),
    )


def state() -> BaseElement:
    """Ask what a calendar's content is called at present: its sync token and its ctag."""
    return _propfind(dav.SyncToken(), _CTag())


def names() -> BaseElement:
    """Ask only for the names and tags of what is in a calendar."""
    return _propfind(dav.GetEtag())


def events_between(start: int, end: int, *, data: bool = True) -> BaseElement:
    """Ask for the events that touch a span of UTC seconds, with their content or only their names and tags.

    Without `expand`: not every server expands, and some leave RECURRENCE-ID out when they do.
    """
    wanted = [dav.GetEtag(), cdav.CalendarData()] if data else [dav.GetEtag()]
    return _query(wanted, [cdav.TimeRange(_moment(start), _moment(end))])


def events_with_uid(uid: str) -> BaseElement:
    """Ask for the event with that UID. Servers match substrings, so the answer has to be looked through."""
    match = _with(cdav.PropFilter("UID"), cdav.TextMatch(uid))
    return _query([dav.GetEtag(), cdav.CalendarData()], [match])


def objects(hrefs: Iterable[str]) -> BaseElement:
    """Ask for these objects by name (calendar-multiget)."""
    prop = _with(dav.Prop(), dav.GetEtag(), cdav.CalendarData())
    return _with(cdav.CalendarMultiGet(), prop, *(dav.Href(value=href) for href in hrefs))


def changes_since(token: str) -> BaseElement:
    """Ask what changed since a sync token (RFC 6578 3.2)."""
    prop = _with(dav.Prop(), dav.GetEtag())
    return _with(dav.SyncCollection(), dav.SyncToken(value=token), dav.SyncLevel(value="1"), prop)


def busy_between(window: Window) -> BaseElement:
    """Ask only for busy times (RFC 4791 7.10)."""
    return _with(cdav.FreeBusyQuery(), cdav.TimeRange(_moment(window.start), _moment(window.end)))


def _propfind(*properties: BaseElement) -> BaseElement:
    return _with(dav.Propfind(), _with(dav.Prop(), *properties))


def _query(wanted: Sequence[BaseElement], conditions: Sequence[BaseElement]) -> BaseElement:
    events = _with(cdav.CompFilter("VEVENT"), *conditions)
    filters = _with(cdav.Filter(), _with(cdav.CompFilter("VCALENDAR"), events))
    return _with(cdav.CalendarQuery(), _with(dav.Prop(), *wanted), filters)


def _with(element: BaseElement, *children: BaseElement) -> BaseElement:
    return element.append(children)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
