"""Connecting on the provider's own pages: send the owner off, and take back the same one, in the same browser, once.

The state that goes to the provider and back is random, is kept as a hash, and works for ten minutes (RFC 6749 10.12,
RFC 9700 4.7). It is bound to a secret in a cookie of the browser, and to the sign-in or link by which its owner came.
So an answer that somebody else got, or sends somebody else to bring, connects nothing.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from urllib.parse import parse_qs, urlsplit

from hub.actions.connect import connect
from hub.actions.provider_settings import redirect_address
from hub.core.declared import normal_origin
from hub.core.errors import PluginBroken, Refused, StateError
from hub.core.provider import Form, Redirect
from hub.core.security import Visit
from hub.parts import Hub
from hub.store.connecting import add_connecting, find_connecting, forget_connecting, take_connecting
from hub.vault.border import RoundTrip
from hub.vault.cipher import Place
from hub.vault.keycalls import Connected
from hub.vault.texts import open_text, seal_text

SECONDS = 600
"""How long somebody may stay at the provider."""

_LONGEST_STATE, _LONGEST_URL, _LONGEST_KEEP = 100, 8000, 16_000


@dataclass(frozen=True, slots=True)
class Intent:
    """What somebody is about to connect, as in `hub.actions.connect.connect`. ``consent`` is the one they gave."""

    business_id: str
    provider: str
    level: str
    consent: str = ""
    holder_id: str | None = None
    connection_id: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Away:
    """The owner is to be sent to ``url``. The browser keeps ``secret`` under a name with ``mark`` in it."""

    url: str
    mark: str
    secret: str


@dataclass(frozen=True, slots=True)
class Pending:
    """Somebody who was sent off and is not back: whom the return must come from, and what it is for."""

    id: str
    intent: Intent
    actor: str
    actor_id: str
    via: str


def step(
    hub: Hub, visit: Visit, via: str, intent: Intent, answer: Mapping[str, str] | None
) -> Form | Redirect | Away | Connected:
    """Take one step of connecting; where it leads to the provider's pages, note who is sent there.

    ``via`` is the id of the sign-in or link. Without an ``answer`` a `Redirect` only says where it would lead, and
    nothing is noted: a look changes nothing. Raises what `connect` does, and PluginBroken for an address without our
    state.
    """
    if answer is None:
        return _connect(hub, visit, intent, None, RoundTrip(redirect_address(hub.settings), mark_of("preview")))
    return _go_on(hub, visit, via, intent, answer, MappingProxyType({}))


def leave(hub: Hub, visit: Visit, via: str, intent: Intent) -> Form | Redirect | Away | Connected:
    """Begin, and note who is sent off if it is the provider that asks. Raises as `step`."""
    return _go_on(hub, visit, via, intent, None, MappingProxyType({}))


def find_pending(hub: Hub, state: str, secret: str) -> Pending | None:
    """Return what a state stands for if it is the browser that was sent off which brings it. Changes nothing."""
    if not (0 < len(state) <= _LONGEST_STATE and state.isascii() and secret):
        return None
    with hub.database.reading() as conn:
        row = find_connecting(conn, _hash(state), hub.clock())
    if row is None or not hmac.compare_digest(row.browser_hash, _hash(secret)):
        return None
    intent = Intent(row.business_id, row.provider, row.level, row.consent_id, row.holder_id, row.connection_id)
    return Pending(row.id, intent, row.actor, row.actor_id, row.via)


def finish(hub: Hub, visit: Visit, pending: Pending, answer: Mapping[str, str]) -> Form | Redirect | Away | Connected:
    """Go on with what the provider sent back, once: the row is taken before the plugin hears of the answer.

    Raises StateError (``returned``) when it was taken meanwhile or its time is over; else as `step`. Whatever comes of
    it, the same answer is never heard again.
    """
    place = Place(pending.intent.business_id, "connecting", pending.id, "keep")
    with hub.database.writing() as conn:
        row = take_connecting(conn, pending.intent.business_id, pending.id, hub.clock())
        kept = "" if row is None else open_text(conn, hub.keyring, place, row.keep)
    if row is None:
        raise StateError("Nothing waits for this return any more.", code="returned")
    return _go_on(hub, visit, pending.via, pending.intent, answer, json.loads(kept))


def forget_pending(hub: Hub) -> None:
    """Delete what waits for those who did not come back in time."""
    with hub.database.writing() as conn:
        forget_connecting(conn, hub.clock())


def mark_of(state: str) -> str:
    """Return what the cookie for a state is called by: it tells the returns of two tabs apart."""
    return _hash(state)[:16]


def origin_of(url: str) -> str:
    """Return the origin of an address. Raises Refused for what is no address of a server."""
    parts = urlsplit(url)
    return normal_origin(f"{parts.scheme}://{parts.netloc}")


def _go_on(
    hub: Hub, visit: Visit, via: str, intent: Intent, answer: Mapping[str, str] | None, keep: Mapping[str, str]
) -> Form | Redirect | Away | Connected:
    state = secrets.token_urlsafe(32)
    found = _connect(hub, visit, intent, answer, RoundTrip(redirect_address(hub.settings), state, keep))
    return _send_off(hub, visit, via, intent, state, found) if isinstance(found, Redirect) else found


def _connect(
    hub: Hub, visit: Visit, intent: Intent, answer: Mapping[str, str] | None, trip: RoundTrip
) -> Form | Redirect | Connected:
    return connect(
        hub,
        intent.business_id,
        intent.provider,
        intent.level,
        answer,
        connection_id=intent.connection_id,
        holder_id=intent.holder_id,
        visit=visit,
        consent=intent.consent,
        trip=trip,
    )


def _send_off(hub: Hub, visit: Visit, via: str, intent: Intent, state: str, there: Redirect) -> Away:
    _check(hub, intent.provider, there.url, state)
    kept = json.dumps(dict(there.keep))
    if len(kept) > _LONGEST_KEEP:
        raise PluginBroken(f"The plugin of {intent.provider!r} wants to keep too much while its owner is away.")
    secret, identifier = secrets.token_urlsafe(32), _hash(state)
    with hub.database.writing() as conn:
        place = Place(intent.business_id, "connecting", identifier, "keep")
        add_connecting(
            conn,
            id=identifier,
            business_id=intent.business_id,
            provider=intent.provider,
            level=intent.level,
            consent_id=intent.consent,
            holder_id=intent.holder_id,
            connection_id=intent.connection_id,
            actor=visit.actor,
            actor_id=visit.actor_id,
            via=via,
            browser_hash=_hash(secret),
            keep=seal_text(conn, hub.keyring, place, kept),
            expires_at=hub.clock() + SECONDS,
        )
    return Away(there.url, mark_of(state), secret)


def _check(hub: Hub, provider: str, url: str, state: str) -> None:
    """See that an address leads to somebody else's page over https, and brings our state and nobody else back to us."""
    problem = ""
    try:
        parts, given = urlsplit(url), parse_qs(urlsplit(url).query, keep_blank_values=True)
        if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            problem = "is no address"
        elif not parts.hostname or parts.username or parts.password:
            problem = "names no plain host"
        elif parts.scheme != "https" and origin_of(url) not in hub.settings.egress_allow:
            problem = "is not https, and its origin is not in HUB_EGRESS_ALLOW"
        elif given.get("state") != [state]:
            problem = "does not carry setup.state"
        elif given.get("redirect_uri", [redirect_address(hub.settings)]) != [redirect_address(hub.settings)]:
            problem = "leads back to another place than setup.redirect_url"
    except (ValueError, Refused):
        problem = "is no address"
    if problem:
        raise PluginBroken(f"The plugin of {provider!r} leads its owner off by an address that {problem}.")


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
