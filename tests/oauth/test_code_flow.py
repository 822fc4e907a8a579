"""The authorization code grant against a strict server: what protects it cannot be taken away (A14, A17, A21)."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from hub.core.errors import NeedsReconnect, ProviderError, Refused, Retry
from hub.core.provider import Redirect
from hub.oauth.code_flow import begin_code_flow, finish_code_flow, refresh_tokens, revoke_token
from hub.oauth.server import Identity, OAuthClient, OAuthServer, Tokens
from hub.testing.lab.google.app import ADA, GoogleLab
from hub.testing.lab.google.visitor import cancel, consent
from hub.testing.lab.switches import Fault

SCOPES = ("openid", "email", "https://www.googleapis.com/auth/calendar.freebusy")
STATE = "the hub's own word"
Finish = Callable[..., tuple[Tokens, Identity]]


@pytest.fixture
def begin(lab: GoogleLab, server: OAuthServer, client: OAuthClient) -> Callable[[], Redirect]:
    def go() -> Redirect:
        back = lab.state.client.redirect_urls[0]
        more = {"access_type": "offline", "prompt": "consent"}
        return begin_code_flow(server, client, redirect_url=back, state=STATE, scopes=SCOPES, more=more)

    return go


@pytest.fixture
def finish(lab: GoogleLab, server: OAuthServer, client: OAuthClient, http: requests.Session) -> Finish:
    def go(
        answer: dict[str, str], asked: Redirect, *, at: OAuthServer = server, **keep: str
    ) -> tuple[Tokens, Identity]:
        return finish_code_flow(
            http,
            at,
            client,
            redirect_url=lab.state.client.redirect_urls[0],
            answer=answer,
            keep={**asked.keep, **keep},
            now=int(time.time()),
        )

    return go


def test_the_owner_is_sent_with_state_challenge_and_nonce(begin: Callable[[], Redirect], server: OAuthServer) -> None:
    asked = begin()
    sent = dict(parse_qsl(urlsplit(asked.url).query))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(asked.keep["verifier"].encode()).digest()).rstrip(b"=").decode()
    assert asked.url.startswith(server.authorize_url + "?")
    assert (sent["state"], sent["nonce"]) == (STATE, asked.keep["nonce"])
    assert (sent["code_challenge"], sent["code_challenge_method"]) == (challenge, "S256")
    assert 43 <= len(asked.keep["verifier"]) <= 128  # RFC 7636 4.1
    assert asked.keep["verifier"] not in asked.url
    assert begin().keep["verifier"] != asked.keep["verifier"]


def test_a_code_becomes_tokens_and_an_identity(
    begin: Callable[[], Redirect], finish: Finish, server: OAuthServer
) -> None:
    asked = begin()
    tokens, whose = finish(consent(asked.url, ADA), asked)
    assert tokens.access_token
    assert tokens.refresh_token
    assert SCOPES[2] in tokens.scopes
    assert tokens.expires_at is not None
    assert 3_500 < tokens.expires_at - time.time() < 3_700
    assert (whose.issuer, whose.subject, whose.email) == (server.issuer, ADA.sub, ADA.email)
    assert tokens.access_token not in repr(tokens)


def test_a_code_is_taken_once_and_then_ends_what_it_gave(
    begin: Callable[[], Redirect], finish: Finish, server: OAuthServer, client: OAuthClient, http: requests.Session
) -> None:
    asked = begin()
    answer = consent(asked.url, ADA)
    tokens, _whose = finish(answer, asked)
    with pytest.raises(Refused):
        finish(answer, asked)
    with pytest.raises(NeedsReconnect) as ended:
        refresh_tokens(http, server, client, tokens.refresh_token, now=int(time.time()))
    assert ended.value.code == "revoked"


@pytest.mark.parametrize("verifier", ["", "x" * 43])
def test_a_code_without_its_own_verifier_is_not_taken(
    begin: Callable[[], Redirect], finish: Finish, verifier: str
) -> None:
    asked = begin()
    with pytest.raises(Refused, match="Begin again"):
        finish(consent(asked.url, ADA), asked, verifier=verifier)


def test_a_verifier_of_another_flow_does_not_fit(begin: Callable[[], Redirect], finish: Finish) -> None:
    asked, other = begin(), begin()
    with pytest.raises(Refused, match="Begin again"):
        finish(consent(asked.url, ADA), asked, verifier=other.keep["verifier"])


def test_an_id_token_of_another_flow_does_not_fit(begin: Callable[[], Redirect], finish: Finish) -> None:
    asked = begin()
    with pytest.raises(Refused) as refused:
        finish(consent(asked.url, ADA), asked, nonce=begin().keep["nonce"])
    assert refused.value.reason == "id_token"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "another"}, "state"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": ""}, "issuer"),
        ({"code": ""}, "no_code"),
        ({"error": "access_denied"}, "declined"),
        ({"error": "admin_policy_enforced"}, "admin_blocked"),
        ({"error": "invalid_scope"}, "authorization"),
    ],
)
def test_an_answer_that_is_not_to_this_flow_is_refused_before_anything_is_asked(
    lab: GoogleLab, begin: Callable[[], Redirect], finish: Finish, change: dict[str, str], reason: str
) -> None:
    asked = begin()
    answer = {**consent(asked.url, ADA), **change}
    before = len(lab.state.seen)
    with pytest.raises(Refused) as refused:
        finish(answer, asked)
    assert refused.value.reason == reason
    assert len(lab.state.seen) == before


def test_an_answer_without_an_issuer_is_refused_where_the_server_always_names_itself(
    begin: Callable[[], Redirect], finish: Finish, server: OAuthServer
) -> None:
    asked = begin()
    answer = consent(asked.url, ADA)
    del answer["iss"]
    strict = OAuthServer(server.issuer, server.authorize_url, server.token_url, server.keys_url, names_itself=True)
    with pytest.raises(Refused):
        finish(answer, asked, at=strict)
    assert finish(answer, asked)[0].access_token


def test_who_leaves_the_page_is_told_in_plain_words(begin: Callable[[], Redirect], finish: Finish) -> None:
    asked = begin()
    with pytest.raises(Refused) as refused:
        finish(cancel(asked.url, ADA), asked)
    assert "without agreeing" in refused.value.message


def test_a_refresh_keeps_the_refresh_token_and_names_the_same_account(
    begin: Callable[[], Redirect], finish: Finish, server: OAuthServer, client: OAuthClient, http: requests.Session
) -> None:
    asked = begin()
    first, whose = finish(consent(asked.url, ADA), asked)
    fresh, again = refresh_tokens(http, server, client, first.refresh_token, now=int(time.time()))
    assert fresh.access_token != first.access_token
    assert fresh.refresh_token == first.refresh_token
    assert again == whose


def test_a_revoked_grant_is_dead_for_every_token_and_revoking_again_says_so(
    begin: Callable[[], Redirect], finish: Finish, server: OAuthServer, client: OAuthClient, http: requests.Session
) -> None:
    asked = begin()
    tokens, _whose = finish(consent(asked.url, ADA), asked)
    revoke_token(http, server, tokens.refresh_token)
    with pytest.raises(NeedsReconnect):
        refresh_tokens(http, server, client, tokens.refresh_token, now=0)
    with pytest.raises(NeedsReconnect):
        revoke_token(http, server, tokens.refresh_token)


def test_a_revocation_that_was_wrongly_asked_for_is_not_taken_for_done(
    server: OAuthServer, http: requests.Session
) -> None:
    with pytest.raises(Retry):
        revoke_token(http, server, "")


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault.GRANT_REVOKED, NeedsReconnect, "revoked"),
        (Fault.DOWN, Retry, "busy"),
        (Fault.HTML, Retry, "unreadable"),
        (Fault.HUGE, Retry, "unreadable"),
        (Fault.ELSEWHERE, Retry, "redirect"),
        (Fault.BROKEN, Retry, "unreachable"),
    ],
)
def test_a_token_endpoint_that_fails_says_what_to_do(
    lab: GoogleLab,
    begin: Callable[[], Redirect],
    finish: Finish,
    server: OAuthServer,
    client: OAuthClient,
    http: requests.Session,
    fault: Fault,
    error: type[ProviderError],
    code: str,
) -> None:
    asked = begin()
    tokens, _whose = finish(consent(asked.url, ADA), asked)
    with lab.state.switches.on(fault), pytest.raises(error) as raised:
        refresh_tokens(http, server, client, tokens.refresh_token, now=0)
    assert raised.value.code == code
    assert tokens.refresh_token not in str(raised.value)
    with lab.state.switches.on(Fault.REVOKE_DOWN), pytest.raises(Retry):
        revoke_token(http, server, tokens.refresh_token)


def test_a_wrong_client_secret_is_the_operators_affair(
    server: OAuthServer, client: OAuthClient, http: requests.Session
) -> None:
    with pytest.raises(Refused) as refused:
        refresh_tokens(http, server, OAuthClient(client.id, "wrong"), "1//x", now=0)
    assert refused.value.reason == "invalid_client"
    assert "wrong" not in repr(OAuthClient("id", "wrong"))
