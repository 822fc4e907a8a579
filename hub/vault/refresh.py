"""Refresh a credential in one place: one at a time over all processes, stored before it is used.

A row of the table ``refresh`` says who asks the provider now. A process that dies between the provider's answer and
our store may take a new refresh token with it. The next one tries the old token once; if the provider does not take it
any more, the account is to be connected again, and nobody asks a second time.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import sqlalchemy as sa

from hub.account import Setup
from hub.core.consent_record import permits
from hub.core.errors import HubError, NeedsReconnect, ProviderError, Refused, Retry
from hub.core.provider import Grant, Provider, Revocation
from hub.core.purpose import Purpose
from hub.core.trouble import DANGER, SAID_BY_PROVIDER
from hub.store import connection as store
from hub.store.crash import CrashPoint, crash_point
from hub.store.database import Database
from hub.store.ids import new_id
from hub.store.key_use import add_use
from hub.store.refresh import begin_refresh, end_refresh, find_refresh, forget_refresh
from hub.vault.border import Handle
from hub.vault.credentials import open_credential, store_credential
from hub.vault.keys import Keyring
from hub.vault.stopwatch import milliseconds

LEASE = 60
"""Seconds after which a refresh whose process died may be tried by another."""

PAUSE = 5
"""Seconds after a refresh that failed for the time being in which nobody asks the provider again, at least."""

WAIT = 20.0
"""Seconds that a call waits for the refresh of another."""

REFUSED, LOST, OTHER = "refresh_refused", "refresh_lost", "other_account"
FINAL = frozenset({REFUSED, LOST, OTHER}) | SAID_BY_PROVIDER
"""Why no refresh is tried any more: the provider said no, with a reason of the list or without; an answer was lost on
the way; it was another account's."""

_FAILED, _UNKNOWN = "failed", "unknown"
_LOOK = 0.05
_log = logging.getLogger("hub.vault.refresh")


class Plugins(Protocol):
    """What is asked of the registry."""

    def provider(self, name: str) -> Provider:
        """Return what the plugin declared, or raise PluginBroken."""

    def keys(self, provider: str) -> Any:
        """Return the plugin's key hooks, or raise PluginBroken."""


class Refreshing:
    """Refreshes credentials. ``call`` runs a key hook, ``check`` looks at the grant that it returned."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        plugins: Plugins,
        clock: Callable[[], int],
        *,
        setup: Callable[[str], Setup],
        call: Callable[[Callable[[], Any], str], Any],
        check: Callable[[object, str], Grant],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._plugins = plugins
        self._clock = clock
        self._setup = setup
        self._call = call
        self._check = check
        self._here: dict[str, threading.Lock] = {}

    def renew(self, handle: Handle, provider: str, stale: int) -> Grant | None:
        """Return a grant newer than the ``stale`` version; None if the plugin has no way to get one.

        It is stored only while the connection is in the handle's epoch: a late answer writes nothing back. Raises
        NeedsReconnect when there will be none, Retry, Refused("disconnected"), PluginBroken.
        """
        hooks = self._plugins.keys(provider)
        if not hasattr(hooks, "hub_refresh"):
            return None
        mine = self._here.setdefault(handle.connection, threading.Lock())
        if not mine.acquire(timeout=WAIT):
            raise _under_way()
        try:
            return self._renew(handle, provider, stale, hooks)
        finally:
            mine.release()

    def _renew(self, handle: Handle, provider: str, stale: int, hooks: Any) -> Grant:
        owner, deadline = new_id(), time.monotonic() + WAIT
        while True:
            begun = self._begin(handle, stale, owner)
            if isinstance(begun, Grant):
                return begun  # somebody else was faster
            if begun is not None:
                break
            if time.monotonic() > deadline:
                raise _under_way()
            time.sleep(_LOOK)
        grant, lost = begun
        crash_point(CrashPoint.REFRESH_BEFORE_CALL)
        try:
            setup = self._setup(provider)
            fresh = self._call(lambda: hooks.hub_refresh(setup=setup, grant=grant), f"{provider} hub_refresh")
            crash_point(CrashPoint.REFRESH_AFTER_CALL)
            fresh = self._check(fresh, provider)
        except NeedsReconnect as error:
            said = error.code if error.code in SAID_BY_PROVIDER else REFUSED
            self._give_up(handle, owner, LOST if lost else said)
            raise _over(LOST if lost else said) from None
        except HubError as error:
            # An answer that may have been given and did not arrive is one that is lost.
            sent = lost or not isinstance(error, ProviderError) or getattr(error, "sent", False)
            self._end(handle, owner, self._clock() + _pause_after(error), _UNKNOWN if sent else _FAILED)
            raise
        if grant.account_id and fresh.account_id and grant.account_id != fresh.account_id:
            self._give_up(handle, owner, OTHER)
            raise _over(OTHER)
        kept = replace(fresh, origins=grant.origins, account_id=fresh.account_id or grant.account_id)
        return self._store(handle, provider, stale, kept, hooks)

    def _begin(self, handle: Handle, stale: int, owner: str) -> Grant | tuple[Grant, bool] | None:
        """Take the turn: the grant to refresh, and whether the answer to an earlier attempt was lost.

        A grant alone is newer than the stale one; None: another process has the turn.
        """
        business, connection = handle.business, handle.connection
        with self._database.reading() as conn:  # who waits writes nothing
            if self._is_taken(find_refresh(conn, business, connection), stale):
                return None
        with self._database.writing() as conn:
            if not store.hold_epoch(conn, business, connection, handle.epoch):
                raise Refused("disconnected")
            row = store.find_for_call(conn, business, connection)
            assert row is not None
            if row.health_reason == DANGER:
                raise Refused(DANGER)
            about = row.consent_state, row.consent_purposes, row.consent_until
            if not permits(*about, handle.purpose, self._clock()):
                raise Refused("consent")
            grant = open_credential(self._keyring, business, connection, row)
            if row.version != stale:
                return grant
            now, found = self._clock(), find_refresh(conn, business, connection)
            if self._is_taken(found, stale):
                return None
            last: Any = found if found is not None and found.version == stale else None
            if last is not None and last.problem in FINAL:
                raise _over(last.problem)
            if last is not None and last.problem and last.until > now:
                raise Retry("The provider could not refresh the permission a moment ago.", after=last.until - now)
            begin_refresh(conn, business, connection, stale, owner, now + LEASE)
            what = ("hub_refresh", Purpose.CONNECT)
            add_use(conn, business, connection, now // 60, *what, at_ms=milliseconds(self._clock))
            crash_point(CrashPoint.REFRESH_BEFORE_BEGIN)
        return grant, last is not None and last.problem != _FAILED

    def _is_taken(self, found: sa.Row[*tuple[Any, ...]] | None, stale: int) -> bool:
        return found is not None and found.version == stale and not found.problem and found.until > self._clock()

    def _store(self, handle: Handle, provider: str, stale: int, fresh: Grant, hooks: Any) -> Grant:
        business, connection = handle.business, handle.connection
        version = 0
        with self._database.writing() as conn:
            held = store.hold_epoch(conn, business, connection, handle.epoch)
            if held and store.credential_version(conn, business, connection) == stale:
                version = store_credential(conn, self._keyring, business, connection, fresh, self._clock())
                forget_refresh(conn, business, connection)
            crash_point(CrashPoint.REFRESH_BEFORE_COMMIT)
        crash_point(CrashPoint.REFRESH_AFTER_COMMIT)
        if not held:
            self._give_back(provider, fresh, hooks)
            raise Refused("disconnected")
        if not version:
            raise _under_way()  # it took longer than its turn, and another one's answer is stored
        self._keyring.raise_watermark(business, connection, version)
        return fresh

    def _give_back(self, provider: str, fresh: Grant, hooks: Any) -> None:
        """End a credential that came after the disconnect: nobody knows it but this call, and then nobody."""
        try:
            if self._plugins.provider(provider).revocation is Revocation.TOKEN:
                setup = self._setup(provider)
                self._call(lambda: hooks.hub_revoke(setup=setup, grant=fresh), f"{provider} hub_revoke")
        except HubError as error:
            _log.warning("a token that came after the disconnect is forgotten, but not revoked: %s", error.code)

    def _give_up(self, handle: Handle, owner: str, problem: str) -> None:
        self._end(handle, owner, 0, problem)

    def _end(self, handle: Handle, owner: str, until: int, problem: str) -> None:
        with contextlib.suppress(HubError), self._database.writing() as conn:  # else the turn lapses by itself
            end_refresh(conn, handle.business, handle.connection, owner, until=until, problem=problem)


def _pause_after(error: HubError) -> int:
    """Return the seconds in which nobody asks again: as many as a limit that was reached asks for, else a few."""
    return max(PAUSE, round(error.after)) if isinstance(error, Retry) and error.code == "quota" else PAUSE


def _over(problem: str) -> NeedsReconnect:
    return NeedsReconnect("The permission cannot be refreshed any more; connect the account again.", code=problem)


def _under_way() -> Retry:
    return Retry("Another call refreshes this permission; try again in a moment.", after=2.0)
