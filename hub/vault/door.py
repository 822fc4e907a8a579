"""The broker as all others see it: the same methods, whether it is in this process or behind a socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from hub.core.account_notice import Concerned
from hub.core.ended import Ended
from hub.core.provider import Form, Redirect
from hub.core.push import Incoming
from hub.vault.border import NOWHERE, Handle, Request, Result, RoundTrip
from hub.vault.keycalls import Connected
from hub.vault.provider_settings import Configuration


class BrokerDoor(Protocol):
    """What may be asked of the broker. Each method but `send` and `close` raises Unavailable if it is not there."""

    def send(self, handle: Handle, request: Request) -> Result:
        """Send a request of a work hook; every outcome is a value, a broker that is not there as well."""

    def connect(
        self,
        business: str,
        provider: str,
        level: str,
        answer: Mapping[str, str] | None,
        *,
        connection: str | None = None,
        trip: RoundTrip = NOWHERE,
    ) -> Form | Redirect | Connected:
        """Take one step of connecting an account; see `hub.vault.broker.Broker.connect`."""

    def disconnect(self, business: str, connection: str) -> bool:
        """End a connection; False while the provider has not revoked the grant."""

    def revoke(self, business: str, connection: str) -> Ended:
        """Make one attempt to end the grant of a disconnected connection, and say what it came to."""

    def configure(self, provider: str, changes: Mapping[str, str], *, user: str = "") -> Configuration:
        """Change settings of a provider for this installation; see `hub.vault.broker.Broker.configure`."""

    def configuration(self, provider: str) -> Configuration:
        """Return what may be shown of a provider's settings."""

    def verify(self, provider: str, request: Incoming) -> tuple[Concerned, ...]:
        """Return what a message that a provider signed says of accounts; see `hub.vault.keycalls.KeyCalls.verify`."""

    def close(self) -> None:
        """Close what is held open. The broker of another process goes on."""
