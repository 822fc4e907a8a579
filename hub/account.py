"""What a plugin is handed to work with: a connected account, or the set-up in which one is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

    from hub.core.provider import Grant


@dataclass(frozen=True, slots=True)
class Account:
    """A connection as work hooks see it: its settings and a signed-in session, never a credential.

    ``http`` hands every request to the broker, which checks it against the declared operations and the
    connection's purposes, adds the credential and sends it. A refused or failed call marks the account, and the
    hub throws away what the hook returned: libraries swallow errors, and a busy list cut short reads as free time.
    """

    name: str
    settings: Mapping[str, str]
    http: requests.Session


@dataclass(frozen=True, slots=True)
class Setup:
    """What key hooks get. ``http`` keeps the plugin's own client authentication and scrubs nothing.

    ``settings`` are the provider's settings of this installation. For a provider that asks the owner on its own pages:
    ``redirect_url`` is where it sends them back to, ``state`` the word that the address must carry there and back
    (RFC 6749 10.12, made by the hub and bound to the owner's browser), ``keep`` what the plugin's own `Redirect` kept,
    once, when they are back. ``before`` are the account's settings while it is connected again. ``give_back`` ends a
    permission that the owner gave and that is not taken, unless a live connection needs it; it tells whether nothing is
    left that nobody needs.
    """

    level: str
    settings: Mapping[str, str]
    http: requests.Session
    redirect_url: str = ""
    state: str = ""
    keep: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    before: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    give_back: Callable[[Grant], bool] = lambda _grant: False
