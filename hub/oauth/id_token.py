"""Whether an id token is to be believed (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

import requests

from hub.core.errors import Refused
from hub.oauth.server import Identity, OAuthServer
from hub.oauth.signed_token import is_pinned, is_signed, parts_of

LEEWAY = 120
"""Seconds by which the clocks of two machines may differ."""

_OLDEST = 86_400
_NOT_BELIEVED = "The provider's word on whose account this is cannot be believed ({}). Nothing was connected."


def check_id_token(
    http: requests.Session, server: OAuthServer, client_id: str, token: str, *, nonce: str, now: int
) -> Identity:
    """Return whose token it is. Raises Refused("id_token") where a check fails, Retry when keys cannot be had."""
    header, claims = _parts(token)
    if not is_pinned(header, "JWT"):
        raise _refused("header")
    if not is_signed(http, server.keys_url, token, header):
        raise _refused("signature")
    _check_claims(claims, server, client_id, now)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise _refused("nonce")
    return _identity(claims, server)


def named_in(token: str, server: OAuthServer, client_id: str, *, now: int) -> Identity:
    """Return whose token it is, for one that came with a refresh, straight from the token endpoint.

    There TLS stands in for the signature (OpenID Connect Core 1.0, 3.1.3.7, step 6), and 12.2 asks for no nonce.
    """
    _header, claims = _parts(token)
    _check_claims(claims, server, client_id, now)
    return _identity(claims, server)


def _parts(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    found = parts_of(token)
    if found is None:
        raise _refused("form")
    return found


def _check_claims(claims: Mapping[str, Any], server: OAuthServer, client_id: str, now: int) -> None:
    if claims.get("iss") not in (server.issuer, *server.also):
        raise _refused("iss")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences or (len(audiences) > 1 and claims.get("azp") != client_id):
        raise _refused("aud")
    if claims.get("azp", client_id) != client_id:
        raise _refused("azp")
    expires, issued = _seconds(claims.get("exp")), _seconds(claims.get("iat"))
    if expires is None or expires <= now - LEEWAY:
        raise _refused("exp")
    if issued is None or not now - _OLDEST <= issued <= now + LEEWAY:
        raise _refused("iat")


def _identity(claims: Mapping[str, Any], server: OAuthServer) -> Identity:
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable() or " " in subject:
        raise _refused("sub")
    shown = email if isinstance(email, str) and len(email) <= 320 and email.isprintable() else ""
    return Identity(server.issuer, subject, shown, claims.get("email_verified") in (True, "true"))


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _refused(what: str) -> Refused:
    return Refused("id_token", _NOT_BELIEVED.format(what))
