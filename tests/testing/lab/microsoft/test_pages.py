"""The sign-in pages: what they refuse before anybody is asked, and where they send the browser."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from hub.testing.lab.microsoft.application import Microsoft
from hub.testing.lab.microsoft.people import Person
from hub.testing.lab.microsoft.tokens import challenge_of
from hub.testing.lab.microsoft.visitor import agree, decline
from tests.testing.lab.microsoft.conftest import BACK

ASKED = {
    "client_id": "lab-client",
    "response_type": "code",
    "redirect_uri": BACK,
    "scope": "openid profile offline_access https://graph.microsoft.com/Calendars.ReadBasic",
    "state": "a state & more",
    "nonce": "n",
    "code_challenge": challenge_of("v" * 43),
    "code_challenge_method": "S256",
}


def address(lab: Microsoft, tenant: str = "common", **more: str) -> str:
    return f"{lab.signin.pages}/{tenant}/oauth2/v2.0/authorize?{urlencode({**ASKED, **more})}"


def page(url: str) -> requests.Response:
    with requests.Session() as http:
        http.trust_env = False
        return http.get(url, timeout=10, allow_redirects=False)


@pytest.mark.parametrize(
    "wrong", [{"client_id": "another"}, {"redirect_uri": f"{BACK}/"}, {"redirect_uri": "http://x"}]
)
def test_an_unknown_application_or_address_sends_nobody_anywhere(lab: Microsoft, wrong: dict[str, str]) -> None:
    answer = page(address(lab, **wrong))
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "AADSTS" in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"scope": "openid"},
        {"scope": "openid Mail.Read"},
        {"nonce": ""},
        {"response_mode": "fragment"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_a_request_that_is_not_as_it_must_be_is_sent_back_with_an_error(lab: Microsoft, wrong: dict[str, str]) -> None:
    answer = page(address(lab, **wrong))
    given = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert answer.status_code == 302
    assert given["state"] == [ASKED["state"]]
    assert given["error"]
    assert "code" not in given


def test_who_agrees_is_sent_back_with_a_code_and_the_state_as_it_was(lab: Microsoft, ada: Person) -> None:
    answer = agree(address(lab), ada)
    assert answer["state"] == ASKED["state"]
    assert lab.tokens.codes[answer["code"]].scopes == ("openid", "profile", "offline_access", "Calendars.ReadBasic")


def test_who_declines_is_sent_back_without_one(lab: Microsoft, ada: Person) -> None:
    answer = decline(address(lab), ada)
    assert (answer["error"], "code" in answer) == ("access_denied", False)
    assert "AADSTS65004" in answer["error_description"]


def test_the_page_says_what_is_asked_in_words_and_shows_who_can_sign_in_there(lab: Microsoft, ada: Person) -> None:
    text = page(address(lab)).text
    assert "Read basic details of your calendars" in text
    assert "full access" not in text
    personal = page(address(lab, "consumers")).text
    assert ada.address not in personal
    assert "ada@outlook.example" in personal


def test_an_answer_counts_once(lab: Microsoft) -> None:
    text = page(address(lab)).text
    ask = text.partition("name=ask value=")[2].partition(">")[0]
    form = {"ask": ask, "do": "cancel"}
    url = f"{lab.signin.pages}/common/oauth2/v2.0/authorize"
    with requests.Session() as http:
        http.trust_env = False
        statuses = [http.post(url, data=form, timeout=10, allow_redirects=False).status_code for _n in range(2)]
    assert statuses == [302, 400]


def test_a_posted_answer_is_a_form_that_goes_back(lab: Microsoft) -> None:
    text = page(address(lab, response_mode="form_post")).text
    ask = text.partition("name=ask value=")[2].partition(">")[0]
    with requests.Session() as http:
        http.trust_env = False
        url = f"{lab.signin.pages}/common/oauth2/v2.0/authorize"
        answer = http.post(url, data={"ask": ask, "do": "cancel"}, timeout=10)
    assert f'action="{BACK}"' in answer.text
    assert 'name="state" value="a state &amp; more"' in answer.text
