"""AADSTS codes in words: who can mend it, and how."""

from __future__ import annotations

from typing import Any

import pytest

from hub.plugin import NeedsReconnect, ProviderError, Refused, Retry
from hub_microsoft.refusals import of_connect, of_refresh

ADDRESS = "https://login.example/organizations/v2.0/adminconsent?client_id=x"


def said(error: str, *codes: int, **more: Any) -> dict[str, Any]:
    return {
        "error": error,
        "error_codes": list(codes),
        "error_description": "AADSTS: a text that is never shown",
        **more,
    }


@pytest.mark.parametrize(
    ("given", "kind", "code"),
    [
        (said("invalid_grant", 700084), NeedsReconnect, "expired"),
        (said("invalid_grant", suberror="token_expired"), NeedsReconnect, "expired"),
        (said("invalid_grant", 999999), NeedsReconnect, "revoked"),
        (said("invalid_grant", error_codes="x", error_description="AADSTS50173: gone"), NeedsReconnect, "revoked"),
        (said("interaction_required", 50079), NeedsReconnect, "claims"),
        (said("interaction_required", 999999), NeedsReconnect, "claims"),
        (said("interaction_required", 53003), NeedsReconnect, "admin_blocked"),
        (said("unauthorized_client", 700016), NeedsReconnect, "admin_blocked"),
        (said("invalid_client", 7000222), Refused, "client_secret"),
        (said("temporarily_unavailable"), Retry, "retry"),
        (said("invalid_request", 90055), Retry, "retry"),
        (said("invalid_request", 9002313), Refused, "sign_in"),
        ({}, Refused, "sign_in"),
    ],
)
def test_a_refused_refresh_is_the_owners_affair_only_if_they_can_mend_it(
    given: dict[str, Any], kind: type[ProviderError], code: str
) -> None:
    error = of_refresh(given)
    assert (type(error), error.code) == (kind, code)
    assert "never shown" not in error.message


@pytest.mark.parametrize("code", [90094, 65001, 90008, 50105, 53003])
def test_where_only_an_administrator_can_help_their_address_is_said(code: int) -> None:
    description = {"error": "access_denied", "error_description": f"AADSTS{code}: a text that is never shown"}
    error = of_connect(description, ADDRESS)
    assert error.code == "admin_blocked"
    assert error.message.endswith(ADDRESS)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (said("access_denied", 65004), "declined"),
        (said("invalid_client", 7000215), "client_secret"),
        (said("server_error"), "retry"),
        (said("invalid_request", 900144), "sign_in"),
    ],
)
def test_what_else_can_go_wrong_is_said_without_microsofts_text(given: dict[str, Any], code: str) -> None:
    error = of_connect(given, ADDRESS)
    assert error.code == code
    assert "never shown" not in error.message
