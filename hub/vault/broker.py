"""The broker: the only part that opens a credential, as one object with plain data in and out.

Embedded it is called directly; apart it is the same object behind a socket, and nothing outside `hub.vault` and
`hub.run` knows which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from hub.core.account_notice import Concerned
from hub.core.ended import Ended
from hub.core.provider import Form, Redirect
from hub.core.push import Incoming
from hub.settings import Settings
from hub.store.database import Database
from hub.vault.authenticate import Authenticator
from hub.vault.border import NOWHERE, Handle, Request, Result, RoundTrip
from hub.vault.budgets import Budgets
from hub.vault.egress import Egress
from hub.vault.guard import Guard
from hub.vault.keycalls import Connected, KeyCalls, afresh
from hub.vault.keys import Keyring
from hub.vault.provider_settings import Configuration, ProviderSettings
from hub.vault.refresh import Plugins
from hub.vault.work import Operations, WorkCalls


class Broker:
    """Connects accounts, and sends what work hooks ask for in their name.

    ``registry`` knows the plugins; ``provider_settings`` gives a provider's settings in place of those that were
    entered here. ``guard`` is made from the settings unless given.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        keyring: Keyring,
        registry: Plugins,
        clock: Callable[[], int],
        guard: Guard | None = None,
        provider_settings: Callable[[str], Mapping[str, str]] | None = None,
    ) -> None:
        self._egress = Egress(
            guard or Guard(settings.egress_allow),
            timeout=settings.egress_timeout,
            max_bytes=settings.egress_max_bytes,
            ca_file=settings.ca_file,
        )
        self._authenticator = Authenticator()
        operations = Operations(registry.provider)
        self._settings = ProviderSettings(database, keyring, registry, clock)
        entered = provider_settings or self._settings.values
        self._keys = KeyCalls(database, keyring, registry, operations, self._egress, clock, entered)
        self._work = WorkCalls(
            database,
            keyring,
            operations,
            self._egress,
            self._authenticator,
            clock,
            self._keys.renew,
            settings.egress_max_bytes,
            Budgets(registry.provider, database, clock),
        )

    def send(self, handle: Handle, request: Request) -> Result:
        """Send a request of a work hook; every outcome is a value."""
        return self._work.send(handle, request)

    def setup_send(self, provider: str, request: Request) -> Result:
        """Send a request of a key hook; every outcome is a value."""
        return self._keys.setup_send(provider, request)

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
        """Take one step of connecting an account; with ``connection``, of connecting that one again.

        ``answer`` is None at the first step, then what the owner typed or the provider sent back; ``trip`` is for a
        provider that asks on its own pages, and the plugin's `Redirect` is handed on as it is. On success the
        account is stored, in a new epoch if it was there. Raises ProviderError, PluginBroken, InputError, UnknownId.
        """
        step = partial(self._keys.connect, business, provider, level, answer)
        given = afresh(partial(step, connection=connection, trip=trip), f"{provider} connect")
        if isinstance(given, Connected):
            self._authenticator.forget(given.connection)
        return given

    def disconnect(self, business: str, connection: str) -> bool:
        """End a connection: here at once, then at the provider.

        Returns False while the provider has not revoked the grant: then `revoke` is to be tried again. Raises
        UnknownId.
        """
        done = afresh(partial(self._keys.disconnect, business, connection), "disconnect")
        self._authenticator.forget(connection)
        return done

    def revoke(self, business: str, connection: str) -> Ended:
        """Make one attempt to end the grant of a disconnected connection at its provider, and say what it came to."""
        done = afresh(partial(self._keys.revoke, business, connection), "revoke")
        self._authenticator.forget(connection)
        return done

    def configure(self, provider: str, changes: Mapping[str, str], *, user: str = "") -> Configuration:
        """Change settings of a provider for this installation; see `ProviderSettings.change`."""
        return afresh(lambda: self._settings.change(provider, changes, user=user), "settings of a provider")

    def configuration(self, provider: str) -> Configuration:
        """Return what may be shown of a provider's settings: no secret. Raises PluginBroken."""
        return afresh(lambda: self._settings.show(provider), "settings of a provider")

    def verify(self, provider: str, request: Incoming) -> tuple[Concerned, ...]:
        """Return what a message that a provider signed says of accounts; see `KeyCalls.verify`."""
        return afresh(partial(self._keys.verify, provider, request), f"{provider} verify")

    def close(self) -> None:
        """Close the connections to providers."""
        self._egress.drop()
