"""The busy times of calendars, asked for now."""

from __future__ import annotations

from collections.abc import Sequence

from hub.plugin import Account, Busy, Calendar, NotFound, Window
from hub_google.client import Client
from hub_google.reading import free_busy, list_within, reads_events, reads_free_busy
from hub_google.times import busy_of

_AT_ONCE = 50


def times(
    client: Client, account: Account, calendars: Sequence[Calendar], window: Window
) -> dict[str, tuple[Busy, ...]]:
    """Return the busy times that touch the window, by calendar ref. Raises when one calendar cannot be asked.

    Events are asked for where they may be, so that the hub's own are known by their uid; free and busy times alone for
    the others, in one query.
    """
    found: dict[str, tuple[Busy, ...]] = {}
    alone: list[str] = []
    for calendar in calendars:
        if not reads_events(account, calendar):
            alone.append(calendar.ref)
            continue
        try:
            found[calendar.ref] = _of_events(client, calendar, window)
        except NotFound:
            if not reads_free_busy(account):
                raise
            alone.append(calendar.ref)  # it is not theirs any more, or never was; times may be shown all the same
    for start in range(0, len(alone), _AT_ONCE):
        found |= free_busy(client, alone[start : start + _AT_ONCE], window)
    return found


def _of_events(client: Client, calendar: Calendar, window: Window) -> tuple[Busy, ...]:
    listed = list_within(client, calendar, window)
    return tuple(sorted(busy for event in listed.events for busy in busy_of(event, listed.zone, window)))
