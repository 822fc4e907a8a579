"""The hooks of the CalDAV plugin. Libraries are imported when a hook runs: the broker loads only `keys`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from hub.plugin import Account, Busy, Calendar, Changes, Event, Found, Provider, Window, Written, hookimpl
from hub_caldav.provider import PROVIDER


@hookimpl
def hub_provider() -> Provider:
    """Describe CalDAV: one connect level, no grant to revoke."""
    return PROVIDER


@hookimpl
def hub_list_calendars(account: Account) -> Sequence[Calendar]:
    """List the collections that hold events, in the order of the server."""
    from hub_caldav import calendars, client

    return calendars.listed(client.Client(account))


@hookimpl
def hub_free_busy(account: Account, calendars: Sequence[Calendar], window: Window) -> Mapping[str, Sequence[Busy]]:
    """Ask for the events in the window and expand them here, so that our own are known by their UID."""
    from hub_caldav import busy, client

    return busy.free_busy(client.Client(account), calendars, window)


@hookimpl
def hub_changes(account: Account, calendar: Calendar, cursor: str | None, window: Window) -> Changes:
    """Ask with a sync token, else by ctag, else read everything."""
    from hub_caldav import changes, client

    return changes.since(client.Client(account), calendar, cursor, window, now=int(time.time()))


@hookimpl
def hub_create_event(account: Account, calendar: Calendar, event: Event) -> Written:
    """Write the event under a name made of its UID, unless it is there already."""
    from hub_caldav import client, events

    return events.create(client.Client(account), calendar, event, now=int(time.time()))


@hookimpl
def hub_update_event(account: Account, calendar: Calendar, written: Written, event: Event) -> Written:
    """Replace the event, unless it was changed outside since it was written."""
    from hub_caldav import client, events

    return events.update(client.Client(account), calendar, written, event, now=int(time.time()))


@hookimpl
def hub_cancel_event(account: Account, calendar: Calendar, written: Written) -> None:
    """Delete the event, if it is there."""
    from hub_caldav import client, events

    events.cancel(client.Client(account), calendar, written)


@hookimpl
def hub_read_event(account: Account, calendar: Calendar, written: Written) -> Found | None:
    """Read the event under its own name, else look for its UID in the calendar."""
    from hub_caldav import client, events

    return events.read(client.Client(account), calendar, written)
