"""The token endpoint: codes and refresh tokens are taken as RFC 6749, RFC 7636 and Microsoft's pages say."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from hub.testing.lab.microsoft.application import Microsoft
from hub.testing.lab.microsoft.people import Person
from hub.testing.lab.microsoft.visitor import agree
from tests.testing.lab.microsoft.conftest import BACK, Clock
from tests.testing.lab.microsoft.test_pages import address

VERIFIER = "v" * 43
APPLICATION = {"client_id": "lab-client", "client_secret": "lab-secret"}


class Endpoint:
    """The token endpoint, asked over the plain address."""

    def __init__(self, lab: Microsoft, who: Person) -> None:
        self.lab, self.who = lab, who

    def post(self, form: dict[str, str], **headers: str) -> requests.Response:
        with requests.Session() as http:
            http.trust_env = False
            url = f"{self.lab.signin.pages}/common/oauth2/v2.0/token"
            return http.post(url, data=form, headers=headers, timeout=10)

    def code(self) -> dict[str, str]:
        code = agree(address(self.lab), self.who)["code"]
        more = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER}
        return {"code": code, **more, **APPLICATION}

    def tokens(self) -> dict[str, Any]:
        return dict(self.post(self.code()).json())

    def refresh(self, token: str, **more: str) -> requests.Response:
        return self.post({"grant_type": "refresh_token", "refresh_token": token, **APPLICATION, **more})


@pytest.fixture
def endpoint(lab: Microsoft, ada: Person) -> Endpoint:
    return Endpoint(lab, ada)


def error(answer: requests.Response) -> tuple[str, int]:
    body = answer.json()
    assert f"AADSTS{body['error_codes'][0]}" in body["error_description"]
    return body["error"], body["error_codes"][0]


def test_a_code_gives_tokens_once(endpoint: Endpoint) -> None:
    form = endpoint.code()
    first = endpoint.post(form)
    assert first.json().keys() >= {"access_token", "refresh_token", "id_token", "expires_in", "scope"}
    assert first.headers["Cache-Control"] == "no-store"
    assert error(endpoint.post(form)) == ("invalid_grant", 54005)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"code": "another"}, ("invalid_grant", 70000)),
        ({"code_verifier": "w" * 43}, ("invalid_grant", 501481)),
        ({"code_verifier": ""}, ("invalid_grant", 501481)),
        ({"redirect_uri": f"{BACK}/other"}, ("invalid_request", 9002313)),
        ({"client_secret": "old"}, ("invalid_client", 7000215)),
        ({"client_id": "another"}, ("unauthorized_client", 700016)),
        ({"client_secret": ""}, ("invalid_client", 7000218)),
        ({"grant_type": "password"}, ("unsupported_grant_type", 70003)),
        ({"grant_type": ""}, ("invalid_request", 900144)),
        ({"scope": "https://graph.microsoft.com/Everything"}, ("invalid_scope", 70011)),
    ],
)
def test_anything_else_gives_none(endpoint: Endpoint, change: dict[str, str], expected: tuple[str, int]) -> None:
    assert error(endpoint.post(endpoint.code() | change)) == expected


def test_a_code_is_over_after_ten_minutes(endpoint: Endpoint, clock: Clock) -> None:
    form = endpoint.code()
    clock.now += 601
    assert error(endpoint.post(form)) == ("invalid_grant", 70008)


def test_a_client_may_name_itself_in_a_header(endpoint: Endpoint) -> None:
    form = endpoint.code()
    del form["client_id"], form["client_secret"]
    pair = base64.b64encode(b"lab-client:lab-secret").decode()
    assert endpoint.post(form, Authorization=f"Basic {pair}").status_code == 200


def test_refresh_tokens_are_renewed_and_old_ones_go_on_working(endpoint: Endpoint) -> None:
    """Page: refresh tokens: they are not revoked when they are used."""
    first = endpoint.tokens()["refresh_token"]
    second = endpoint.refresh(first).json()["refresh_token"]
    assert second != first
    assert endpoint.refresh(first).status_code == endpoint.refresh(second).status_code == 200


def test_a_refresh_token_is_over_after_ninety_days(endpoint: Endpoint, clock: Clock) -> None:
    token = endpoint.tokens()["refresh_token"]
    clock.now += 90 * 86_400 + 1
    answer = endpoint.refresh(token)
    assert error(answer) == ("invalid_grant", 700082)
    assert answer.json()["suberror"] == "token_expired"


def test_a_refresh_for_more_than_was_agreed_to_is_refused(endpoint: Endpoint) -> None:
    token = endpoint.tokens()["refresh_token"]
    assert error(endpoint.refresh(token, scope="Calendars.ReadWrite")) == ("invalid_grant", 65001)


def test_a_refresh_that_wants_its_owner_brings_claims(endpoint: Endpoint, lab: Microsoft) -> None:
    token = endpoint.tokens()["refresh_token"]
    lab.tokens.end(next(iter(lab.tokens.grants.values())), 50076)
    body = endpoint.refresh(token).json()
    assert (body["error"], body["suberror"]) == ("interaction_required", "basic_action")
    assert "access_token" in json.loads(body["claims"])


def test_an_id_token_is_signed_by_a_published_key_and_says_who_it_is(endpoint: Endpoint, lab: Microsoft) -> None:
    token = endpoint.tokens()["id_token"]
    claims = jwt.decode(token, KeySet.import_key_set(lab.signin.keys().body), algorithms=["RS256"]).claims
    assert (claims["oid"], claims["tid"], claims["aud"]) == (endpoint.who.oid, endpoint.who.tenant.id, "lab-client")
    assert claims["iss"] == f"{lab.origin}/{endpoint.who.tenant.id}/v2.0"
    assert claims["nonce"] == "n"


def test_discovery_names_the_pages_where_a_browser_needs_no_certificate(lab: Microsoft) -> None:
    document = lab.signin.discovery("common").body
    assert document["authorization_endpoint"].startswith(lab.signin.pages)
    assert document["token_endpoint"].startswith("https://localhost:")
    assert document["issuer"] == f"{lab.origin}/{{tenantid}}/v2.0"


def test_a_query_is_no_place_for_a_secret(endpoint: Endpoint, lab: Microsoft) -> None:
    with requests.Session() as http:
        http.trust_env = False
        url = f"{lab.signin.pages}/common/oauth2/v2.0/token?{urlencode(endpoint.code())}"
        assert http.get(url, timeout=10).status_code == 404
