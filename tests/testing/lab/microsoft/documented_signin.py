"""Sign-in as the pages of the Microsoft identity platform document it. Values are ours.

Pages are named by their place below https://learn.microsoft.com/entra/identity-platform/.
"""

from __future__ import annotations

import re
from typing import Any

from hub.testing.lab.microsoft.tokens import challenge_of
from tests.testing.lab.microsoft.documented import ABSENT, Step, Story

VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-4.1"
ASKED = {
    "client_id": "lab-client",
    "response_type": "code",
    "response_mode": "query",
    "scope": "openid%20profile%20offline_access%20https%3A%2F%2Fgraph.microsoft.com%2FCalendars.ReadWrite",
    "state": "12345",
    "nonce": "67890",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}
ASKING = ASKED | {"scope": "openid profile offline_access Calendars.ReadWrite", "redirect_uri": "<back>"}
CLIENT = {"client_id": "lab-client", "client_secret": "lab-secret"}
CODE = CLIENT | {
    "grant_type": "authorization_code",
    "code": "<code>",
    "redirect_uri": "<back>",
    "code_verifier": VERIFIER,
    "scope": "https://graph.microsoft.com/Calendars.ReadWrite openid offline_access",
}
REFRESH = CLIENT | {"grant_type": "refresh_token", "refresh_token": "<refresh>"}
GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
JWT = re.compile(r"^[\w-]+\.[\w-]+\.[\w-]+$")
TOKEN, AUTHORIZE = "POST /common/oauth2/v2.0/token", "GET /common/oauth2/v2.0/authorize"
ADMIN = {
    "client_id": "lab-client",
    "scope": "https://graph.microsoft.com/Calendars.ReadWrite",
    "redirect_uri": "<back>",
    "state": "12345",
}
ADMIN_ANSWERS: dict[str, dict[str, Any]] = {
    "agreed": {"admin_consent": "True", "tenant": GUID, "scope": ADMIN["scope"], "state": "12345", "error": ABSENT},
    "declined": {
        "admin_consent": "True",
        "error": "consent_required",
        "error_description": re.compile("^AADSTS65004: "),
        "state": "12345",
        "tenant": ABSENT,
    },
}
GIVEN = {
    "token_type": "Bearer",
    "scope": re.compile(r"(^| )Calendars\.ReadWrite( |$)"),
    "expires_in": int,
    "access_token": str,
    "refresh_token": str,
    "id_token": JWT,
}


def refused(error: str, code: int, **more: Any) -> dict[str, Any]:
    """The body of an error (page: reference-error-codes)."""
    return {
        "error": error,
        "error_description": re.compile(
            rf"^AADSTS{code}: .+\r\nTrace ID: [0-9a-f-]{{36}}\r\nCorrelation ID: [0-9a-f-]{{36}}\r\nTimestamp: .+Z$"
        ),
        "error_codes": [code],
        "timestamp": re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$"),
        "trace_id": GUID,
        "correlation_id": GUID,
        "error_uri": re.compile(rf"/error\?code={code}$"),
        **more,
    }


def without(form: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in form.items() if key != name}


STORIES = (
    Story(
        "v2-protocols-oidc",
        "the configuration and the keys that it leads to",
        (
            Step(
                "GET /common/v2.0/.well-known/openid-configuration",
                200,
                {
                    "authorization_endpoint": re.compile("/common/oauth2/v2.0/authorize$"),
                    "token_endpoint": re.compile("^https://.+/common/oauth2/v2.0/token$"),
                    "jwks_uri": re.compile("^https://.+/common/discovery/v2.0/keys$"),
                    "issuer": re.compile(r"^https://.+/\{tenantid\}/v2.0$"),
                    "subject_types_supported": ["pairwise"],
                    "token_endpoint_auth_methods_supported/0": "client_secret_post",
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "response_modes_supported": list,
                    "scopes_supported": list,
                },
            ),
            Step(
                "GET /<tenant>/v2.0/.well-known/openid-configuration",
                200,
                {"issuer": re.compile("^https://[^/]+/[0-9a-f-]{36}/v2.0$")},
            ),
            Step(
                "GET /common/discovery/v2.0/keys",
                200,
                {"keys/0/kty": "RSA", "keys/0/use": "sig", "keys/0/kid": str, "keys/0/n": str, "keys/0/e": "AQAB"},
            ),
        ),
    ),
    Story(
        "v2-oauth2-auth-code-flow",
        "a code for tokens, once, and a refresh that leaves the old token as it is",
        (
            Step(TOKEN, 200, GIVEN, form=CODE, keeps={"refresh": "refresh_token"}),
            Step(TOKEN, 400, refused("invalid_grant", 54005), form=CODE),
            Step(
                TOKEN, 200, GIVEN | {"id_token": ABSENT}, form=REFRESH | {"scope": "Calendars.ReadWrite offline_access"}
            ),
            Step(TOKEN, 200, GIVEN, form=REFRESH),
            Step(TOKEN, 200, {"refresh_token": ABSENT}, form=REFRESH | {"scope": "Calendars.ReadWrite"}),
        ),
    ),
    Story(
        "v2-oauth2-auth-code-flow, reference-error-codes",
        "what the token endpoint refuses, and with which codes",
        (
            Step(TOKEN, 400, refused("invalid_scope", 70011), form=CODE | {"scope": "https://foo.example/mail.read"}),
            Step(TOKEN, 401, refused("invalid_client", 7000215), form=CODE | {"client_secret": "old"}),
            Step(TOKEN, 401, refused("invalid_client", 7000218), form=without(CODE, "client_secret")),
            Step(TOKEN, 400, refused("unauthorized_client", 700016), form=CODE | {"client_id": "another"}),
            Step(TOKEN, 400, refused("unsupported_grant_type", 70003), form=CODE | {"grant_type": "guess"}),
            Step(TOKEN, 400, refused("invalid_request", 900144), form=without(CODE, "grant_type")),
            Step(TOKEN, 400, refused("invalid_grant", 70000), form=CODE | {"code": "another"}),
            Step(TOKEN, 200, GIVEN, form=CODE, keeps={"refresh": "refresh_token"}),
            Step(
                TOKEN,
                400,
                refused("invalid_grant", 65001, suberror="consent_required"),
                form=REFRESH | {"scope": "User.Read"},
            ),
        ),
    ),
    Story(
        "v2-oauth2-auth-code-flow",
        "what the authorization endpoint sends back when nobody is asked",
        tuple(
            Step(
                AUTHORIZE,
                302,
                query=ASKING | change,
                leads={"error": error, "error_description": re.compile("^AADSTS"), "state": "12345", "code": ABSENT},
            )
            for change, error in (
                ({"response_type": "token"}, "unsupported_response_type"),
                ({"prompt": "none"}, "interaction_required"),
                ({"code_challenge": "short"}, "invalid_request"),
            )
        ),
    ),
    Story(
        "v2-admin-consent",
        "an administrator agrees, another one declines, and common is no organisation",
        (
            Step("GET /organizations/v2.0/adminconsent", 200, query=ADMIN),
            Step("GET /common/v2.0/adminconsent", 400, query=ADMIN),
            Step("GET /<tenant>/v2.0/adminconsent", 400, query=without(ADMIN, "scope")),
        ),
    ),
)
