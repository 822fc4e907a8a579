"""Ask a provider something through its plugin and the broker, and trust the answer only if no call in it failed."""

from __future__ import annotations

from typing import Any

from hub.core.purpose import Purpose
from hub.parts import Hub
from hub.vault.accounts import open_account


def ask_provider(hub: Hub, business_id: str, connection_id: str, purpose: Purpose, hook: str, **arguments: Any) -> Any:
    """Return what the hook of the connection's plugin answers.

    Raises ProviderError: what the plugin raised, or, when any call on the way was refused or failed, that failure,
    whatever the plugin made of it. An answer that rests on a failed call is thrown away, because libraries swallow
    errors and a busy list cut short reads as free time. Also PluginBroken, Unavailable, UnknownId.
    """
    opened = open_account(hub.database, hub.broker, business_id, connection_id, purpose, hook)
    return opened.call(lambda account: hub.registry.ask(opened.provider, hook, account=account, **arguments))
