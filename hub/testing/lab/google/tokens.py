"""The token endpoint, the end of a grant, and id tokens (OAuth 2.0 for web server applications; OpenID Connect)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from hub.testing.lab.google.state import Access, GoogleState, StoredGrant
from hub.testing.lab.signing import signing_key
from hub.testing.lab.switches import Fault

LIVES = 3_599
MOST = 100
"""Live refresh tokens of one account for one client; the oldest ends silently."""

CODE_LIVES = 600
_GONE = "This token is over."
_KID = "lab-1"
_SHOWN = {name: f"https://www.googleapis.com/auth/userinfo.{name}" for name in ("email", "profile")}
"""The names under which two scopes come back."""


class TokenError(Exception):
    """An error of RFC 6749 5.2."""

    def __init__(self, error: str, description: str, status: int = 400, subtype: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description}
        if subtype:
            self.body["error_subtype"] = subtype


def answer(state: GoogleState, issuer: str, form: Mapping[str, str], basic: tuple[str, str] | None) -> dict[str, Any]:
    """Return what the token endpoint gives for a request, or raise TokenError."""
    client, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
    if client != state.client.id or not hmac.compare_digest(secret.encode(), state.client.secret.encode()):
        raise TokenError("invalid_client", "No such client is known here.", 401)
    with state.lock:
        match form.get("grant_type"):
            case "authorization_code":
                return _of_code(state, issuer, form)
            case "refresh_token":
                return _of_refresh(state, issuer, form)
    raise TokenError("unsupported_grant_type", "Invalid grant_type.")


def revoke(state: GoogleState, token: str) -> StoredGrant | None:
    """End the whole grant of a token: every token of this account for this client. Return it, if there was one."""
    with state.lock:
        found = state.access.get(token)
        grant = state.grants.get((found.sub, found.client)) if found else None
        grant = grant or next((one for one in state.grants.values() if token in one.refresh), None)
        if grant is not None:
            end_grant(state, grant)
        return grant


def end_grant(state: GoogleState, grant: StoredGrant) -> None:
    """Forget a grant with all its tokens."""
    state.grants.pop((grant.sub, grant.client), None)
    for token, one in list(state.access.items()):
        if (one.sub, one.client) == (grant.sub, grant.client):
            del state.access[token]


def find_access(state: GoogleState, token: str) -> Access | None:
    """Return what an access token allows, unless it is over."""
    found = state.access.get(token)
    return found if found is not None and found.until > state.clock() else None


def jwks(folder: Path | None = None) -> dict[str, Any]:
    """Return the public keys (RFC 7517); ``folder`` keeps the key."""
    numbers = signing_key(folder).public_key().public_numbers()
    parts = {"n": _number(numbers.n), "e": _number(numbers.e)}
    return {"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": _KID, **parts}]}


def signed(claims: Mapping[str, Any], header: Mapping[str, Any] | None = None, *, folder: Path | None = None) -> str:
    """Return a token of these claims, signed with the stand-in's key; with a header of the caller's to lie with."""
    head = {"alg": "RS256", "kid": _KID, "typ": "JWT"} if header is None else dict(header)
    text = f"{_packed(json.dumps(head).encode())}.{_packed(json.dumps(claims).encode())}"
    return f"{text}.{_packed(signing_key(folder).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _of_code(state: GoogleState, issuer: str, form: Mapping[str, str]) -> dict[str, Any]:
    _check_given(form, "code", "redirect_uri")
    code = state.codes.get(form.get("code", ""))
    if code is None or code["until"] <= state.clock():
        raise TokenError("invalid_grant", "This code is none.")
    if code["used"]:
        grant = state.grants.get((code["sub"], code["client_id"]))
        if grant is not None:
            end_grant(state, grant)  # RFC 6749 4.1.2: a code that comes twice was stolen
        raise TokenError("invalid_grant", "Bad Request")
    if form.get("redirect_uri") != code["redirect_uri"]:
        raise TokenError("redirect_uri_mismatch", "Bad Request")
    _check_verifier(code, form.get("code_verifier", ""))
    code["used"] = True
    key = (code["sub"], code["client_id"])
    grant = state.grants.get(key)
    first = grant is None
    if grant is None:
        grant = state.grants[key] = StoredGrant(secrets.token_hex(4), *key, (), state.clock())
    grant.scopes = tuple(dict.fromkeys((*grant.scopes, *code["scopes"])))
    grant.ends_with = None
    scopes = grant.scopes if code.get("include_granted_scopes") == "true" else tuple(code["scopes"])
    found = _access(state, key, scopes)
    if code.get("access_type") == "offline" and (first or "consent" in code.get("prompt", "").split()):
        found["refresh_token"] = refresh = f"1//{secrets.token_urlsafe(40)}"
        state.access[refresh] = Access(*key, frozenset(scopes), 0)  # an access token that never worked: its scopes
        grant.refresh.append(refresh)
        for old in grant.refresh[:-MOST]:
            state.access.pop(old, None)
        del grant.refresh[:-MOST]
    if "openid" in scopes:
        found["id_token"] = signed(_claims(state, issuer, key, found, code.get("nonce", "")), folder=state.folder)
    return found


def _of_refresh(state: GoogleState, issuer: str, form: Mapping[str, str]) -> dict[str, Any]:
    _check_given(form, "refresh_token")
    token = form["refresh_token"]
    grant = next((one for one in state.grants.values() if token in one.refresh), None)
    if state.switches.takes("POST", "/token", Fault.GRANT_REVOKED) or grant is None:
        raise TokenError("invalid_grant", _GONE)
    if grant.ends_with is not None:
        raise TokenError(grant.ends_with[0], "Bad Request", subtype=grant.ends_with[1])
    key = (grant.sub, grant.client)
    scopes = tuple(scope for scope in grant.scopes if scope in state.access[token].scopes)
    found = _access(state, key, scopes)
    if "openid" in scopes:
        found["id_token"] = signed(_claims(state, issuer, key, found, ""), folder=state.folder)
    return found


def _check_given(form: Mapping[str, str], *names: str) -> None:
    missing = [name for name in names if not form.get(name)]
    if missing:
        raise TokenError("invalid_request", f"The parameter {missing[0]} is missing.")


def _access(state: GoogleState, key: tuple[str, str], scopes: tuple[str, ...]) -> dict[str, Any]:
    token = f"ya29.{secrets.token_urlsafe(40)}"
    state.access[token] = Access(*key, frozenset(scopes), state.clock() + LIVES)
    shown = [_SHOWN.get(scope, scope) for scope in scopes]
    return {"access_token": token, "expires_in": LIVES, "scope": " ".join(shown), "token_type": "Bearer"}


def _check_verifier(code: Mapping[str, Any], verifier: str) -> None:
    challenge = code.get("code_challenge", "")
    hashed = _packed(hashlib.sha256(verifier.encode()).digest())
    if (challenge or verifier) and not hmac.compare_digest(hashed.encode(), challenge.encode()):
        raise TokenError("invalid_grant", "Invalid code verifier.")


def _claims(
    state: GoogleState, issuer: str, key: tuple[str, str], found: Mapping[str, Any], nonce: str
) -> dict[str, Any]:
    person, now = state.people[key[0]], state.clock()
    claims: dict[str, Any] = {"iss": issuer, "azp": key[1], "aud": key[1], "sub": person.sub, "iat": now}
    claims["exp"] = now + 3_600
    claims["at_hash"] = _packed(hashlib.sha256(found["access_token"].encode()).digest()[:16])
    if _SHOWN["email"] in found["scope"].split():
        claims |= {"email": person.email, "email_verified": True}
    return claims | ({"nonce": nonce} if nonce else {})


def _number(value: int) -> str:
    return _packed(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
