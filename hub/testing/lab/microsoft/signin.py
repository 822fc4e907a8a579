"""The token endpoint of the Microsoft identity platform, and its discovery document (v2.0).

Pages: OAuth 2.0 authorization code flow, refresh tokens, authentication and authorization error codes (AADSTS).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from hub.testing.lab.microsoft import moments
from hub.testing.lab.microsoft.failures import Reply
from hub.testing.lab.microsoft.people import CONSUMERS, Person
from hub.testing.lab.microsoft.tokens import Granted, Tokens, challenge_of, id_token, public_keys
from hub.testing.lab.signing import signing_key
from hub.testing.lab.switches import Fault, Switches

GRAPH_SCOPES = frozenset({"Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite", "User.Read"})
SCOPES = GRAPH_SCOPES | {"openid", "profile", "email", "offline_access"}

_SAYS: Mapping[int, tuple[str, str, str]] = {
    50173: ("invalid_grant", "bad_token", "This grant was taken back."),
    65001: ("invalid_grant", "consent_required", "Nobody agreed to this application yet."),
    700082: ("invalid_grant", "token_expired", "This refresh token lay idle for too long."),
    70000: ("invalid_grant", "bad_token", "This grant is none."),
    70008: ("invalid_grant", "", "This code or refresh token is too old."),
    54005: ("invalid_grant", "", "This code was used before."),
    501481: ("invalid_grant", "", "The verifier is not that of the challenge."),
    9002313: ("invalid_request", "", "This request makes no sense."),
    900144: ("invalid_request", "", "The body lacks a parameter."),
    70003: ("unsupported_grant_type", "", "This kind of grant is none here."),
    7000218: ("invalid_client", "", "The body lacks a client secret."),
    700016: ("unauthorized_client", "", "No such application is known here."),
    7000215: ("invalid_client", "", "This client secret is wrong."),
    50076: (
        "interaction_required",
        "basic_action",
        "A second factor is wanted by now.",
    ),
    53003: ("interaction_required", "message_only", "A rule of the organisation is against it."),
    50057: ("invalid_grant", "", "This account is switched off."),
    70011: ("invalid_scope", "", "This scope is none."),
}
CLAIMS = '{"access_token":{"capolids":{"essential":true,"values":["a-policy"]}}}'


@dataclass(slots=True)
class Client:
    """An application that is registered. People are sent back to its ``redirect_urls`` and nowhere else."""

    id: str
    secret: str
    name: str
    redirect_urls: tuple[str, ...]


class SignIn:
    """Gives out tokens. ``origin`` is where this is, ``pages`` where people are sent to; both are set at the start."""

    def __init__(self, tokens: Tokens, client: Client, clock: Callable[[], float], switches: Switches) -> None:
        self.tokens, self.client, self.switches = tokens, client, switches
        self.origin = self.pages = ""
        self._clock = clock

    def discovery(self, tenant: str) -> Reply:
        """Return the discovery document of a tenant (OpenID Connect Discovery 1.0, 4)."""
        issuer = "{tenantid}" if tenant in ("common", "organizations") else tenant
        here = f"{self.origin}/{tenant}"
        document = {
            "issuer": f"{self.origin}/{CONSUMERS if tenant == 'consumers' else issuer}/v2.0",
            "authorization_endpoint": f"{self.pages}/{tenant}/oauth2/v2.0/authorize",
            "token_endpoint": f"{here}/oauth2/v2.0/token",
            "jwks_uri": f"{here}/discovery/v2.0/keys",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }
        return Reply(200, document)

    def keys(self) -> Reply:
        """Return the keys of id tokens."""
        return Reply(200, public_keys(signing_key(self.tokens.folder)))

    def token(self, form: Mapping[str, str], authorization: str) -> Reply:
        """Answer the token endpoint."""
        refusal = self._client(form, authorization)
        if refusal:
            return self._no(refusal)
        answers = {"authorization_code": self._redeem, "refresh_token": self._refresh}
        kind = form.get("grant_type")
        if not kind:
            return self._no(900144)
        if any(bare(one) not in SCOPES for one in form.get("scope", "").split()):
            return self._no(70011)
        return answers[kind](form) if kind in answers else self._no(70003)

    def _client(self, form: Mapping[str, str], authorization: str) -> int:
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
        if authorization.startswith("Basic "):
            try:
                pair = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return 7000215
            name, secret = unquote_plus(pair[0]), unquote_plus(pair[2])
        if name != self.client.id:
            return 700016
        if not secret:
            return 7000218
        return 0 if hmac.compare_digest(secret.encode(), self.client.secret.encode()) else 7000215

    def _redeem(self, form: Mapping[str, str]) -> Reply:
        code = self.tokens.codes.get(form.get("code", ""))
        if code is None or code.client != self.client.id:
            return self._no(70000)
        if code.used:
            return self._no(54005)
        code.used = True
        if code.until <= self._clock():
            return self._no(70008)
        if form.get("redirect_uri") != code.redirect_uri:
            return self._no(9002313)
        if not form.get("code_verifier") or challenge_of(form["code_verifier"]) != code.challenge:
            return self._no(501481)
        grant = self.tokens.grant(code.person, self.client.id, code.scopes)
        return self._yes(grant, code.scopes, code.nonce)

    def _refresh(self, form: Mapping[str, str]) -> Reply:
        grant = self.tokens.refreshed(form.get("refresh_token", ""))
        if grant is None:
            return self._no(70000)
        if self.switches.takes("POST", "/token", Fault.GRANT_REVOKED):
            return self._no(50173)
        if grant.dead:
            return self._no(grant.dead)
        if grant.refresh[form["refresh_token"]] <= self._clock():
            return self._no(700082)
        wanted = tuple(form.get("scope", "").split()) or grant.scopes
        if not {bare(one) for one in wanted} <= set(grant.scopes):
            return self._no(65001)
        return self._yes(grant, tuple(bare(one) for one in wanted), "")

    def _yes(self, grant: Granted, scopes: tuple[str, ...], nonce: str) -> Reply:
        access, refresh = self.tokens.issue(grant, scopes)
        person = grant.person
        info = json.dumps({"uid": person.oid, "utid": person.tenant.id}).encode()
        body: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": " ".join(one for one in grant.scopes if one != "offline_access"),
            "expires_in": self.tokens.lives,
            "ext_expires_in": self.tokens.lives,
            "access_token": access,
            "client_info": base64.urlsafe_b64encode(info).rstrip(b"=").decode(),
        }
        if "openid" in scopes:
            body["id_token"] = id_token(self._claims(person, nonce), signing_key(self.tokens.folder))
        if refresh:
            body["refresh_token"] = refresh
        return Reply(200, body, {"Cache-Control": "no-store"})

    def _claims(self, person: Person, nonce: str) -> dict[str, Any]:
        now = int(self._clock())
        claims = {
            "aud": self.client.id,
            "iss": f"{self.origin}/{person.tenant.id}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "name": person.name,
            "oid": person.oid,
            "preferred_username": person.address,
            "sub": f"{person.oid[-12:]}-for-{self.client.id}",
            "tid": person.tenant.id,
            "ver": "2.0",
        }
        return claims | ({"nonce": nonce} if nonce else {})

    def _no(self, code: int) -> Reply:
        error, sub, text = _SAYS[code]
        now = moments.stamp(self._clock()).replace("T", " ")
        trace, correlation = (str(uuid.uuid4()) for _id in range(2))
        more = f"Trace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {now}"
        body = {
            "error": error,
            "error_description": f"AADSTS{code}: {text}\r\n{more}",
            "error_codes": [code],
            "timestamp": now,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{self.origin}/error?code={code}",
        }
        if sub:
            body["suberror"] = sub
        if error == "interaction_required":
            body["claims"] = CLAIMS
        return Reply(401 if error == "invalid_client" else 400, body, {"Cache-Control": "no-store"})


def bare(scope: str) -> str:
    """Return a scope without the address of Graph in front, which is where bare ones belong."""
    return scope.rpartition("/")[2]
