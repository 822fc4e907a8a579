"""The busy times of calendars, asked for now."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hub.plugin import Busy, Calendar, Conflict, Refused, Window, busy_from_ical
from hub_caldav import failures, objects, queries
from hub_caldav.client import Client


def free_busy(client: Client, calendars: Sequence[Calendar], window: Window) -> dict[str, tuple[Busy, ...]]:
    """Return the busy times that touch the window, by calendar ref. Raises when one calendar cannot be asked."""
    return {calendar.ref: _busy(client, calendar, window) for calendar in calendars}


def _busy(client: Client, calendar: Calendar, window: Window) -> tuple[Busy, ...]:
    """Ask for the events; where that is not possible for times alone, and at last for everything."""
    for way in (_by_query, _by_free_busy):
        try:
            return way(client, calendar, window)
        except (Refused, Conflict) as error:
            if not objects.cannot_query(error):
                raise
    return _times(client, calendar, objects.all_of(client, calendar), window)


def _by_query(client: Client, calendar: Calendar, window: Window) -> tuple[Busy, ...]:
    return _times(client, calendar, objects.within(client, calendar, window), window)


def _by_free_busy(client: Client, calendar: Calendar, window: Window) -> tuple[Busy, ...]:
    """Ask for times alone, which names no events, so those of ours cannot be told from others.

    The answer is known by its content: servers send it as text, as XML or without a type.
    """
    body = client.report_text(calendar.ref, queries.busy_between(window), 1)
    text = re.search(rb"BEGIN:VCALENDAR\s.*BEGIN:VFREEBUSY\s.*END:VCALENDAR", body, re.DOTALL)
    if text is None:
        raise failures.unreadable("something that is no free-busy answer")
    return tuple(busy_from_ical([text.group()], window, zone=calendar.zone)[0])


def _times(client: Client, calendar: Calendar, found: list[objects.Object], window: Window) -> tuple[Busy, ...]:
    return tuple(sorted(busy for each in objects.busy_of(client, calendar, found, window) for busy in each))
