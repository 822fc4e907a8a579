"""The hooks of the Google plugin. Libraries are imported when a hook runs: the broker loads only `keys`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hub.plugin import (
    Account,
    Busy,
    Calendar,
    Changes,
    Channel,
    Event,
    Found,
    Incoming,
    Notice,
    Provider,
    Watching,
    Window,
    Written,
    hookimpl,
)
from hub_google.provider import PROVIDER


@hookimpl
def hub_provider() -> Provider:
    """Describe Google: three connect levels, and a grant that is ended as a whole."""
    return PROVIDER


@hookimpl
def hub_list_calendars(account: Account) -> Sequence[Calendar]:
    """List the calendars; where they may not be seen, the main one and the one that the hub made."""
    from hub_google import calendars, client

    return calendars.listed(client.Client(account), account)


@hookimpl
def hub_free_busy(account: Account, calendars: Sequence[Calendar], window: Window) -> Mapping[str, Sequence[Busy]]:
    """Ask for events where they may be seen, so that our own are known, and for free and busy times elsewhere."""
    from hub_google import busy, client

    return busy.times(client.Client(account), account, calendars, window)


@hookimpl
def hub_changes(account: Account, calendar: Calendar, cursor: str | None, window: Window) -> Changes:
    """Ask with a sync token; where no events may be seen, compare free and busy times."""
    from hub_google import changes, client

    return changes.since(client.Client(account), account, calendar, cursor, window)


@hookimpl
def hub_watch(account: Account, calendar: Calendar, channel: Channel, watching: Watching | None) -> Watching:
    """Open a channel. Google cannot renew one: each is a new one."""
    from hub_google import client, push

    return push.watch(client.Client(account), account, calendar, channel)


@hookimpl
def hub_unwatch(account: Account, calendar: Calendar, watching: Watching) -> None:
    """Close a channel."""
    from hub_google import client, push

    push.unwatch(client.Client(account), watching)


@hookimpl
def hub_receive(request: Incoming) -> Sequence[Notice]:
    """Read the headers of a message."""
    from hub_google import push

    return push.received(request)


@hookimpl
def hub_create_event(account: Account, calendar: Calendar, event: Event) -> Written:
    """Write the event under an id made of its uid, unless it is there already."""
    from hub_google import client, events

    return events.create(client.Client(account), calendar, event)


@hookimpl
def hub_update_event(account: Account, calendar: Calendar, written: Written, event: Event) -> Written:
    """Change the event, unless it was changed outside since it was written."""
    from hub_google import client, events

    return events.update(client.Client(account), calendar, written, event)


@hookimpl
def hub_cancel_event(account: Account, calendar: Calendar, written: Written) -> None:
    """Delete the event, if it is there."""
    from hub_google import client, events

    events.cancel(client.Client(account), calendar, written)


@hookimpl
def hub_read_event(account: Account, calendar: Calendar, written: Written) -> Found | None:
    """Read the event under its id."""
    from hub_google import client, events

    return events.read(client.Client(account), calendar, written)
