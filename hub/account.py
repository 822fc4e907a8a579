"""What a plugin is handed to work with: a connected account, or the set-up in which one is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests


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

    ``settings`` are the provider's settings of this installation; ``redirect_url`` is where the provider
    sends the owner back to.
    """

    level: str
    settings: Mapping[str, str]
    http: requests.Session
    redirect_url: str = ""
