"""Examples about consent: tokens, their end, and the documents that say where everything is.

``$code`` and ``$refresh`` are of a consent that Ada has just given; ``$used`` is a code that was exchanged.
"""

from __future__ import annotations

from typing import Any

from hub.testing.lab.google.app import CERTS, CLIENT, DISCOVERY, REVOKE, RISC, TOKEN
from tests.testing.lab.google.documented import Absent, Ask, Example

_APP = {"client_id": CLIENT.id, "client_secret": CLIENT.secret}
_CODE = {"grant_type": "authorization_code", "code": "$code", "redirect_uri": CLIENT.redirect_urls[0]}
_REFRESH = {"grant_type": "refresh_token", "refresh_token": "$refresh"}


def token(form: dict[str, str], **more: str) -> Ask:
    return Ask("POST", TOKEN, form={**_APP, **form, **more})


def revoke(what: str, **more: Any) -> Ask:
    return Ask("POST", REVOKE, form={"token": what}, **more)


def wrong(says: str, ask: Ask, error: str, status: int = 400, before: tuple[Ask, ...] = ()) -> Example:
    return Example("oauth", says, ask, status, {"error": error, "error_description": str}, before=before)


IDENTITY = (
    Example(
        *("oauth", "a code becomes tokens"),
        token(_CODE),
        holds={
            **{"access_token": str, "expires_in": int, "refresh_token": str, "scope": str, "token_type": "Bearer"},
            "id_token": str,
        },
    ),
    Example(
        *("oauth", "a refresh gives an access token and no refresh token"),
        token(_REFRESH),
        holds={
            **{"access_token": str, "expires_in": int, "scope": str, "token_type": "Bearer"},
            "refresh_token": Absent,
        },
    ),
    Example("oauth", "a refresh token is revoked", revoke("$refresh")),
    Example("oauth", "so is one in the address", Ask("POST", REVOKE, query={"token": "$refresh"})),
    Example("oauth", "an access token takes its refresh token with it", revoke("$access")),
    wrong("then nothing is refreshed any more", token(_REFRESH), "invalid_grant", before=(revoke("$access"),)),
    wrong("what is no token is not revoked", revoke("1//nothing"), "invalid_token"),
    wrong("a code works once", token(_CODE, code="$used"), "invalid_grant"),
    wrong("a code goes with its address", token(_CODE, redirect_uri="http://other/"), "redirect_uri_mismatch"),
    wrong("a code goes with its verifier", token(_CODE, code_verifier="v" * 43), "invalid_grant"),
    wrong("a code is needed", token(_CODE, code=""), "invalid_request"),
    wrong("a refresh token is needed", token(_REFRESH, refresh_token=""), "invalid_request"),
    wrong("a kind of grant is needed", token({}), "unsupported_grant_type"),
    wrong("the application shows its secret", token(_CODE, client_secret="guess"), "invalid_client", 401),
    Example(
        *("openid", "the document says where everything is"),
        Ask("GET", DISCOVERY),
        holds={
            **{"issuer": "$origin", "authorization_endpoint": str, "token_endpoint": f"$origin{TOKEN}"},
            **{"revocation_endpoint": f"$origin{REVOKE}", "jwks_uri": f"$origin{CERTS}"},
            **{"id_token_signing_alg_values_supported": ["RS256"], "response_types_supported": list},
            **{"subject_types_supported": ["public"], "scopes_supported": ["openid", "email", "profile"]},
            **{"claims_supported": list, "code_challenge_methods_supported": list},
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        },
    ),
    Example(
        *("openid", "the keys are public ones, by id"),
        Ask("GET", CERTS),
        holds={
            **{"keys.0.kid": str, "keys.0.kty": "RSA", "keys.0.alg": "RS256", "keys.0.use": "sig"},
            **{"keys.0.n": str, "keys.0.e": str, "keys.0.d": Absent},
        },
    ),
    Example(
        *("risc", "the configuration names its issuer with a slash, and the same keys"),
        Ask("GET", RISC),
        holds={"issuer": "$origin/", "jwks_uri": f"$origin{CERTS}"},
    ),
)
