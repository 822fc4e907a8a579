"""What Graph's refusals mean: each error of the hub says what to do."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import pytest

from hub.plugin import Conflict, Gone, NeedsReconnect, NotFound, ProviderError, Refused, Retry
from hub_microsoft.failures import of_answer
from tests.plugins.hub_microsoft.scripted import answer, refused

CAE = "Continuous access evaluation resulted in challenge with result: InteractionRequired"


def nested(status: int, code: str) -> Any:
    """An error whose detailed code is inside of another one."""
    return status, {"error": {"code": "generalException", "innererror": {"innererror": {"code": code}}}}, {}


@pytest.mark.parametrize(
    ("given", "kind", "code"),
    [
        (refused(401, "InvalidAuthenticationToken"), NeedsReconnect, "needs_reconnect"),
        (refused(401, "InvalidAuthenticationToken", CAE), NeedsReconnect, "claims"),
        (
            refused(401, "x", WWW_Authenticate='Bearer error="insufficient_claims", claims="e30="'),
            NeedsReconnect,
            "claims",
        ),
        (refused(403, "ErrorAccessDenied"), Refused, "forbidden"),
        (refused(403, "Forbidden", "error=insufficient_claims"), NeedsReconnect, "claims"),
        (nested(403, "InsufficientClaims"), NeedsReconnect, "claims"),
        (nested(400, "resyncRequired"), Gone, "gone"),
        (nested(400, "ErrorItemNotFound"), NotFound, "not_found"),
        ((400, {"error": {"innerError": {"innerError": []}}}, {}), Refused, "http_400"),
        (refused(404, "ErrorItemNotFound"), NotFound, "not_found"),
        (refused(404, "MailboxNotEnabledForRESTAPI"), Refused, "no_mailbox"),
        (refused(403, "ErrorMailboxMoveInProgress"), Retry, "retry"),
        (refused(409, "x"), Conflict, "conflict"),
        (refused(412, "ErrorIrresolvableConflict"), Conflict, "conflict"),
        (refused(410, "SyncStateNotFound"), Gone, "gone"),
        (refused(400, "syncStateInvalid"), Gone, "gone"),
        (refused(429, "ApplicationThrottled"), Retry, "quota"),
        (refused(503, "serviceNotAvailable"), Retry, "retry"),
        (refused(302, "", Location="https://elsewhere.example/"), Retry, "retry"),
        (refused(400, "ErrorInvalidRequest"), Refused, "http_400"),
        ((500, b"<html>" * 20_000, {}), Retry, "retry"),
        ((400, b"[1]", {}), Refused, "http_400"),
        ((403, {"error": "no"}, {}), Refused, "forbidden"),
    ],
)
def test_a_refusal_says_what_to_do(given: Any, kind: type[ProviderError], code: str) -> None:
    error = of_answer(answer(given))
    assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [("7", 7, 7), ("0", 1, 1), ("86400", 3600, 3600), ("soon", 30, 30), ("", 30, 30), ("date", 50, 61)],
)
def test_a_pause_is_as_long_as_it_is_asked_for_within_reason(value: str, least: float, most: float) -> None:
    given = formatdate(time.time() + 60, usegmt=True) if value == "date" else value
    error = of_answer(answer(refused(429, "x", Retry_After=given)))
    assert isinstance(error, Retry)
    assert least <= error.after <= most
