import io
from collections.abc import Callable

import pytest
import requests
from requests.auth import HTTPDigestAuth

from hub.core.errors import HubError, NeedsReconnect, Refused, Retry, Unavailable
from hub.vault.border import Answer, Failure, Outcome, Request, Result
from hub.vault.session import BorderError, Marked, account_session, error_of, setup_session

ORIGIN = "https://dav.example.test"


class Broker:
    """Answers by a rule, and remembers the requests."""

    def __init__(self, rule: Callable[[Request], Result] | None = None) -> None:
        self.rule = rule or (lambda request: answer())
        self.seen: list[Request] = []

    def __call__(self, request: Request) -> Result:
        self.seen.append(request)
        return self.rule(request)


def answer(status: int = 200, body: bytes = b"ok", *headers: tuple[str, str]) -> Answer:
    return Answer(status, "Fine", 11, (*headers, ("Content-Length", str(len(body)))), body)


def work(rule: Callable[[Request], Result] | None = None) -> tuple[requests.Session, Broker, Marked]:
    broker, marked = Broker(rule), Marked()
    return account_session(broker, marked), broker, marked


def test_the_answer_is_an_ordinary_response() -> None:
    session, broker, marked = work(lambda request: answer(207, "ä".encode(), ("X", "1"), ("X", "2")))
    response = session.request("PROPFIND", ORIGIN + "/cal/", data="<x/>", headers={"Depth": "1"}, timeout=(3, 7))
    assert (response.status_code, response.reason, response.content, response.url) == (
        207,
        "Fine",
        "ä".encode(),
        ORIGIN + "/cal/",
    )
    assert response.raw.headers.getlist("X") == ["1", "2"]
    request = broker.seen[0]
    assert (request.method, request.url, request.body, request.timeout) == ("PROPFIND", ORIGIN + "/cal/", b"<x/>", 7.0)
    assert ("Depth", "1") in request.headers
    marked.check()


@pytest.mark.parametrize("body", [b"abc", "abc", io.BytesIO(b"abc"), iter([b"ab", b"c"])])
def test_a_body_of_any_kind_arrives_as_bytes(body: object) -> None:
    session, broker, _ = work()
    session.put(ORIGIN, data=body)  # type: ignore[arg-type]
    assert broker.seen[0].body == b"abc"


def test_streams_read_as_usual() -> None:
    session, _, _ = work(lambda request: answer(200, b"one\ntwo\n"))
    assert list(session.get(ORIGIN, stream=True).iter_lines()) == [b"one", b"two"]
    assert session.get(ORIGIN, stream=True).raw.read() == b"one\ntwo\n"


def test_a_failure_is_raised_as_an_error_of_its_own_without_a_chain() -> None:
    session, _, marked = work(lambda request: Failure(Outcome.TIMEOUT, "deadline", sent=True))
    with pytest.raises(BorderError, match="timeout: deadline") as caught:
        session.get(ORIGIN)
    assert caught.value.__cause__ is caught.value.__context__ is None
    # requests' own classes are also ValueErrors and OSErrors with a meaning; libraries swallow or repeat those.
    assert type(caught.value).__mro__[1] is requests.RequestException
    with pytest.raises(Retry):
        marked.check()


def test_a_call_that_waits_for_its_turn_says_when_to_come_again_and_is_no_word_of_the_plugin() -> None:
    session, _, marked = work(lambda request: Failure(Outcome.REFUSED, "quota", after=12))
    with pytest.raises(BorderError):
        session.get(ORIGIN)
    with pytest.raises(Retry) as told:
        marked.check()
    assert (told.value.code, told.value.after, told.value.sent) == ("quota", 12, False)
    assert marked.holds(told.value)
    assert not marked.holds(Retry("later", code="quota"))


def test_a_swallowed_failure_still_marks_the_account_and_the_first_one_counts() -> None:
    results = iter([answer(), Failure(Outcome.REFUSED, "disconnected"), Failure(Outcome.TIMEOUT, "x"), answer()])
    session, _, marked = work(lambda request: next(results))
    for _ in range(4):
        try:
            session.get(ORIGIN)
        except requests.RequestException:
            continue
    with pytest.raises(Refused) as caught:
        marked.check()
    assert caught.value.reason == "disconnected"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, None),
        (207, None),
        (304, None),
        (400, None),
        (403, None),
        (404, None),
        (409, None),
        (410, None),
        (412, None),
        (501, None),
        (507, None),
        (401, NeedsReconnect),
        (429, Retry),
        (500, Retry),
        (502, Retry),
        (503, Retry),
    ],
)
def test_an_answer_marks_the_account_when_it_is_no_answer_to_the_question(
    status: int, error: type[HubError] | None
) -> None:
    session, _, marked = work(lambda request: answer(status))
    assert session.get(ORIGIN).status_code == status
    if error is None:
        marked.check()
    else:
        with pytest.raises(error):
            marked.check()


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ([("Retry-After", "120")], 120.0),
        ([("Retry-After", "0")], 1.0),
        ([("Retry-After", "999999")], 3600.0),
        ([("Retry-After", "Wed, 21 Oct 2026 07:30:00 GMT"), ("Date", "Wed, 21 Oct 2026 07:28:00 GMT")], 120.0),
        ([("Retry-After", "Wed, 21 Oct 2026 07:30:00 GMT")], 30.0),
        ([("Retry-After", "soon")], 30.0),
        ([], 30.0),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: list[tuple[str, str]], after: float) -> None:
    session, _, marked = work(lambda request: answer(503, b"", *headers))
    session.get(ORIGIN)
    with pytest.raises(Retry) as caught:
        marked.check()
    assert caught.value.after == after


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (Failure(Outcome.REFUSED, "undeclared"), Refused),
        (Failure(Outcome.REFUSED, "tampered"), NeedsReconnect),
        (Failure(Outcome.REFUSED, "reconnect"), NeedsReconnect),
        (Failure(Outcome.UNREACHABLE, "store"), Unavailable),
        (Failure(Outcome.UNREACHABLE, "connect"), Retry),
        (Failure(Outcome.TLS, "certificate"), Retry),
        (Failure(Outcome.BROKEN, "cut", sent=True), Retry),
        (Failure(Outcome.UNKNOWN, "error", sent=True), Retry),
    ],
)
def test_every_outcome_tells_the_caller_what_to_do(failure: Failure, error: type[HubError]) -> None:
    assert type(error_of(failure)) is error


def redirecting(request: Request) -> Answer:
    return answer(302, b"", ("Location", "/b")) if request.url.endswith("/a") else answer()


@pytest.mark.parametrize(("method", "then"), [("PROPFIND", "PROPFIND"), ("REPORT", "REPORT"), ("POST", "GET")])
def test_a_redirected_webdav_method_stays_what_it_is(method: str, then: str) -> None:
    session, broker, _ = work(redirecting)
    session.request(method, ORIGIN + "/a", data="x")
    assert [(request.method, request.url) for request in broker.seen] == [
        (method, ORIGIN + "/a"),
        (then, ORIGIN + "/b"),
    ]


def test_endless_redirects_end_and_mark_the_account() -> None:
    session, broker, marked = work(lambda request: answer(302, b"", ("Location", "/again")))
    with pytest.raises(requests.TooManyRedirects):
        session.get(ORIGIN + "/a")
    assert len(broker.seen) == 6
    with pytest.raises(Retry):
        marked.check()


def test_a_key_hook_judges_redirects_itself() -> None:
    broker = Broker(redirecting)
    assert setup_session(broker).get(ORIGIN + "/a").headers["Location"] == "/b"
    assert len(broker.seen) == 1


def test_the_session_keeps_no_cookies_and_reads_no_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NETRC", f"{tmp_path}/netrc")
    with open(f"{tmp_path}/netrc", "w") as file:
        file.write("machine dav.example.test login x password y")
    session, broker, _ = work(lambda request: answer(200, b"", ("Set-Cookie", "a=b")))
    session.get(ORIGIN)
    session.get(ORIGIN)
    assert not {"Cookie", "Authorization"} & {name for name, _ in broker.seen[1].headers}
    assert list(session.cookies) == []


def test_an_auth_handler_that_sends_again_comes_back_through_the_border() -> None:
    # It sends by `response.connection`, which in an ordinary response is an adapter with sockets of its own.
    def rule(request: Request) -> Answer:
        if any(name == "Authorization" for name, _ in request.headers):
            return answer()
        return answer(401, b"", ("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"'))

    broker = Broker(rule)
    assert setup_session(broker).get(ORIGIN, auth=HTTPDigestAuth("a", "b")).status_code == 200
    assert len(broker.seen) == 2


def test_only_http_addresses_have_an_adapter() -> None:
    session, _, _ = work()
    with pytest.raises(requests.exceptions.InvalidSchema):
        session.get("file:///etc/passwd")


@pytest.mark.parametrize(
    ("result", "sent"),
    [
        (Failure(Outcome.TIMEOUT, "deadline", sent=True), True),
        (Failure(Outcome.UNREACHABLE, "no_answer"), False),
        (Answer(500, "Internal Server Error", 11, (), b""), True),
        (Answer(429, "Too Many Requests", 11, (), b""), False),
    ],
)
def test_an_error_says_whether_it_may_have_happened_all_the_same(result: Answer | Failure, sent: bool) -> None:
    marked = Marked()
    marked.note(result)
    with pytest.raises(Retry) as caught:
        marked.check()
    assert caught.value.sent is sent
