"""Ask a provider something through its plugin and the broker, and trust the answer only if no call in it failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.actions.health import note_health, reason_of
from hub.core.calendar import Calendar, Changes, Event, Found, Written
from hub.core.errors import NeedsReconnect, Refused, Retry
from hub.core.message import Sent
from hub.core.purpose import Purpose
from hub.core.push import Watching
from hub.parts import Hub
from hub.store.booking_event import is_ours
from hub.store.budget import pause_calls
from hub.vault.accounts import open_account
from hub.vault.border import Handle
from hub.vault.budgets import QUOTA
from hub.vault.names import calendar_hashes
from hub.vault.refusals import record_refusal
from hub.vault.retry_after import LONGEST


def ask_provider(hub: Hub, business_id: str, connection_id: str, purpose: Purpose, hook: str, **arguments: Any) -> Any:
    """Return what the hook of the connection's plugin answers.

    Raises ProviderError: what the plugin raised, or, when any call on the way was refused or failed, that failure,
    whatever the plugin made of it. An answer that rests on a failed call is thrown away, because libraries swallow
    errors and a busy list cut short reads as free time. So is one of another type than the hook's. Also PluginBroken,
    Unavailable, UnknownId. A call that the hub refuses is recorded; so is one that would write an event which is not
    that of a booking (``not_ours``).
    """
    if hook in _WRITING and not _are_ours(hub, business_id, connection_id, **arguments):
        about = {"hook": hook, "purpose": purpose, "reason": "not_ours"}
        record_refusal(hub.database, business_id, connection_id, **about, now=hub.clock())
        raise Refused("not_ours", "Only events of bookings are written; this one is somebody else's.")
    return try_provider(hub, business_id, connection_id, purpose, hook, **arguments)


def try_provider(hub: Hub, business_id: str, connection_id: str, purpose: Purpose, hook: str, **arguments: Any) -> Any:
    """Ask as `ask_provider` does, also to write events of no booking: for the trial of an account, and nothing else."""
    try:
        opened = open_account(hub.database, hub.keyring, hub.broker, business_id, connection_id, purpose, hook)
    except Refused as error:
        about = {"hook": hook, "purpose": purpose, "reason": error.reason}
        record_refusal(hub.database, business_id, connection_id, **about, now=hub.clock())
        raise
    try:
        answer = opened.call(lambda account: hub.registry.ask(opened.provider, hook, account=account, **arguments))
    except NeedsReconnect as error:
        _note_lost(hub, opened.handle, error)
        raise
    except Retry as error:
        if error.code == QUOTA and not opened.marked.holds(error):  # in words that only its plugin knows
            with hub.database.writing() as conn:
                until = hub.clock() + round(min(max(error.after, 1.0), LONGEST))
                pause_calls(conn, business_id, connection_id, until)
        raise
    if not isinstance(answer, _ANSWERS.get(hook, object)):
        what = f"The plugin of {opened.provider!r} answered {hook} with {type(answer).__name__}."
        raise Refused("plugin_error", what)
    return answer


def _note_lost(hub: Hub, handle: Handle, error: NeedsReconnect) -> None:
    """Note that only the owner can mend the account, whatever it was asked for; unless it was connected again since."""
    with hub.database.writing() as conn:
        where = handle.business, handle.connection
        note_health(conn, *where, "needs_reconnect", reason_of(error), hub.clock(), epoch=handle.epoch)


def _are_ours(
    hub: Hub,
    business_id: str,
    connection_id: str,
    *,
    calendar: Calendar,
    event: Event | None = None,
    written: Written | None = None,
) -> bool:
    """Tell whether each event named is one that a booking has, or had, in that calendar of the connection."""
    uids = {one.uid for one in (event, written) if one is not None}
    where = business_id, connection_id, calendar_hashes(hub.keyring, business_id, calendar.ref)
    with hub.database.reading() as conn:
        return all(is_ours(conn, *where, uid) for uid in uids)


_WRITING = frozenset({"hub_create_event", "hub_update_event", "hub_cancel_event"})
_ANSWERS: dict[str, type | tuple[type, ...]] = {
    "hub_list_calendars": Sequence,
    "hub_free_busy": Mapping,
    "hub_changes": Changes,
    "hub_create_event": Written,
    "hub_update_event": Written,
    "hub_read_event": (Found, type(None)),
    "hub_send_message": Sent,
    "hub_watch": Watching,
}
