"""What answers of a token endpoint mean (RFC 6749 5.2): rubbish is an answer that did not arrive (A21)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from hub.core.errors import NeedsReconnect, ProviderError, Refused, Retry
from hub.oauth.failures import LARGEST, checked, of_answer, of_session

GOOD = {"access_token": "t", "token_type": "Bearer", "expires_in": 3599}


def answer(status: int, body: Any, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    made.headers.update(headers)
    return made


def test_a_good_answer_is_taken_as_it_is() -> None:
    assert checked(answer(200, GOOD)) == GOOD


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, {"error": "invalid_grant"}, NeedsReconnect, "revoked"),
        (200, {"error": "invalid_grant"}, NeedsReconnect, "revoked"),
        (400, {"error": "invalid_grant", "error_subtype": "invalid_rapt"}, NeedsReconnect, "claims"),
        (403, {"error": "access_denied"}, NeedsReconnect, "admin_blocked"),
        (401, {"error": "invalid_client"}, Refused, "invalid_client"),
        (400, {"error": "unauthorized_client"}, Refused, "invalid_client"),
        (400, {"error": "invalid_request"}, Refused, "token_request"),
        (400, {"error": ["odd"]}, Refused, "token_request"),
        (404, {}, Refused, "token_request"),
        (200, {**GOOD, "token_type": "mac"}, Refused, "token_type"),
        (200, {**GOOD, "token_type": None}, Refused, "token_type"),
        (200, {}, Retry, "unreadable"),
        (200, {**GOOD, "access_token": ""}, Retry, "unreadable"),
        (200, {**GOOD, "access_token": 7}, Retry, "unreadable"),
        (200, [], Retry, "unreadable"),
        (200, b"<html>", Retry, "unreadable"),
        (400, b"<html>", Retry, "unreadable"),
        (200, b"[" * 50_000, Retry, "unreadable"),
        (200, b"x" * (LARGEST + 1), Retry, "unreadable"),
        (302, {}, Retry, "redirect"),
        (429, {}, Retry, "quota"),
        (500, {"error": "invalid_grant"}, Retry, "busy"),
    ],
)
def test_an_answer_says_what_is_to_be_done(status: int, body: Any, kind: type[ProviderError], code: str) -> None:
    with pytest.raises(kind) as raised:
        checked(answer(status, body))
    assert type(raised.value) is kind
    assert raised.value.code == code


def test_a_pause_is_as_long_as_asked_for_within_reason() -> None:
    for text, seconds in (("7", 7), ("0", 1), ("999999", 3_600), ("soon", 30), ("", 30)):
        with pytest.raises(Retry) as raised:
            checked(answer(503, {}, **{"Retry-After": text}))
        assert raised.value.after == seconds


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        ("access_denied", Refused, "declined"),
        ("admin_policy_enforced", Refused, "admin_blocked"),
        ("server_error", Retry, "busy"),
        ("interaction_required", Refused, "interaction"),
        ("<script>", Refused, "authorization"),
    ],
)
def test_what_comes_back_without_a_code_is_said_in_plain_words(
    error: str, kind: type[ProviderError], code: str
) -> None:
    told = of_answer({"error": error, "error_description": "<b>secret</b>"})
    assert type(told) is kind
    assert told.code == code
    assert "<" not in told.message


def test_a_call_that_was_not_answered_may_be_repeated() -> None:
    assert of_session(requests.Timeout()).code == "timeout"
    assert of_session(requests.ConnectionError()).code == "unreachable"
