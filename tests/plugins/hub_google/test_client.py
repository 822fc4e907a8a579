"""The seam to google-api-python-client: it opens nothing, signs nothing and repeats nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from hub.core.errors import Conflict, Gone, NeedsReconnect, NotFound, ProviderError, Refused, Retry
from hub.plugin import Account
from hub_google import failures
from hub_google.client import Client

BASE = "https://www.googleapis.com"


class Session:
    """A session that answers by itself and remembers what it was asked."""

    def __init__(self, status: int = 200, body: Any = None, **headers: str) -> None:
        self.status, self.body, self.headers = status, body, headers
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []

    def request(self, method: str, url: str, *, data: Any, headers: dict[str, str], allow_redirects: bool) -> Any:
        assert not allow_redirects
        self.asked.append((method, url, headers, data))
        answer = requests.Response()
        answer.status_code = self.status
        answer._content = self.body if isinstance(self.body, bytes) else json.dumps(self.body or {}).encode()
        answer.headers.update(self.headers)
        return answer


def client(session: Session) -> Client:
    return Client(Account("ada", {"api": BASE}, session))  # type: ignore[arg-type]


def get(made: Client, calendar: str = "a b@example.com") -> dict[str, Any]:
    return made.ask(made.calendars().get(calendarId=calendar))


def test_a_request_is_one_declared_call_without_a_credential() -> None:
    session = Session(body={"id": "x"})
    assert get(client(session)) == {"id": "x"}
    [(method, url, headers, data)] = session.asked
    assert (method, url, data) == ("GET", f"{BASE}/calendar/v3/calendars/a%20b%40example.com?alt=json", None)
    assert not headers.keys() & {"authorization", "host", "cookie", "content-length", "accept-encoding"}


def test_no_address_is_logged_however_much_is_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        get(client(Session(body={"id": "x"})))
    assert "example.com" not in caplog.text


def test_the_environment_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_USE_MTLS_ENDPOINT", "always")
    monkeypatch.setenv("GOOGLE_API_USE_CLIENT_CERTIFICATE", "true")
    monkeypatch.setenv("GOOGLE_CLOUD_UNIVERSE_DOMAIN", "evil.example")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere")
    session = Session(body={"id": "x"})
    get(client(session))
    assert session.asked[0][1].startswith(BASE)


def test_a_failure_is_asked_once_and_never_repeated_by_the_library() -> None:
    session = Session(503)
    with pytest.raises(Retry):
        get(client(session))
    assert len(session.asked) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b"7", b"[" * 100_000, b"x" * 9_000_000])
def test_a_success_that_is_no_object_is_an_error(body: bytes) -> None:
    with pytest.raises(Retry) as unreadable:
        get(client(Session(body=body)))
    assert unreadable.value.code == "unreadable"


def error(*reasons: str, domain: str = "global") -> dict[str, Any]:
    return {"error": {"errors": [{"domain": domain, "reason": reason} for reason in reasons], "code": 403}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, error("badRequest"), Refused, "http_400"),
        (401, error("authError"), NeedsReconnect, "needs_reconnect"),
        (403, error("userRateLimitExceeded"), Retry, "quota"),
        (403, error("rateLimitExceeded"), Retry, "quota"),
        (403, error("quotaExceeded"), Retry, "quota"),
        (403, error("insufficientPermissions"), NeedsReconnect, "scopes"),
        (403, {"error": {"details": [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}, NeedsReconnect, "scopes"),
        (403, error("domainPolicy"), NeedsReconnect, "admin_blocked"),
        (403, error("accessNotConfigured"), Refused, "api_disabled"),
        (403, error("forbiddenForNonOrganizer"), Refused, "http_403"),
        (403, {"error": "odd"}, Refused, "http_403"),
        (403, [], Refused, "http_403"),
        (404, error("notFound"), NotFound, "not_found"),
        (400, error("badRequest") | {"location": "syncToken"}, Gone, "gone"),
        (409, error("duplicate"), Conflict, "conflict"),
        (409, error("conflict"), Conflict, "conflict"),
        (410, error("deleted"), NotFound, "not_found"),
        (410, error("fullSyncRequired"), Gone, "gone"),
        (410, error("updatedMinTooLongAgo"), Gone, "gone"),
        (412, error("conditionNotMet"), Conflict, "conflict"),
        (429, error("rateLimitExceeded"), Retry, "quota"),
        (500, error("backendError"), Retry, "busy"),
        (503, {}, Retry, "busy"),
        (302, {}, Retry, "redirect"),
    ],
)
def test_the_reason_of_a_refusal_says_what_to_do(status: int, body: Any, kind: type[ProviderError], code: str) -> None:
    with pytest.raises(kind) as raised:
        get(client(Session(status, body)))
    assert type(raised.value) is kind
    assert raised.value.code == code
    assert "example.com" not in raised.value.message


def test_google_is_asked_again_when_it_says() -> None:
    with pytest.raises(Retry) as quota:
        get(client(Session(429, error("rateLimitExceeded"), **{"Retry-After": "120"})))
    assert quota.value.after == 120
    assert failures.of_answer(503, {"retry-after": "9" * 30}, b"").__class__ is Retry


def test_what_requests_raises_says_why() -> None:
    assert failures.of_session(requests.Timeout()).code == "timeout"
    assert failures.of_session(requests.ConnectionError()).code == "unreachable"
