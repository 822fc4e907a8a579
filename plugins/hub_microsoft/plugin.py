"""The hooks of the Microsoft plugin. What they need is imported when one runs: the broker loads only `keys`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from hub.plugin import (
    Account,
    Busy,
    Calendar,
    Changes,
    Channel,
    Echo,
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
from hub_microsoft.provider import PROVIDER


@hookimpl
def hub_provider() -> Provider:
    """Describe Microsoft: two levels, no way to revoke a grant."""
    return PROVIDER


@hookimpl
def hub_list_calendars(account: Account) -> Sequence[Calendar]:
    """List the calendars of the account, those of others that are in its list included."""
    from hub_microsoft import client, reading

    return reading.calendars(client.Client(account))


@hookimpl
def hub_free_busy(account: Account, calendars: Sequence[Calendar], window: Window) -> Mapping[str, Sequence[Busy]]:
    """Ask for the calendar view of the window, times alone, for work and personal accounts alike."""
    from hub_microsoft import client, reading

    return reading.free_busy(client.Client(account), calendars, window)


@hookimpl
def hub_changes(account: Account, calendar: Calendar, cursor: str | None, window: Window) -> Changes:
    """Read the view of the window, and say nothing if it is as it was."""
    from hub_microsoft import client, reading

    return reading.changes(client.Client(account), calendar, cursor, window)


@hookimpl
def hub_watch(account: Account, calendar: Calendar, channel: Channel, watching: Watching | None) -> Watching:
    """Subscribe to the calendar's events, or renew the subscription."""
    from hub_microsoft import client
    from hub_microsoft import watching as push

    return push.watch(client.Client(account), calendar, channel, watching, now=int(time.time()))


@hookimpl
def hub_unwatch(account: Account, calendar: Calendar, watching: Watching) -> None:
    """Delete the subscription."""
    from hub_microsoft import client
    from hub_microsoft import watching as push

    push.unwatch(client.Client(account), watching)


@hookimpl
def hub_receive(request: Incoming) -> Echo | Sequence[Notice]:
    """Read a notification, a lifecycle notification or a validation."""
    from hub_microsoft import watching as push

    return push.receive(request)


@hookimpl
def hub_create_event(account: Account, calendar: Calendar, event: Event) -> Written:
    """Write the event with its uid as transactionId."""
    from hub_microsoft import client, events

    return events.create(client.Client(account), calendar, event)


@hookimpl
def hub_update_event(account: Account, calendar: Calendar, written: Written, event: Event) -> Written:
    """Change the event, unless it was changed outside since it was written."""
    from hub_microsoft import client, events

    return events.update(client.Client(account), calendar, written, event)


@hookimpl
def hub_cancel_event(account: Account, calendar: Calendar, written: Written) -> None:
    """Delete the event, if it is there."""
    from hub_microsoft import client, events

    events.cancel(client.Client(account), calendar, written)


@hookimpl
def hub_read_event(account: Account, calendar: Calendar, written: Written) -> Found | None:
    """Read the event at its place, else look for its uid in the calendar."""
    from hub_microsoft import client, events

    return events.read(client.Client(account), calendar, written)
