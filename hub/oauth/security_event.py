"""Whether a security event token is to be believed, and what it says (RFC 8417; OpenID RISC Profile 1.0).

It has no time at which it ends, by design (RFC 8417, 4.4), so an old one is refused by its age.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from hub.core.errors import InputError
from hub.oauth.server import OAuthServer
from hub.oauth.signed_token import is_pinned, is_signed, parts_of

OLDEST = 7 * 86_400
"""Seconds after which a token is not taken any more: senders repeat for days, not for weeks."""

LEEWAY = 120
_MOST_EVENTS = 20


@dataclass(frozen=True, slots=True)
class SecurityEvents:
    """What a believed token says. ``id`` is its ``jti``; ``events`` maps each kind's address to its fields."""

    id: str
    issued_at: int
    events: Mapping[str, Mapping[str, Any]]


def check_security_event(
    http: requests.Session, server: OAuthServer, client_id: str, token: str, *, now: int
) -> SecurityEvents:
    """Return what a token says.

    All that can be judged without the server's keys comes first, so that rubbish makes nobody ask for them. Raises
    InputError("token") where it is not to be believed, with RFC 8935's word for why as its code; Retry when the keys
    cannot be had.
    """
    found = parts_of(token)
    if found is None:
        raise _refused("invalid_request")
    header, claims = found
    if not is_pinned(header, "secevent+jwt", "JWT"):
        raise _refused("invalid_key")
    if claims.get("iss") not in {name.rstrip("/") + end for name in (server.issuer, *server.also) for end in ("", "/")}:
        raise _refused("invalid_issuer")
    audience = claims.get("aud")
    if not client_id or client_id not in (audience if isinstance(audience, list) else [audience]):
        raise _refused("invalid_audience")
    said = _said(claims, now)
    if not is_signed(http, server.keys_url, token, header):
        raise _refused("invalid_key")
    return said


def _said(claims: Mapping[str, Any], now: int) -> SecurityEvents:
    name, issued, events = claims.get("jti"), claims.get("iat"), claims.get("events")
    if not isinstance(name, str) or not 0 < len(name) <= 255 or not name.isprintable():
        raise _refused("invalid_request")
    if isinstance(issued, bool) or not isinstance(issued, int) or not now - OLDEST <= issued <= now + LEEWAY:
        raise _refused("invalid_request")
    if not isinstance(events, dict) or not 0 < len(events) <= _MOST_EVENTS:
        raise _refused("invalid_request")
    if not all(isinstance(fields, dict) for fields in events.values()):
        raise _refused("invalid_request")
    return SecurityEvents(name, issued, events)


def _refused(code: str) -> InputError:
    return InputError("token", "It is no security event that can be believed here.", code=code)
