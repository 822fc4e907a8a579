"""The broker as all others see it: the same five methods, whether it is in this process or behind a socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from hub.core.ended import Ended
from hub.core.provider import Form, Redirect
from hub.vault.border import Handle, Request, Result
from hub.vault.keycalls import Connected


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
        redirect_url: str = "",
    ) -> Form | Redirect | Connected:
        """Take one step of connecting an account; see `hub.vault.broker.Broker.connect`."""

    def disconnect(self, business: str, connection: str) -> bool:
        """End a connection; False while the provider has not revoked the grant."""

    def revoke(self, business: str, connection: str) -> Ended:
        """Make one attempt to end the grant of a disconnected connection, and say what it came to."""

    def close(self) -> None:
        """Close what is held open. The broker of another process goes on."""
