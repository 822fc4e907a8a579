"""The two documents in which Google says where its addresses are, and what can be asked there.

Sources: "OpenID Connect", discovery document; "Protect user accounts with Cross-Account Protection", configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def openid(issuer: str, addresses: Mapping[str, str]) -> dict[str, Any]:
    """Return the discovery document (OpenID Connect Discovery 1.0, 3), of what the stand-in does."""
    return {
        "issuer": issuer,
        "authorization_endpoint": addresses["authorize_url"],
        "token_endpoint": addresses["token_url"],
        "revocation_endpoint": addresses["revoke_url"],
        "jwks_uri": addresses["keys_url"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "email", "email_verified", "exp", "iat", "iss", "sub"],
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
    }


def risc(issuer: str, addresses: Mapping[str, str]) -> dict[str, Any]:
    """Return the configuration of security events. Its issuer ends with a slash, the one of id tokens does not."""
    return {"issuer": f"{issuer}/", "jwks_uri": addresses["keys_url"]}
