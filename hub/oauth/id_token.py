"""Whether an id token is to be believed (OpenID Connect Core 1.0, 3.1.3.7; RFC 8725).

The algorithm is pinned and the keys come from the server's declared JWKS alone: what a token's own header says about
keys is never followed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from typing import Any

import requests

from hub.core.errors import ProviderError, Refused, Retry
from hub.oauth import failures
from hub.oauth.server import Identity, OAuthServer

ALGORITHM = "RS256"
LEEWAY = 120
"""Seconds by which the clocks of two machines may differ."""

_OLDEST = 86_400
_LONGEST = 16_000
_FOREIGN = frozenset({"jku", "x5u", "jwk", "x5c", "crit"})
_NOT_BELIEVED = "The provider's word on whose account this is cannot be believed ({}). Nothing was connected."


def check_id_token(
    http: requests.Session, server: OAuthServer, client_id: str, token: str, *, nonce: str, now: int
) -> Identity:
    """Return whose token it is. Raises Refused("id_token") where a check fails, Retry when keys cannot be had."""
    header, claims = _parts(token)
    if header.get("alg") != ALGORITHM or _FOREIGN & header.keys() or header.get("typ", "JWT") != "JWT":
        raise _refused("header")
    _check_signature(token, _key(_keys(http, server), header.get("kid")))
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


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    pieces = token.split(".")
    if len(token) > _LONGEST or len(pieces) != 3:
        raise _refused("form")
    header, claims = (_decoded(piece) for piece in pieces[:2])
    return header, claims


def _decoded(piece: str) -> dict[str, Any]:
    found: object = None
    try:
        found = json.loads(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _refused("form")
    return found


def _keys(http: requests.Session, server: OAuthServer) -> list[Mapping[str, Any]]:
    problem: ProviderError | None = None
    keys: object = None
    try:
        answer = http.get(server.keys_url, timeout=20, allow_redirects=False)
        if answer.status_code == 200 and len(answer.content) <= failures.LARGEST:
            keys = answer.json().get("keys")
    except requests.exceptions.JSONDecodeError:
        keys = None
    except requests.RequestException as error:
        problem = failures.of_session(error)
    except (ValueError, AttributeError, RecursionError):
        keys = None
    if problem is not None:
        raise problem
    if not isinstance(keys, list):
        raise Retry("The provider's keys cannot be had now. Try again in a few minutes.", code="unreadable")
    return [key for key in keys if isinstance(key, dict)]


def _key(keys: list[Mapping[str, Any]], kid: object) -> Mapping[str, Any]:
    """Return the one key that the token names, if it is for this and nothing else."""
    for key in keys:
        fits = key.get("kty") == "RSA" and key.get("alg", ALGORITHM) == ALGORITHM and key.get("use", "sig") == "sig"
        if fits and isinstance(kid, str) and key.get("kid") == kid:
            return {name: key[name] for name in ("kty", "n", "e") if name in key}
    raise _refused("key")


def _check_signature(token: str, key: Mapping[str, Any]) -> None:
    from joserfc import jws
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    good = False
    try:
        public = RSAKey.import_key({name: str(value) for name, value in key.items()})
        jws.deserialize_compact(token, public, algorithms=[ALGORITHM])
        good = True
    except (JoseError, ValueError, TypeError, KeyError):
        good = False
    if not good:
        raise _refused("signature")


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
