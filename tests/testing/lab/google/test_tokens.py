"""The token endpoint, the consent page and the keys, as strict as Google's."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests

from hub.testing.lab.google.app import ADA, AUTHORIZE, CERTS, CLIENT, REVOKE, TOKEN, GoogleLab
from hub.testing.lab.google.visitor import cancel, consent
from tests.testing.lab.google.conftest import Clock

SCOPE = "https://www.googleapis.com/auth/calendar.freebusy"
BACK = CLIENT.redirect_urls[0]
ASK = {
    "client_id": CLIENT.id,
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": f"openid email {SCOPE}",
    "state": "s",
    "access_type": "offline",
    "prompt": "consent",
    "nonce": "n",
}


def page(lab: GoogleLab, **changed: str) -> str:
    return f"{lab.origin}{AUTHORIZE}?{urlencode({**ASK, **changed})}"


def token(lab: GoogleLab, **form: str) -> requests.Response:
    client = {"client_id": CLIENT.id, "client_secret": CLIENT.secret}
    return requests.post(f"{lab.origin}{TOKEN}", data={**client, **form}, timeout=10)


def of_code(lab: GoogleLab, code: str, **changed: str) -> requests.Response:
    return token(lab, **{"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "another"},
        {"redirect_uri": BACK + "/"},
        {"redirect_uri": BACK.upper()},
        {"response_type": "token"},
        {"scope": "https://www.googleapis.com/auth/calendar.everything"},
        {"scope": ""},
        {"unknown": "1"},
        {"code_challenge": "x", "code_challenge_method": "plain"},
        {"access_type": "for ever"},
    ],
)
def test_a_wrong_request_gets_a_page_and_sends_nobody_back(lab: GoogleLab, changed: dict[str, str]) -> None:
    answer = requests.get(page(lab, **changed), timeout=10, allow_redirects=False)
    assert answer.status_code == 400
    assert "Access blocked" in answer.text


def test_what_comes_back_names_state_issuer_and_scopes(lab: GoogleLab) -> None:
    answer = consent(page(lab), ADA)
    assert (answer["state"], answer["iss"]) == ("s", lab.origin)
    assert answer["scope"].split() == ["openid", "email", SCOPE]
    assert cancel(page(lab), ADA) == {"error": "access_denied", "state": "s", "iss": lab.origin}
    assert SCOPE not in consent(page(lab), ADA, [])["scope"]


def test_a_page_is_answered_once(lab: GoogleLab) -> None:
    text = requests.get(page(lab), timeout=10).text
    request = text.split('name="request" value="')[1].split('"')[0]
    form = {"request": request, "account": ADA.sub, "decision": "allow"}
    first, second = (
        requests.post(f"{lab.origin}{AUTHORIZE}", data=form, timeout=10, allow_redirects=False) for _n in range(2)
    )
    assert dict(parse_qsl(urlsplit(first.headers["Location"]).query))["code"]
    assert second.status_code == 400


def test_a_code_lives_ten_minutes_and_once(lab: GoogleLab, clock: Clock) -> None:
    late, code = consent(page(lab), ADA)["code"], consent(page(lab), ADA)["code"]
    assert of_code(lab, code, redirect_uri="http://127.0.0.1/other").json()["error"] == "redirect_uri_mismatch"
    assert of_code(lab, code, code_verifier="x" * 43).json()["error"] == "invalid_grant"
    given = of_code(lab, code).json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 3_599)
    assert "https://www.googleapis.com/auth/userinfo.email" in given["scope"].split()
    assert of_code(lab, code).json()["error"] == "invalid_grant"
    clock.now += 601
    assert of_code(lab, late).json()["error"] == "invalid_grant"


def test_a_second_consent_brings_a_refresh_token_only_when_asked_for(lab: GoogleLab) -> None:
    assert "refresh_token" in of_code(lab, consent(page(lab), ADA)["code"]).json()
    quiet = of_code(lab, consent(page(lab, prompt="none"), ADA)["code"]).json()
    assert "refresh_token" not in quiet
    assert "refresh_token" not in of_code(lab, consent(page(lab, access_type="online"), ADA)["code"]).json()


def test_a_refresh_brings_no_new_refresh_token_and_a_revocation_ends_all(lab: GoogleLab) -> None:
    tokens = [of_code(lab, consent(page(lab), ADA)["code"]).json() for _n in range(2)]
    fresh = token(lab, grant_type="refresh_token", refresh_token=tokens[0]["refresh_token"]).json()
    assert "refresh_token" not in fresh
    for status in (200, 400):
        form = {"token": tokens[1]["refresh_token"]}
        assert requests.post(f"{lab.origin}{REVOKE}", data=form, timeout=10).status_code == status
    ended = token(lab, grant_type="refresh_token", refresh_token=tokens[0]["refresh_token"])
    assert (ended.status_code, ended.json()["error"]) == (400, "invalid_grant")


def test_the_client_must_show_its_secret(lab: GoogleLab) -> None:
    answer = token(lab, client_secret="wrong", grant_type="refresh_token", refresh_token="x")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_id_tokens_say_who_and_for_whom(lab: GoogleLab) -> None:
    given = of_code(lab, consent(page(lab), ADA)["code"]).json()
    header, claims = (_part(piece) for piece in given["id_token"].split(".")[:2])
    assert (claims["iss"], claims["aud"], claims["azp"], claims["sub"], claims["nonce"]) == (
        *(lab.origin, CLIENT.id, CLIENT.id),
        *(ADA.sub, "n"),
    )
    keys = requests.get(f"{lab.origin}{CERTS}", timeout=10).json()["keys"]
    assert [key["kid"] for key in keys] == [header["kid"]]
    assert not {"d", "p", "q"} & keys[0].keys()


def _part(piece: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)))
    return found
