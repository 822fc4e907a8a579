"""The key hooks of plugins, called where the keys are: connect, refresh, revoke.

Their session has the same egress and the same declared operations as any other, but keeps the client authentication
that they add themselves, and scrubs nothing: the answer is the new credential. The grant they return stays here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TypeVar

from hub.account import Setup
from hub.core.account_notice import AccountNotice, Concerned
from hub.core.declared import normal_origin, parse_target
from hub.core.errors import HubError, InputError, NeedsReconnect, PluginBroken, Refused, Tampered
from hub.core.ledger import EntryKind, Value, machine_word
from hub.core.provider import AuthScheme, Form, Grant, Redirect
from hub.core.purpose import Purpose
from hub.core.push import Incoming
from hub.ledger.append import append
from hub.store import connection as store
from hub.store.account_notice import put_marks
from hub.store.business import find_business
from hub.store.database import Database
from hub.store.ids import new_id
from hub.vault.border import NOWHERE, Answer, Failure, Outcome, Request, Result, RoundTrip, Send
from hub.vault.credentials import open_credential, store_credential
from hub.vault.egress import Egress
from hub.vault.headers import incoming, outgoing
from hub.vault.keys import Keyring
from hub.vault.names import name_account, open_account_names
from hub.vault.refresh import Plugins, Refreshing
from hub.vault.revoke import Revoking, account_hash, hash_of
from hub.vault.session import BorderError, error_of, setup_session
from hub.vault.work import Operations, as_failure

MOST_CALLS = 40
"""How many requests one step of connecting may make: enough for discovery, too few to scan a network."""

MOST_LIMITS, LONGEST = 20, 300
"""How many sentences a grant may have about what was not granted, and how long each."""

MOST_NOTICES = 20
"""How many things one message may say of accounts."""

_OTHER = "This is another account than the one that was connected; add it as a new one."
_LEFT = " What was permitted just now was not taken, and still stands at the provider, where its owner can end it."

_log = logging.getLogger("hub.vault.keycalls")
_T = TypeVar("_T")


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
        parts = (database, keyring, plugins)
        self.renew = Refreshing(*parts, clock, setup=self._setup, call=afresh, check=self._checked).renew
        self._revoking = Revoking(*parts, egress, clock, setup=self._setup, call=afresh)
        self.revoke = self._revoking.revoke

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
        """Take one step of connecting; with ``connection``, of connecting that one again."""
        declared = self._plugins.provider(provider)
        purposes = sorted(declared.level(level).purposes)
        with self._database.reading() as conn:
            find_business(conn, business)
            found = None if connection is None else store.find_connection(conn, business, connection)
            before = {} if found is None else dict(open_account_names(conn, self._keyring, found).settings)
            if found is not None and found.provider != provider:
                raise InputError("provider", "a connection is renewed with its own provider; make a new one.")
        hooks, setup = self._plugins.keys(provider), self._setup(provider, level, trip)
        if found is not None:
            setup = replace(setup, before=MappingProxyType(before))
        given = afresh(lambda: hooks.hub_connect(setup=setup, answer=answer), f"{provider} hub_connect")
        if isinstance(given, Form | Redirect):
            return given
        grant = self._checked(given, provider)
        if found is not None:
            self._check_same(business, connection, provider, grant)
        account = account_hash(self._keyring, provider, self._settings(provider).get("client_id", ""), grant)
        granted = store.Granted(level, grant.origins, purposes, account, grant.scopes, grant.limits)
        now = self._clock()
        with self._database.writing() as conn:
            if connection is None:
                connection = new_id()
                epoch = store.add_connection(conn, business, connection, provider, granted, now)
            else:
                epoch = store.renew_connection(conn, business, connection, granted, now)
            name_account(conn, self._keyring, business, connection, grant.account_name, grant.settings)
            version = store_credential(conn, self._keyring, business, connection, grant, now)
            put_marks(conn, business, connection, [self._hash(provider, mark) for mark in grant.marks])
            said: dict[str, Value] = {"provider": provider, "level": machine_word(level), "epoch": epoch}
            said["purposes"] = [str(one) for one in purposes]
            append(conn, business, EntryKind.CONNECTED, said, at=now, connection_id=connection)
        self._keyring.raise_watermark(business, connection, version)
        return Connected(connection, epoch, grant.account_name, grant.origins)

    def _check_same(self, business: str, connection: str | None, provider: str, grant: Grant) -> None:
        """See that an account that is connected again is the one that it was, where the provider tells them apart.

        Its calendars stand for people. A permission of another one is not taken, and ended unless others need it.
        """
        with self._database.reading() as conn:
            row = store.find_for_call(conn, business, connection or "")
        if row is None or row.sealed is None or not grant.account_id:
            return
        try:
            before = open_credential(self._keyring, business, connection or "", row)
        except (Tampered, NeedsReconnect):
            return
        if before.account_id and before.account_id != grant.account_id:
            left = "" if self._give_back(provider, grant) else _LEFT
            raise Refused("other_account", _OTHER + left)

    def disconnect(self, business: str, connection: str) -> bool:
        """End a connection here at once, then at the provider. Returns whether nothing is left to do there."""
        with self._database.writing() as conn:
            now = self._clock()
            epoch = store.end_connection(conn, business, connection, now)
            append(conn, business, EntryKind.DISCONNECTED, {"epoch": epoch}, at=now, connection_id=connection)
        return self.revoke(business, connection).is_over

    def verify(self, provider: str, request: Incoming) -> tuple[Concerned, ...]:
        """Return what a signed message of a provider says, with hashes in place of whom it is about.

        Raises InputError for one that is not to be believed, Retry, PluginBroken.
        """
        hooks, setup = self._plugins.keys(provider), self._setup(provider)
        if not hasattr(hooks, "hub_verify"):
            raise PluginBroken(f"The plugin of {provider!r} does not check messages about accounts.")
        found = afresh(lambda: hooks.hub_verify(setup=setup, request=request), f"{provider} hub_verify")
        if not isinstance(found, list | tuple) or not all(isinstance(one, AccountNotice) for one in found):
            raise PluginBroken(f"The key hook of {provider!r} returned no notices.")
        hashed = partial(self._hash, provider)
        return tuple(
            Concerned(one.id, one.kind, hashed(one.account_id), hashed(one.mark)) for one in found[:MOST_NOTICES]
        )

    def _hash(self, provider: str, who: str) -> str:
        return who and hash_of(self._keyring, provider, self._settings(provider).get("client_id", ""), who)

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

    def _setup(self, provider: str, level: str = "", trip: RoundTrip = NOWHERE) -> Setup:
        send = _counted(lambda request: self.setup_send(provider, request))
        about = (trip.redirect_url, trip.state, MappingProxyType(dict(trip.keep)))
        back = partial(self._give_back, provider)
        return Setup(level, self._settings(provider), setup_session(send), *about, give_back=back)

    def _give_back(self, provider: str, grant: Grant) -> bool:
        return self._revoking.give_back(provider, self._settings(provider).get("client_id", ""), grant)

    def _checked(self, grant: object, provider: str) -> Grant:
        if not isinstance(grant, Grant):
            raise PluginBroken(f"The key hook of {provider!r} returned {type(grant).__name__}, not a grant.")
        if grant.scheme is not AuthScheme.NONE and not any(grant.secret.values()):
            raise PluginBroken(f"The key hook of {provider!r} returned a grant without a credential.")
        origins = tuple(dict.fromkeys(normal_origin(origin) for origin in grant.origins))
        return replace(grant, origins=origins, limits=tuple(one[:LONGEST] for one in grant.limits[:MOST_LIMITS]))


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
