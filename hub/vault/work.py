"""Work calls: what happens to a request between a plugin's session and the provider.

One transaction decides and writes the use of the key; it is over before the credential is opened, and none is held
while the provider is asked.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import urljoin

import sqlalchemy as sa

from hub.core.consent_record import permits
from hub.core.declared import Declared, Target, parse_target
from hub.core.errors import NeedsReconnect, PluginBroken, ProviderError, Refused, Tampered, Unavailable
from hub.core.provider import AuthScheme, Grant, Provider
from hub.core.trouble import DANGER
from hub.store.connection import DISCONNECTED, find_for_call
from hub.store.database import Database
from hub.store.key_use import add_use
from hub.vault.authenticate import Authenticator
from hub.vault.border import Answer, Failure, Handle, Outcome, Pairs, Request, Result
from hub.vault.budgets import QUOTA, Budgets
from hub.vault.credentials import open_credential
from hub.vault.egress import Egress
from hub.vault.headers import incoming, outgoing
from hub.vault.keys import Keyring
from hub.vault.refresh import FINAL
from hub.vault.refusals import record_refusal
from hub.vault.scrub import Scrubber
from hub.vault.stopwatch import milliseconds

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_EARLY = 30  # seconds before its end at which a token is renewed without trying it
FRESH = 0.5
"""Seconds after which a call that was let through and not sent yet is looked at once more. So is each repeat of it."""

_LEVELS = {"tampered": logging.ERROR, QUOTA: logging.DEBUG}
_log = logging.getLogger("hub.vault.work")


class Renew(Protocol):
    """Fetches a fresh grant in place of the given version; None when the provider gives none."""

    def __call__(self, handle: Handle, provider: str, stale: int) -> Grant | None:
        """Return the fresh grant."""


class Operations:
    """The declared operations of each provider, compiled once."""

    def __init__(self, provider: Callable[[str], Provider]) -> None:
        self._provider = provider
        self._known: dict[str, tuple[Provider, Declared]] = {}

    def of(self, name: str) -> Declared:
        """Return the operations of a provider. Raises PluginBroken."""
        provider = self._provider(name)
        known = self._known.get(name)
        if known is None or known[0] is not provider:
            known = self._known[name] = (provider, Declared(provider.operations))
        return known[1]


@dataclass(frozen=True, slots=True)
class _Call:
    """A request that was let through, with what it is signed by."""

    handle: Handle
    request: Request
    target: Target
    headers: Pairs
    provider: str
    version: int
    grant: Grant
    admitted: float


class WorkCalls:
    """Sends the requests of work hooks."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        operations: Operations,
        egress: Egress,
        authenticator: Authenticator,
        clock: Callable[[], int],
        renew: Renew | None,
        max_bytes: int,
        budgets: Budgets,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._operations = operations
        self._egress = egress
        self._authenticator = authenticator
        self._clock = clock
        self._renew = renew
        self._max_bytes = max_bytes
        self._budgets = budgets

    def send(self, handle: Handle, request: Request) -> Result:
        """Return the provider's answer without the credential, or the reason why there is none. Never raises.

        What the hub refuses is recorded before it is answered.
        """
        result = as_failure(lambda: self._send(handle, request), f"{handle.connection} {handle.hook}")
        if isinstance(result, Failure) and result.outcome is Outcome.REFUSED:
            about = {"hook": handle.hook, "purpose": handle.purpose, "reason": result.reason}
            record_refusal(self._database, handle.business, handle.connection, **about, now=self._clock())
        return result

    def _send(self, handle: Handle, request: Request) -> Result:
        target = parse_target(request.url)
        headers = outgoing(request.headers)
        if len(request.body) > self._max_bytes:
            raise Refused("too_large")
        call = self._admit(handle, request, target, headers)
        ending = call.grant.expires_at is not None and call.grant.expires_at - _EARLY <= self._clock()
        if ending and (renewed := self._renewed(call)):
            call = renewed
        result = self._deliver(call)
        if isinstance(result, Answer):
            self._budgets.heard(handle, result)
        if isinstance(result, Answer) and result.status == 401 and not ending and (renewed := self._renewed(call)):
            result = self._deliver(renewed)
        return result

    def _admit(self, handle: Handle, request: Request, target: Target, headers: Pairs) -> _Call:
        """Decide on a call and write the use of its key, in one transaction. Raises Refused."""
        now = self._clock()
        with self._database.writing() as conn:
            row = find_for_call(conn, handle.business, handle.connection, admitting=True)
            if row is None or row.epoch != handle.epoch or row.health == DISCONNECTED:
                raise Refused("disconnected")
            if row.health_reason == DANGER:
                raise Refused(DANGER)
            if handle.purpose not in row.purposes:
                raise Refused("purpose")
            if not permits(row.consent_state, row.consent_purposes, row.consent_until, handle.purpose, now):
                raise Refused("consent")
            declared = self._operations.of(row.provider)
            operation = declared.find(request.method, target, handle.purpose, row.origins)
            self._budgets.admit(conn, handle, row.provider)
            at_ms = milliseconds(self._clock)
            use = (handle.business, handle.connection, now // 60, operation.name, handle.purpose)
            add_use(conn, *use, at_ms=at_ms)
        row, grant = self._open(handle, row)
        return _Call(handle, request, target, headers, row.provider, row.version, grant, time.monotonic())

    def _open(self, handle: Handle, row: sa.Row[*tuple[Any, ...]]) -> tuple[sa.Row[*tuple[Any, ...]], Grant]:
        """Return the grant in a row, or in the one that took its place since it was read: a refresh is no roll-back."""
        while True:
            try:
                return row, open_credential(self._keyring, handle.business, handle.connection, row)
            except Tampered:
                now = self._held(handle)
                if now.version is None or now.version <= row.version:
                    raise
                row = now

    def _deliver(self, call: _Call) -> Result:
        """Sign, send, and take the credential out of the answer."""
        method, target, request = call.request.method, call.target, call.request

        sent = False

        def exchange(authorization: str | None) -> Result:
            nonlocal sent
            if sent or time.monotonic() - call.admitted > FRESH:
                self._held(call.handle)
            sent = True
            signed = call.headers if authorization is None else (*call.headers, ("Authorization", authorization))
            return self._egress.exchange(method, target, signed, request.body, request.timeout)

        result = self._authenticator.send(call.handle.connection, call.grant, method, target, exchange)
        if isinstance(result, Failure):
            return result
        if result.status in _REDIRECTS and not _stays(result, target):
            return Failure(Outcome.REFUSED, "redirect", sent=True)
        clean = Scrubber(call.grant).clean(result)
        if isinstance(clean, Failure):
            return clean
        return replace(clean, headers=incoming(clean.headers, method, len(clean.body)))

    def _held(self, handle: Handle) -> sa.Row[*tuple[Any, ...]]:
        """Return the connection as it is now. Raises Refused for what was let through before it was disconnected."""
        with self._database.reading() as conn:
            row = find_for_call(conn, handle.business, handle.connection)
        if row is None or row.epoch != handle.epoch or row.health == DISCONNECTED:
            raise Refused("disconnected")
        return row

    def _renewed(self, call: _Call) -> _Call | None:
        if self._renew is None or call.grant.scheme is not AuthScheme.BEARER:
            return None
        grant = self._renew(call.handle, call.provider, call.version)
        return None if grant is None else replace(call, grant=grant)


def as_failure(work: Callable[[], Result], about: str) -> Result:
    """Return what ``work`` returns, or as a value what it raises: frames of an exception hold the credential."""
    try:
        return work()
    except Refused as error:
        failure = Failure(Outcome.REFUSED, error.reason, after=getattr(error, "after", 0))
    except Tampered:
        failure = Failure(Outcome.REFUSED, "tampered")
    except NeedsReconnect as error:
        failure = Failure(Outcome.REFUSED, error.code if error.code in FINAL else "reconnect")
    except PluginBroken:
        failure = Failure(Outcome.REFUSED, "plugin_broken")
    except Unavailable:
        failure = Failure(Outcome.UNREACHABLE, "store")
    except ProviderError:
        failure = Failure(Outcome.UNREACHABLE, "refresh")
    except Exception as error:
        _log.error("a call failed inside the broker: %s (%s)", type(error).__name__, about)
        return Failure(Outcome.UNKNOWN, "error", sent=True)
    level = _LEVELS.get(failure.reason, logging.WARNING)
    _log.log(level, "no call was made: %s (%s)", failure.reason, about)
    return failure


def _stays(answer: Answer, target: Target) -> bool:
    """Tell whether a redirect leads to the same origin: only there may the signed request be repeated."""
    location = answer.header("Location")
    if location is None:
        return True
    try:
        return parse_target(urljoin(target.origin + target.resource, location)).origin == target.origin
    except (Refused, ValueError):
        return False
