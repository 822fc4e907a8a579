"""Statuses and failed calls say what the caller must do."""

from __future__ import annotations

import pytest
import requests

from hub.plugin import Conflict, Gone, NeedsReconnect, NotFound, ProviderError, Refused, Retry
from hub_caldav.failures import of_session, of_status, retry_after


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, b"", NeedsReconnect),
        (403, b"", Refused),
        (403, b'<error xmlns="DAV:"><valid-sync-token/></error>', Gone),
        (409, b"<valid-sync-token/>", Gone),
        (403, b"<no-uid-conflict/>", Conflict),
        (404, b"", NotFound),
        (410, b"", NotFound),
        (409, b"", Conflict),
        (412, b"", Conflict),
        (423, b"", Retry),
        (429, b"", Retry),
        (500, b"", Retry),
        (501, b"", Refused),
        (503, b"", Retry),
        (507, b"", Refused),
        (301, b"", NeedsReconnect),
        (302, b"", Retry),
        (418, b"", Refused),
    ],
)
def test_each_status_has_its_meaning(status: int, body: bytes, error: type[ProviderError]) -> None:
    assert type(of_status(status, {}, body)) is error


def test_the_reason_names_the_status() -> None:
    refused = of_status(501, {}, b"")
    assert isinstance(refused, Refused)
    assert refused.reason == "http_501"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        ("", 30),
        ("soon", 30),
        ("99999999", 3600),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 60),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1),
    ],
)
def test_retry_after_is_kept_within_reason(value: str, seconds: float) -> None:
    assert retry_after(value, 0) == seconds


class _Broker(requests.RequestException):
    def __init__(self, outcome: str) -> None:
        super().__init__()
        self.failure = type("Failure", (), {"outcome": outcome})


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (_Broker("refused"), "broker"),
        (_Broker("tls"), "tls"),
        (_Broker("timeout"), "timeout"),
        (_Broker("unreachable"), "unreachable"),
        (_Broker("unknown"), "unreachable"),
        (requests.exceptions.SSLError(), "tls"),
        (requests.ReadTimeout(), "timeout"),
        (requests.ConnectionError(), "unreachable"),
    ],
)
def test_a_call_without_an_answer_has_a_code(error: requests.RequestException, code: str) -> None:
    assert of_session(error).code == code
