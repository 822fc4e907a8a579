"""End the grant of a disconnected connection at its provider, see that it is ended, and destroy it here.

Some providers end the whole permission of an account, other connections of it included. While one of those lives the
permission is left alone, and the last of them ends it for all. The same holds for a permission that was just given and
is not taken.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from hub.account import Setup
from hub.core.ended import Ended, EndState, Probe
from hub.core.errors import HubError, NeedsReconnect, PluginBroken, ProviderError, Refused, Tampered, UnknownId
from hub.core.ledger import EntryKind, Value, machine_word
from hub.core.provider import Grant, Revocation
from hub.core.purpose import Purpose
from hub.ledger.append import append
from hub.store import connection as store
from hub.store.crash import CrashPoint, crash_point
from hub.store.database import Database
from hub.store.ending import kept_with, set_end_state, siblings
from hub.store.key_use import add_use
from hub.store.refresh import forget_refresh
from hub.vault.credentials import destroy_credential, open_credential, store_credential
from hub.vault.egress import Egress
from hub.vault.keys import Keyring
from hub.vault.refresh import Plugins
from hub.vault.stopwatch import milliseconds

STILL_WORKS = "still_works"
"""Why a revocation is open although the provider said that it was done."""

_log = logging.getLogger("hub.vault.revoke")


def account_hash(keyring: Keyring, provider: str, client: str, grant: Grant) -> str:
    """Return a keyed hash by which connections of one account at a provider know each other.

    ``client`` is who the hub is at the provider: the same account under two clients has two grants.
    """
    who = grant.account_id or "\0".join((grant.account_name.strip().casefold(), *sorted(grant.origins)))
    return hash_of(keyring, provider, client, who)


def hash_of(keyring: Keyring, provider: str, client: str, who: str) -> str:
    """Return the keyed hash of an account by its ``account_id``, or of a grant by one of its marks."""
    said = "\0".join((provider, client, who)).encode()
    return hmac.new(keyring.door_key("provider account"), said, hashlib.sha256).hexdigest()


class Revoking:
    """Ends grants. ``call`` runs a key hook and lets no frame of it out."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        plugins: Plugins,
        egress: Egress,
        clock: Callable[[], int],
        *,
        setup: Callable[[str], Setup],
        call: Callable[[Callable[[], Any], str], Any],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._plugins = plugins
        self._egress = egress
        self._clock = clock
        self._setup = setup
        self._call = call

    def revoke(self, business: str, connection: str) -> Ended:
        """Make one attempt to end the grant of a disconnected connection, and destroy it here when that is over.

        One that was connected again meanwhile keeps its new grant. Raises Refused("connected") for one that is live.
        """
        with self._database.reading() as conn:
            row = store.find_for_call(conn, business, connection)
            about = _connection(conn, business, connection)
        if row is None or about is None:
            return Ended(EndState.NONE)
        if row.health != store.DISCONNECTED:
            raise Refused("connected", "Disconnect the connection before its grant is revoked.")
        if row.sealed is None and about.end_state != EndState.OPEN:
            return Ended(EndState(about.end_state))
        self._egress.drop()
        kind = self._kind(row.provider)
        if kind is Revocation.NONE or row.sealed is None:
            return self._over(business, connection, row, about, Ended(EndState.NONE))
        if kind is Revocation.GRANT and self._keep(business, connection, row, about):
            return Ended(EndState.KEPT)
        ended = self._ask(business, connection, row)
        if ended.is_over:
            return self._over(business, connection, row, about, ended)
        self._failed(business, connection, row.epoch, ended)
        return ended

    def give_back(self, provider: str, client: str, grant: Grant) -> bool:
        """End a permission that was given and is not taken; tell whether nothing is left that nobody needs.

        Where the provider ends whole permissions, a live connection of the account needs it.
        """
        kind = self._kind(provider)
        if kind not in {Revocation.TOKEN, Revocation.GRANT}:
            return False
        if kind is Revocation.GRANT:
            with self._database.reading() as conn:
                if siblings(conn, provider, account_hash(self._keyring, provider, client, grant), ""):
                    return True
        try:
            hooks, setup = self._plugins.keys(provider), self._setup(provider)
            self._call(lambda: hooks.hub_revoke(setup=setup, grant=grant), f"{provider} hub_revoke")
        except NeedsReconnect:
            return True  # the provider knows it no more
        except HubError as error:
            _log.warning("a permission of %s that was not taken is not ended: %s", provider, error.code)
            return False
        return True

    def _ask(self, business: str, connection: str, row: Any) -> Ended:
        """Ask the provider, then try whether it keeps its word."""
        name = row.provider
        try:
            hooks, setup = self._plugins.keys(name), self._setup(name)
            grant = open_credential(self._keyring, business, connection, row)
            self._count(business, connection, "hub_revoke")
            crash_point(CrashPoint.REVOKE_BEFORE_CALL)
            self._call(lambda: hooks.hub_revoke(setup=setup, grant=grant), f"{name} hub_revoke")
            crash_point(CrashPoint.REVOKE_AFTER_CALL)
        except NeedsReconnect:
            return Ended(EndState.DONE, Probe.REFUSED)  # it is not accepted any more: nothing is left to end
        except (ProviderError, PluginBroken, Tampered) as error:
            return Ended(EndState.OPEN, reason=error.code)
        probe = self._probe(business, connection, row, hooks, grant)
        if probe is Probe.WORKS:
            return Ended(EndState.OPEN, probe, STILL_WORKS)
        return Ended(EndState.DONE, probe)

    def _probe(self, business: str, connection: str, row: Any, hooks: Any, grant: Grant) -> Probe:
        """Try to refresh what was revoked. A provider that grants it did not keep its word."""
        if not hasattr(hooks, "hub_refresh") or not grant.secret.get("refresh_token"):
            return Probe.NONE
        setup = self._setup(row.provider)
        try:
            self._count(business, connection, "hub_refresh_probe")
            fresh = self._call(lambda: hooks.hub_refresh(setup=setup, grant=grant), f"{row.provider} hub_refresh")
        except NeedsReconnect:
            return Probe.REFUSED
        except HubError:
            return Probe.UNKNOWN
        if isinstance(fresh, Grant) and fresh.secret.get("access_token"):
            self._keep_fresh(business, connection, row, replace(fresh, origins=grant.origins))
            return Probe.WORKS
        return Probe.UNKNOWN

    def _keep_fresh(self, business: str, connection: str, row: Any, fresh: Grant) -> None:
        """Seal what the provider still gave out in place of the old grant: this is what is to be revoked now."""
        with self._database.writing() as conn:
            if not store.hold_epoch(conn, business, connection, row.epoch, ended=True):
                return
            version = store_credential(conn, self._keyring, business, connection, fresh, self._clock())
        self._keyring.raise_watermark(business, connection, version)

    def _keep(self, business: str, connection: str, row: Any, about: Any) -> bool:
        """Destroy only our copy if another live connection has the same grant, and tell whether one has."""
        with self._database.writing() as conn:
            if not store.hold_epoch(conn, business, connection, row.epoch, ended=True):
                return True
            found = siblings(conn, row.provider, about.account_hash, connection, lock=True)
            if not found:
                return False
            own = sum(one == business for one, _ in found)  # an entry tells nothing of other businesses
            said: dict[str, Value] = {"epoch": row.epoch, "own": own}
            self._close(conn, business, connection, EndState.KEPT, EntryKind.REVOCATION_KEPT, said)
            destroy_credential(conn, business, connection)
            forget_refresh(conn, business, connection)
        self._keyring.raise_watermark(business, connection, row.version + 1)
        return True

    def _over(self, business: str, connection: str, row: Any, about: Any, ended: Ended) -> Ended:
        with self._database.writing() as conn:
            if not store.hold_epoch(conn, business, connection, row.epoch, ended=True):
                return ended
            version = store.credential_version(conn, business, connection)
            destroy_credential(conn, business, connection)
            forget_refresh(conn, business, connection)
            done = ended.state is EndState.DONE
            said: dict[str, Value] = {"epoch": row.epoch, "at_provider": int(done), "probe": ended.probe}
            self._close(conn, business, connection, ended.state, EntryKind.REVOKED, said)
            if done and self._kind(row.provider) is Revocation.GRANT:
                for one in kept_with(conn, row.provider, about.account_hash, EndState.KEPT):
                    with_it = {**said, "epoch": one.epoch}
                    self._close(conn, one.business_id, one.id, EndState.DONE, EntryKind.REVOKED, with_it)
            crash_point(CrashPoint.REVOKE_BEFORE_COMMIT)
        crash_point(CrashPoint.REVOKE_AFTER_COMMIT)
        self._keyring.raise_watermark(business, connection, version + 1)
        return ended

    def _failed(self, business: str, connection: str, epoch: int, ended: Ended) -> None:
        _log.warning("the grant of %s is not revoked yet: %s", connection, ended.reason)
        said: dict[str, Value] = {"epoch": epoch, "reason": machine_word(ended.reason), "probe": ended.probe}
        with self._database.writing() as conn:
            self._close(conn, business, connection, EndState.OPEN, EntryKind.REVOCATION_FAILED, said)

    def _close(
        self,
        conn: sa.Connection,
        business: str,
        connection: str,
        state: EndState,
        kind: EntryKind,
        said: dict[str, Value],
    ) -> None:
        """Note a state and its entry, both or neither; nothing of one that was connected again."""
        if set_end_state(conn, business, connection, state):
            content = {**said, "at_ms": milliseconds(self._clock)}
            append(conn, business, kind, content, at=self._clock(), connection_id=connection)

    def _count(self, business: str, connection: str, operation: str) -> None:
        now = self._clock()
        with self._database.writing() as conn:
            at_ms = milliseconds(self._clock)
            add_use(conn, business, connection, now // 60, operation, Purpose.CONNECT, at_ms=at_ms)

    def _kind(self, provider: str) -> Revocation | None:
        try:
            return self._plugins.provider(provider).revocation
        except PluginBroken:
            return None  # nobody can tell: the grant is kept until the plugin can


def _connection(conn: sa.Connection, business: str, connection: str) -> Any:
    try:
        return store.find_connection(conn, business, connection)
    except UnknownId:
        return None
