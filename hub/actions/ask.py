"""Ask a provider something through its plugin and the broker, and trust the answer only if no call in it failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.core.calendar import Changes, Found, Written
from hub.core.errors import Refused
from hub.core.message import Sent
from hub.core.purpose import Purpose
from hub.parts import Hub
from hub.vault.accounts import open_account
from hub.vault.refusals import record_refusal


def ask_provider(hub: Hub, business_id: str, connection_id: str, purpose: Purpose, hook: str, **arguments: Any) -> Any:
    """Return what the hook of the connection's plugin answers.

    Raises ProviderError: what the plugin raised, or, when any call on the way was refused or failed, that failure,
    whatever the plugin made of it. An answer that rests on a failed call is thrown away, because libraries swallow
    errors and a busy list cut short reads as free time. So is one of another type than the hook's. Also PluginBroken,
    Unavailable, UnknownId. A call that the hub refuses is recorded.
    """
    try:
        opened = open_account(hub.database, hub.broker, business_id, connection_id, purpose, hook)
    except Refused as error:
        about = {"hook": hook, "purpose": purpose, "reason": error.reason}
        record_refusal(hub.database, business_id, connection_id, **about, now=hub.clock())
        raise
    answer = opened.call(lambda account: hub.registry.ask(opened.provider, hook, account=account, **arguments))
    if not isinstance(answer, _ANSWERS.get(hook, object)):
        what = f"The plugin of {opened.provider!r} answered {hook} with {type(answer).__name__}."
        raise Refused("plugin_error", what)
    return answer


_ANSWERS: dict[str, type | tuple[type, ...]] = {
    "hub_list_calendars": Sequence,
    "hub_free_busy": Mapping,
    "hub_changes": Changes,
    "hub_create_event": Written,
    "hub_update_event": Written,
    "hub_read_event": (Found, type(None)),
    "hub_send_message": Sent,
}
