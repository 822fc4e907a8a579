"""An id token is believed only when every check holds (A17)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import requests

from hub.core.errors import Refused, Retry
from hub.oauth.id_token import LEEWAY, check_id_token, named_in
from hub.oauth.server import Identity, OAuthServer
from hub.testing.lab.google.app import GoogleLab
from hub.testing.lab.google.tokens import jwks, signed
from hub.testing.lab.switches import Fault

NOW, CLIENT, NONCE = 1_800_000_000, "lab-client", "once"
HEADER = {"alg": "RS256", "kid": "lab-1", "typ": "JWT"}
Check = Callable[[str], Identity]


@pytest.fixture
def check(http: requests.Session, server: OAuthServer) -> Check:
    return lambda token: check_id_token(http, server, CLIENT, token, nonce=NONCE, now=NOW)


def claims(server: OAuthServer, **changed: Any) -> dict[str, Any]:
    true = {
        "iss": server.issuer,
        "aud": CLIENT,
        "azp": CLIENT,
        "sub": "42",
        "nonce": NONCE,
        "iat": NOW,
        "exp": NOW + 60,
    }
    return {name: value for name, value in {**true, **changed}.items() if value is not None}


def test_a_true_token_says_whose_it_is(check: Check, server: OAuthServer) -> None:
    whose = check(signed(claims(server, email="ada@example.com", email_verified=True)))
    assert whose == Identity(server.issuer, "42", "ada@example.com", True)
    assert whose.account_id == f"{server.issuer} 42"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": [CLIENT, "another"], "azp": None},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": NOW - LEEWAY},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"iat": NOW + LEEWAY + 1},
        {"iat": NOW - 100_000},
        {"iat": None},
        {"sub": ""},
        {"sub": None},
        {"sub": 42},
        {"sub": "x" * 256},
        {"sub": "4 2"},
    ],
)
def test_a_claim_that_is_wrong_is_refused(check: Check, server: OAuthServer, changed: Mapping[str, Any]) -> None:
    with pytest.raises(Refused):
        check(signed(claims(server, **changed)))


@pytest.mark.parametrize(
    "header",
    [
        {**HEADER, "alg": "none"},
        {**HEADER, "alg": "RS512"},
        {**HEADER, "alg": "HS256"},
        {**HEADER, "kid": "another"},
        {"alg": "RS256"},
        {**HEADER, "jku": "https://evil.example/keys"},
        {**HEADER, "x5u": "https://evil.example/chain"},
        {**HEADER, "jwk": jwks()["keys"][0]},
        {**HEADER, "crit": ["exp"]},
        {**HEADER, "typ": "at+jwt"},
    ],
)
def test_a_header_that_leads_elsewhere_is_refused(check: Check, server: OAuthServer, header: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        check(signed(claims(server), header))


def test_a_token_signed_with_the_public_key_is_refused(check: Check, server: OAuthServer) -> None:
    """Somebody takes the public key for a shared secret (RFC 8725 2.1)."""
    head, body = (_packed(json.dumps(part).encode()) for part in ({**HEADER, "alg": "HS256"}, claims(server)))
    public = json.dumps(jwks()["keys"][0]).encode()
    mac = hmac.new(public, f"{head}.{body}".encode(), hashlib.sha256).digest()
    with pytest.raises(Refused):
        check(f"{head}.{body}.{_packed(mac)}")


def test_an_unsigned_or_changed_token_is_refused(check: Check, server: OAuthServer) -> None:
    head, _body, signature = signed(claims(server)).split(".")
    other = _packed(json.dumps(claims(server, sub="43")).encode())
    for token in (f"{head}.{other}.{signature}", f"{head}.{other}.", f"{head}.{other}", "", "a.b.c", "." * 20_000):
        with pytest.raises(Refused):
            check(token)


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.HTML, Fault.HUGE, Fault.ELSEWHERE, Fault.BROKEN])
def test_without_keys_nothing_is_believed(lab: GoogleLab, check: Check, server: OAuthServer, fault: Fault) -> None:
    with lab.state.switches.on(fault), pytest.raises(Retry):
        check(signed(claims(server)))


def test_a_token_of_a_refresh_is_checked_for_whom_it_is_meant(server: OAuthServer) -> None:
    assert named_in(signed(claims(server, nonce=None)), server, CLIENT, now=NOW).subject == "42"
    for changed in ({"aud": "another"}, {"iss": "https://evil.example"}, {"exp": NOW - 1_000}):
        with pytest.raises(Refused):
            named_in(signed(claims(server, **changed)), server, CLIENT, now=NOW)


def test_an_older_name_of_the_same_server_counts_as_the_same(http: requests.Session, server: OAuthServer) -> None:
    also = OAuthServer(server.issuer, "", "", server.keys_url, also=("accounts.example",))
    token = signed(claims(server, iss="accounts.example"))
    assert check_id_token(http, also, CLIENT, token, nonce=NONCE, now=NOW).issuer == server.issuer


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
