"""The key hooks of plugins, called where the keys are: connect, refresh, revoke.

Their session has the same egress and the same declared operations as any other, but keeps the client authentication
that they add themselves, and scrubs nothing: the answer is the new credential. The grant they return stays here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from hub.account import Setup
from hub.core.declared import normal_origin, parse_target
from hub.core.errors import HubError, InputError, NeedsReconnect, PluginBroken, ProviderError, Refused
from hub.core.ledger import Content, EntryKind, Value, machine_word
from hub.core.provider import AuthScheme, Form, Grant, Provider, Redirect, Revocation
from hub.core.purpose import Purpose
from hub.ledger.append import append
from hub.store import connection as store
from hub.store.business import find_business
from hub.store.database import Database
from hub.store.ids import new_id
from hub.store.key_use import add_use
from hub.vault.border import Answer, Failure, Handle, Outcome, Request, Result, Send
from hub.vault.credentials import destroy_credential, open_credential, store_credential
from hub.vault.egress import Egress
from hub.vault.headers import incoming, outgoing
from hub.vault.keys import Keyring
from hub.vault.session import BorderError, error_of, setup_session
from hub.vault.work import Operations, as_failure

MOST_CALLS = 40
"""How many requests one step of connecting may make: enough for discovery, too few to scan a network."""

_log = logging.getLogger("hub.vault.keycalls")
_T = TypeVar("_T")


class Plugins(Protocol):
    """What the broker asks of the registry."""

    def provider(self, name: str) -> Provider:
        """Return what the plugin declared, or raise PluginBroken."""

    def keys(self, provider: str) -> Any:
        """Return the plugin's key hooks as an object with one method a hook, or raise PluginBroken."""


@dataclass(frozen=True, slots=True)
class Connected:
    """An account was connected: what may be known of it outside the broker."""

    connection: str
    epoch: int
    account_name: str
    origins: tuple[str, ...]


class KeyCalls:
    """Calls key hooks and stores what they return. ``settings`` gives a provider's settings of this installation."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        plugins: Plugins,
        operations: Operations,
        egress: Egress,
        clock: Callable[[], int],
        settings: Callable[[str], Mapping[str, str]],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._plugins = plugins
        self._operations = operations
        self._egress = egress
        self._clock = clock
        self._settings = settings
        self._renewing: dict[str, threading.Lock] = {}

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
        """Take one step of connecting; with ``connection``, of connecting that one again."""
        declared = self._plugins.provider(provider)
        purposes = sorted(declared.level(level).purposes)
        with self._database.reading() as conn:
            find_business(conn, business)
            if connection is not None and store.find_connection(conn, business, connection).provider != provider:
                raise InputError("provider", "a connection is renewed with its own provider; make a new one.")
        hooks, setup = self._plugins.keys(provider), self._setup(provider, level, redirect_url)
        given = afresh(lambda: hooks.hub_connect(setup=setup, answer=answer), f"{provider} hub_connect")
        if isinstance(given, Form | Redirect):
            return given
        grant = self._checked(given, provider)
        granted = store.Granted(level, grant.account_name, grant.settings, grant.origins, purposes)
        now = self._clock()
        with self._database.writing() as conn:
            if connection is None:
                connection = new_id()
                epoch = store.add_connection(conn, business, connection, provider, granted, now)
            else:
                epoch = store.renew_connection(conn, business, connection, granted, now)
            version = store_credential(conn, self._keyring, business, connection, grant, now)
            said: dict[str, Value] = {"provider": provider, "level": machine_word(level), "epoch": epoch}
            said["purposes"] = [str(one) for one in purposes]
            append(conn, business, EntryKind.CONNECTED, said, at=now, connection_id=connection)
        self._keyring.raise_watermark(business, connection, version)
        return Connected(connection, epoch, grant.account_name, grant.origins)

    def renew(self, handle: Handle, provider: str, stale: int) -> Grant | None:
        """Return a grant newer than the ``stale`` version, refreshed by one caller at a time; None if there is none.

        It is stored only while the connection is in the handle's epoch: a late refresh writes nothing back.
        """
        hooks = self._plugins.keys(provider)
        if not hasattr(hooks, "hub_refresh"):
            return None
        with self._renewing.setdefault(handle.connection, threading.Lock()):
            with self._database.writing() as conn:
                row = store.find_for_call(conn, handle.business, handle.connection)
                if row is None or row.epoch != handle.epoch or row.health == store.DISCONNECTED:
                    raise Refused("disconnected")
                grant = open_credential(self._keyring, handle.business, handle.connection, row)
                if row.version != stale:
                    return grant  # somebody else was faster
                minute = self._clock() // 60
                add_use(conn, handle.business, handle.connection, minute, "hub_refresh", Purpose.CONNECT)
            setup = self._setup(provider)
            try:
                fresh = afresh(lambda: hooks.hub_refresh(setup=setup, grant=grant), f"{provider} hub_refresh")
            except NeedsReconnect:
                return None
            fresh = replace(self._checked(fresh, provider), origins=grant.origins)
            now = self._clock()
            with self._database.writing() as conn:
                if not store.hold_epoch(conn, handle.business, handle.connection, handle.epoch):
                    raise Refused("disconnected")
                version = store_credential(conn, self._keyring, handle.business, handle.connection, fresh, now)
            self._keyring.raise_watermark(handle.business, handle.connection, version)
            return fresh

    def disconnect(self, business: str, connection: str) -> bool:
        """End a connection here at once, then at the provider. Returns whether nothing is left to revoke there."""
        with self._database.writing() as conn:
            row, now = store.find_connection(conn, business, connection), self._clock()
            epoch = store.end_connection(conn, business, connection, now)
            append(conn, business, EntryKind.DISCONNECTED, {"epoch": epoch}, at=now, connection_id=connection)
            version = store.credential_version(conn, business, connection)
            revocable = self._revocable(row.provider)
            if not revocable:
                destroy_credential(conn, business, connection)
                said = {"epoch": epoch, "at_provider": 0}
                append(conn, business, EntryKind.REVOKED, said, at=now, connection_id=connection)
        self._egress.drop()
        if not revocable:
            self._keyring.raise_watermark(business, connection, version + 1)
        return not revocable or self.revoke(business, connection)

    def revoke(self, business: str, connection: str) -> bool:
        """End the grant of a disconnected connection at its provider and destroy it here; False to try again.

        Where the provider has nothing to revoke it is destroyed at once. One that was connected again meanwhile keeps
        its new grant.
        """
        with self._database.reading() as conn:
            row = store.find_for_call(conn, business, connection)
        if row is None or row.sealed is None:
            return True
        if row.health != store.DISCONNECTED:
            raise Refused("connected", "Disconnect the connection before its grant is revoked.")
        self._egress.drop()
        revocable, said = self._revocable(row.provider), {"epoch": row.epoch}
        try:
            if revocable:
                hooks, setup = self._plugins.keys(row.provider), self._setup(row.provider)
                grant = open_credential(self._keyring, business, connection, row)
                afresh(lambda: hooks.hub_revoke(setup=setup, grant=grant), f"{row.provider} hub_revoke")
        except (ProviderError, PluginBroken) as error:
            _log.warning("the grant of %s is not revoked yet: %s", connection, error.code)
            with self._database.writing() as conn:
                why: Content = {**said, "reason": machine_word(error.code)}
                append(conn, business, EntryKind.REVOCATION_FAILED, why, at=self._clock(), connection_id=connection)
            return False
        with self._database.writing() as conn:
            if not store.hold_epoch(conn, business, connection, row.epoch, ended=True):
                return True
            destroy_credential(conn, business, connection)
            said["at_provider"] = int(revocable)
            append(conn, business, EntryKind.REVOKED, said, at=self._clock(), connection_id=connection)
        self._keyring.raise_watermark(business, connection, row.version + 1)
        return True

    def setup_send(self, provider: str, request: Request) -> Result:
        """Send a request of a key hook: any origin that the guard lets out, the declared methods and paths only."""
        return as_failure(lambda: self._setup_send(provider, request), f"{provider} setup")

    def _setup_send(self, provider: str, request: Request) -> Result:
        target = parse_target(request.url)
        self._operations.of(provider).find(request.method, target, Purpose.CONNECT)
        headers = outgoing(request.headers, keep_authorization=True)
        result = self._egress.exchange(request.method, target, headers, request.body, request.timeout)
        if isinstance(result, Answer):
            kept = incoming(result.headers, request.method, len(result.body), keep_challenge=True)
            return replace(result, headers=kept)
        return result

    def _setup(self, provider: str, level: str = "", redirect_url: str = "") -> Setup:
        send = _counted(lambda request: self.setup_send(provider, request))
        return Setup(level, self._settings(provider), setup_session(send), redirect_url)

    def _checked(self, grant: object, provider: str) -> Grant:
        if not isinstance(grant, Grant):
            raise PluginBroken(f"The key hook of {provider!r} returned {type(grant).__name__}, not a grant.")
        if grant.scheme is not AuthScheme.NONE and not any(grant.secret.values()):
            raise PluginBroken(f"The key hook of {provider!r} returned a grant without a credential.")
        return replace(grant, origins=tuple(dict.fromkeys(normal_origin(origin) for origin in grant.origins)))

    def _revocable(self, provider: str) -> bool:
        try:
            return self._plugins.provider(provider).revocation is not Revocation.NONE
        except PluginBroken:
            return True  # nobody can tell: keep the grant until the plugin can


def _counted(send: Send) -> Send:
    left = iter(range(MOST_CALLS))

    def counted(request: Request) -> Result:
        return send(request) if next(left, None) is not None else Failure(Outcome.REFUSED, "too_many_calls")

    return counted


def afresh(work: Callable[[], _T], about: str) -> _T:
    """Return what ``work`` returns. What it raises comes without its frames and causes: they hold the credential.

    An error that is not of the hub becomes Refused("plugin_error"), without its text.
    """
    problem: HubError
    try:
        return work()
    except BorderError as error:
        problem = error_of(error.failure)
    except HubError as error:
        problem = error.with_traceback(None)
        problem.__cause__ = problem.__context__ = None
    except Exception as error:
        _log.error("%s failed: %s", about, type(error).__name__)
        problem = Refused("plugin_error", f"It failed in {about} ({type(error).__name__}).")
    raise problem
