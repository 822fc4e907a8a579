"""A security event is believed only when every check holds (A24)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import requests

from hub.core.errors import InputError, Retry
from hub.oauth.security_event import LEEWAY, OLDEST, SecurityEvents, check_security_event
from hub.oauth.server import OAuthServer
from hub.testing.lab.google.app import GoogleLab
from hub.testing.lab.google.tokens import signed
from hub.testing.lab.switches import Fault

HEADER = {"alg": "RS256", "kid": "lab-1", "typ": "secevent+jwt"}
NOW, CLIENT = 1_800_000_000, "lab-client"
KIND = "https://schemas.openid.net/secevent/risc/event-type/account-disabled"
Check = Callable[[str], SecurityEvents]


@pytest.fixture
def check(http: requests.Session, server: OAuthServer) -> Check:
    return lambda token: check_security_event(http, server, CLIENT, token, now=NOW)


def claims(server: OAuthServer, **changed: Any) -> dict[str, Any]:
    """The example of RFC 8417, 2.1.4, with our own issuer and client."""
    subject = {"subject_type": "iss-sub", "iss": f"{server.issuer}/", "sub": "7375626A656374"}
    true = {
        "iss": f"{server.issuer}/",
        "aud": CLIENT,
        "iat": NOW - 5,
        "jti": "756E69717565206964656E746966696572",
        "events": {KIND: {"subject": subject, "reason": "hijacking"}},
    }
    return {name: value for name, value in {**true, **changed}.items() if value is not None}


def test_a_true_token_says_what_happened(check: Check, server: OAuthServer) -> None:
    said = check(signed(claims(server)))
    assert said.id == "756E69717565206964656E746966696572"
    assert said.events[KIND]["reason"] == "hijacking"


def test_a_token_for_several_clients_is_for_us_too(check: Check, server: OAuthServer) -> None:
    assert check(signed(claims(server, aud=["another", CLIENT]))).issued_at == NOW - 5


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "https://evil.example/"}, "invalid_issuer"),
        ({"iss": None}, "invalid_issuer"),
        ({"aud": "another"}, "invalid_audience"),
        ({"aud": []}, "invalid_audience"),
        ({"iat": NOW - OLDEST - 1}, "invalid_request"),
        ({"iat": NOW + LEEWAY + 1}, "invalid_request"),
        ({"iat": True}, "invalid_request"),
        ({"iat": None}, "invalid_request"),
        ({"jti": None}, "invalid_request"),
        ({"jti": "x" * 256}, "invalid_request"),
        ({"events": None}, "invalid_request"),
        ({"events": {}}, "invalid_request"),
        ({"events": {KIND: "hijacking"}}, "invalid_request"),
        ({"events": {f"{KIND}{n}": {} for n in range(21)}}, "invalid_request"),
    ],
)
def test_a_claim_that_is_wrong_is_refused_without_asking_for_keys(
    check: Check, server: OAuthServer, lab: GoogleLab, changed: Mapping[str, Any], code: str
) -> None:
    with lab.state.switches.on(Fault.DOWN), pytest.raises(InputError) as raised:
        check(signed(claims(server, **changed)))
    assert raised.value.code == code


@pytest.mark.parametrize(
    "header",
    [
        {**HEADER, "alg": "none"},
        {**HEADER, "alg": "HS256"},
        {**HEADER, "jku": "https://evil.example/keys"},
        {**HEADER, "kid": "another"},
        {**HEADER, "typ": "at+jwt"},
    ],
)
def test_a_header_that_leads_elsewhere_is_refused(check: Check, server: OAuthServer, header: dict[str, Any]) -> None:
    with pytest.raises(InputError) as raised:
        check(signed(claims(server), header))
    assert raised.value.code == "invalid_key"


def test_a_token_that_was_changed_or_lost_its_signature_is_refused(check: Check, server: OAuthServer) -> None:
    head, body, signature = signed(claims(server)).split(".")
    other = signed(claims(server, jti="another")).split(".")[1]
    for token in (f"{head}.{other}.{signature}", f"{head}.{body}."):
        with pytest.raises(InputError) as raised:
            check(token)
        assert raised.value.code == "invalid_key"


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "x" * 20_000, "{}.{}.{}"])
def test_what_is_no_token_is_refused(check: Check, token: str) -> None:
    with pytest.raises(InputError) as raised:
        check(token)
    assert raised.value.code == "invalid_request"


def test_without_the_providers_keys_nobody_can_tell(check: Check, server: OAuthServer, lab: GoogleLab) -> None:
    with lab.state.switches.on(Fault.DOWN), pytest.raises(Retry):
        check(signed(claims(server)))
