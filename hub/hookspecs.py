"""Every hook: one function, one docstring that says where it is called and what happens if it raises.

Three families. *Declare* runs once at start. *Addressed* hooks go to the one plugin that owns the connection.
*Told* hooks are facts: every plugin that listens hears them after the commit, each isolated from the others.
A plugin can do what it implements; there is no second list of capabilities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pluggy

from hub.account import Account, Setup
from hub.core.account_notice import AccountNotice
from hub.core.calendar import Busy, Calendar, Changes, Event, Found, Window, Written
from hub.core.message import Message, Sent
from hub.core.provider import Form, Grant, Provider, Redirect
from hub.core.push import Channel, Echo, Incoming, Notice, Watching

PROJECT = "hub"

hookspec = pluggy.HookspecMarker(PROJECT)


# Declare


@hookspec
def hub_provider() -> Provider:
    """Describe the provider: name, connect levels, declared operations, what it keeps.

    Called once at start, in every process. If it raises, the plugin is `broken` and the hub starts without it.
    """


# Keys: only in the plugin's `keys` module, called inside the broker alone.


@hookspec
def hub_connect(setup: Setup, answer: Mapping[str, str] | None) -> Redirect | Form | Grant:
    """Take one step of connecting; test the credential before returning a Grant.

    Called in the broker with ``answer=None`` to begin, then with what the owner typed or the provider sent back.
    A Form with a ``problem`` asks again. If it raises a ProviderError its message is shown; nothing is stored.
    """


@hookspec
def hub_refresh(setup: Setup, grant: Grant) -> Grant:
    """Return a fresh grant for one that expired.

    Called in the broker, one at a time per connection over all processes, and once after a revocation, to see that it
    fails. NeedsReconnect: the provider does not take the grant any more, and nobody asks again; Retry is repeated, with
    the code ``quota`` not before its ``after``.
    """


@hookspec
def hub_revoke(setup: Setup, grant: Grant) -> None:
    """End the grant at the provider.

    Called in the broker after the local disconnect, more than once if it raises: the revocation then stays open as a
    task. And once for a grant that is not taken. NeedsReconnect: the provider knows the grant no more, so nothing is
    left to end.
    """


@hookspec
def hub_verify(setup: Setup, request: Incoming) -> Sequence[AccountNotice]:
    """Check a message that the provider signed, and return what it says of accounts.

    Called in the broker for what arrives at the provider's address for such messages. InputError: it is not to be
    believed, and is answered with its code. If it raises Retry, the provider is asked to send it again.
    """


# Calendar: worker and web.


@hookspec
def hub_list_calendars(account: Account) -> Sequence[Calendar]:
    """List the calendars of the account.

    Called by `connect` (before the connection is saved) and when the owner looks at it. If it raises, the
    connection shows the error and its calendars stay as they were.
    """


@hookspec
def hub_free_busy(account: Account, calendars: Sequence[Calendar], window: Window) -> Mapping[str, Sequence[Busy]]:
    """Ask the provider now for the busy times within the window, by calendar ref.

    Called before a booking is confirmed. If it raises, or leaves out a calendar, the check could not be made and
    the booking is `requested`.
    """


@hookspec
def hub_changes(account: Account, calendar: Calendar, cursor: str | None, window: Window) -> Changes:
    """Return what changed since the cursor, as busy times within the window.

    Called by the worker to keep the hub's copy fresh; ``cursor=None`` reads everything. Gone(cursor) leads to a
    full read. If it raises, the calendar is not fresh and its slots are withheld with a reason.
    """


@hookspec
def hub_watch(account: Account, calendar: Calendar, channel: Channel, watching: Watching | None) -> Watching:
    """Let the provider tell the hub when the calendar changes; with ``watching``, renew that one.

    Called by the worker when a calendar is to be checked, and before a watch ends. A provider that cannot renew makes a
    new one for ``channel``, and the hub ends the old one. If it raises, the calendar is polled and it is tried again;
    after Refused not before a day.
    """


@hookspec
def hub_unwatch(account: Account, calendar: Calendar, watching: Watching) -> None:
    """End a watch; one that is gone already is a success.

    Called by the worker when a calendar is let go, and when a new watch has replaced an old one; not after a
    disconnect. If it raises, it is tried again; a watch that cannot be ended runs out by itself.
    """


@hookspec
def hub_receive(request: Incoming) -> Echo | Sequence[Notice]:
    """Read what arrived at a channel's address, without asking anybody; the hub judges whether to believe it.

    Called by the web, for an address that the hub gave out. If it raises InputError, the answer is 400 and nothing
    happens; anything else that it raises is logged by its type, and the answer is the same.
    """


@hookspec
def hub_create_event(account: Account, calendar: Calendar, event: Event) -> Written:
    """Write a new event of ours; repeating it with the same uid must not make a second one.

    Called by the worker from the outbox. Retry is repeated with back-off; other errors mark the booking's calendar
    as failed and tell the staff.
    """


@hookspec
def hub_update_event(account: Account, calendar: Calendar, written: Written, event: Event) -> Written:
    """Change an event of ours to these times and texts; repeating it is harmless.

    Called by the worker from the outbox. NotFound: the event was deleted outside and is written anew.
    """


@hookspec
def hub_cancel_event(account: Account, calendar: Calendar, written: Written) -> None:
    """Remove an event of ours; one that is gone already is a success.

    Called by the worker from the outbox. Errors as for `hub_create_event`.
    """


@hookspec
def hub_read_event(account: Account, calendar: Calendar, written: Written) -> Found | None:
    """Read an event of ours back, or None if it is not there.

    Called after each write and whenever the outcome of a write is unknown. If it raises, the outcome stays open.
    """


# Messages: worker.


@hookspec
def hub_send_message(account: Account, message: Message) -> Sent:
    """Hand a message to the provider, once; answer only when it was taken.

    Called by the worker from the outbox, without a transaction. Retry is repeated with back-off, unless it was
    ``sent``: then nobody knows, and it is shown and not repeated. If it raises Refused the message ends as refused.
    """


# Told


@hookspec
def hub_booking_changed(business: str, booking: str, state: str, calendar_state: str) -> None:
    """Hear that a booking changed: ids and states only.

    Called by the worker after the commit. If it raises, it is logged and the next listener still hears it.
    """


@hookspec
def hub_connection_changed(business: str, connection: str, health: str) -> None:
    """Hear that a connection became healthy or failing, or that its owner must connect it again.

    Called by the worker after the commit. If it raises, it is logged and the next listener still hears it.
    """


TOLD = frozenset({"hub_booking_changed", "hub_connection_changed"})
KEYS = frozenset({"hub_connect", "hub_refresh", "hub_revoke", "hub_verify"})
